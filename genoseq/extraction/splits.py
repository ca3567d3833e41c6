"""The bases that a model learns from, and those that it is tested on.

Rules, as the sample sheet has them:

``train``, ``valid``, ``test``, ``score``
    the whole genome in that split;
``contigs:valid=a,b;test=c``
    by contig; those that are not named train; ``\\,`` and ``\\;`` are part of a name;
``blocks``
    every contig is cut into blocks of equal length, about ``SplitSettings.block`` bp, and each
    block goes to the split that is furthest behind its fraction, counted in usable bases.  So the
    splits alternate along the genome, and their fractions hold to about one block.  Where two
    splits meet, ``SplitSettings.gap`` bp around the border are left unused.

In every rule runs of at least 100 N and the blacklist are cut out first, and pieces that are then
too short or too rich in N are dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from genoseq.config.base import SPLITS
from genoseq.config.sheet import contig_rule
from genoseq.config.splits import RegionSettings, SplitSettings
from genoseq.errors import ConfigError, RegionError, listed
from genoseq.extraction.intervals import blacklist_holes
from genoseq.extraction.n_runs import NRuns, n_runs
from genoseq.genome.contig_names import contigs_there
from genoseq.genome.regions import Region, cut_out, holes_by_contig

if TYPE_CHECKING:
    from genoseq.readers.fasta import Fasta

TRAIN, VALID, TEST, _ = SPLITS
# Largest region in bp: the codes, ids and labels of one region then take little memory.
LARGEST = 1 << 24

Assigned = list[tuple[Region, str]]


def assign_splits(
    fasta: Fasta,
    rule: str,
    split: SplitSettings,
    regions: RegionSettings,
    blacklist: Iterable[Region] = (),
    seed: int = 0,
) -> Assigned:
    """Regions of a genome and the split of each, in FASTA order.

    Parameters
    ----------
    fasta
        The genome; read once, for its runs of N.
    rule
        ``train``, ``valid``, ``test``, ``score``, ``blocks`` or ``contigs:valid=a,b;test=c``.
    split
        Block length, gap and fractions for ``blocks``.
    regions
        ``min_length`` and ``max_n_fraction``; its ``blacklist`` path is not opened here.
    blacklist
        Regions never to use, anywhere.
    seed
        Where along the genome the alternation of splits begins.

    Returns
    -------
    Regions that do not overlap, at most 16 Mb each (neighbours of one split may touch).

    Raises
    ------
    ConfigError
        If the rule or fractions cannot be, or a split gets no region.
    RegionError
        If no contig of the blacklist is in the FASTA, or no region is left.
    """
    runs = {chrom: n_runs(fasta, chrom) for chrom in fasta.lengths}
    holes = _holes(fasta, runs, blacklist)
    areas = _areas(fasta.lengths, rule, split, holes, seed)
    assigned = [
        (piece, name)
        for area, name in areas
        for hole_free in cut_out(area, holes.get(area.chrom, []))
        for piece in limited(hole_free)
        if len(piece) >= regions.min_length
        and runs[piece.chrom].count(piece.start, piece.end) <= regions.max_n_fraction * len(piece)
    ]
    _check_left(assigned, rule, split, regions)
    return assigned


def contig_splits(rule: str, lengths: Mapping[str, int]) -> dict[str, str]:
    """Split of each contig under a rule ``contigs:valid=a,b;test=c``.

    Raises
    ------
    ConfigError
        If the rule does not parse, or a contig is named twice or does not exist.
    """
    splits = contig_rule(rule)
    if strange := [chrom for chrom in splits if chrom not in lengths]:
        raise ConfigError(
            f"split rule {rule!r}: the FASTA has no contig {listed(map(repr, strange))} but "
            f"{contigs_there(lengths, strange)}"
        )
    return {chrom: splits.get(chrom, TRAIN) for chrom in lengths}


def block_splits(weights: NDArray[np.int64], split: SplitSettings, seed: int = 0) -> list[str]:
    """Split of each block, so that the fractions of the weight hold as exactly as blocks allow.

    Parameters
    ----------
    weights
        Usable bases of each block in genome order, shape (B,), all positive.
    split
        The fractions of valid and test; the rest is train.
    seed
        The alternation begins at a block drawn with it and goes round the genome.

    Raises
    ------
    ConfigError
        If the fractions leave nothing to train on, or there are fewer blocks than splits.
    """
    wanted = _wanted(split, len(weights))
    names = [TRAIN] * len(weights)
    got = dict.fromkeys(wanted, 0.0)
    seen = 0.0
    first = int(np.random.default_rng(seed).integers(len(weights)))
    for index in np.roll(np.arange(len(weights)), -first):
        seen += float(weights[index])
        behind = {name: wanted[name] * seen - got[name] for name in wanted}
        names[index] = max(behind, key=behind.__getitem__)
        got[names[index]] += float(weights[index])
    _fill_empty(names, list(wanted))
    return names


def _wanted(split: SplitSettings, blocks: int) -> dict[str, float]:
    """Fractions of the splits that get blocks; ConfigError if blocks are too few."""
    fractions = {TRAIN: 1 - split.valid - split.test, VALID: split.valid, TEST: split.test}
    if fractions[TRAIN] <= 1e-9:
        raise ConfigError("split: the fractions of valid and test leave nothing to train on")
    wanted = {name: fraction for name, fraction in fractions.items() if fraction > 0}
    if blocks < len(wanted):
        raise ConfigError(
            f"split blocks: {blocks} blocks of {split.block:,} bp with usable bases are too "
            f"few for {len(wanted)} splits ({', '.join(wanted)}): make block smaller"
        )
    return wanted


def _fill_empty(names: list[str], wanted: list[str]) -> None:
    """Give each split that has no block one from the split with the most blocks."""
    for name in wanted:
        if name not in names:
            richest = max(wanted, key=names.count)
            indices = [index for index, other in enumerate(names) if other == richest]
            names[indices[len(indices) // 2]] = name


def possible_splits(
    lengths: Mapping[str, int], rule: str, split: SplitSettings, regions: RegionSettings
) -> set[str]:
    """Splits that may get a region, by the lengths of contigs alone.

    Runs of N, the blacklist and gaps, which :func:`assign_splits` knows too, can only take more.

    Raises
    ------
    ConfigError, RegionError
        As :func:`assign_splits`, where the lengths decide.
    """
    splits = contig_splits(rule, lengths) if rule.startswith("contigs:") else {}
    long = [chrom for chrom, length in lengths.items() if length >= regions.min_length]
    if not long:
        raise _none_left(rule, regions)
    if rule == "blocks":
        return {*_wanted(split, sum(_block_count(n, split.block) for n in lengths.values() if n))}
    return {splits.get(chrom, rule) for chrom in long}


def _areas(
    lengths: Mapping[str, int],
    rule: str,
    split: SplitSettings,
    holes: Mapping[str, list[Region]],
    seed: int,
) -> Assigned:
    """The splits' stretches of each contig, before holes are cut out and pieces are filtered."""
    if rule == "blocks":
        return _block_areas(lengths, split, holes, seed)
    if rule.startswith("contigs:"):
        splits = contig_splits(rule, lengths)
    elif rule in SPLITS:
        splits = dict.fromkeys(lengths, rule)
    else:
        raise ConfigError(
            f"split rule {rule!r}: use train, valid, test, score, blocks, "
            f"or contigs:valid=chrA,chrB;test=chrC"
        )
    return [(Region(chrom, 0, length), splits[chrom]) for chrom, length in lengths.items()]


def _block_areas(
    lengths: Mapping[str, int], split: SplitSettings, holes: Mapping[str, list[Region]], seed: int
) -> Assigned:
    usable = {
        block: bases
        for chrom, length in lengths.items()
        for block in _blocks(chrom, length, split.block)
        if (bases := sum(map(len, cut_out(block, holes.get(chrom, [])))))
    }
    names = block_splits(np.array(list(usable.values()), np.int64), split, seed)
    runs: Assigned = []
    for (_, name), run in groupby(zip(usable, names, strict=True), lambda x: (x[0].chrom, x[1])):
        first, *rest = (block for block, _ in run)
        runs.append((replace(first, end=rest[-1].end if rest else first.end), name))
    return list(_with_gaps(runs, split.gap))


def _blocks(chrom: str, length: int, size: int) -> Iterator[Region]:
    """The contig in pieces of equal length (to a base), as close to ``size`` as that allows."""
    count = _block_count(length, size)
    edges = [length * index // count for index in range(count + 1)]
    for start, end in pairwise(edges):
        yield Region(chrom, start, end)


def _block_count(length: int, size: int) -> int:
    return max(1, round(length / size))


def _with_gaps(runs: Assigned, gap: int) -> Iterator[tuple[Region, str]]:
    """Stretches shortened where a neighbour of another split is nearer than ``gap`` bp."""
    for index, (region, name) in enumerate(runs):
        start, end = region.start, region.end
        if index and runs[index - 1][0].chrom == region.chrom:
            start += max(0, gap - (region.start - runs[index - 1][0].end)) // 2
        if index + 1 < len(runs) and runs[index + 1][0].chrom == region.chrom:
            missing = max(0, gap - (runs[index + 1][0].start - region.end))
            end -= missing - missing // 2
        if start < end:
            yield Region(region.chrom, start, end), name


def limited(region: Region) -> Iterator[Region]:
    """The region in equal pieces of at most :data:`LARGEST` bp; none of a region without a base."""
    count = -(-len(region) // LARGEST)
    if not count:
        return
    for piece in _blocks(region.chrom, len(region), -(-len(region) // count)):
        yield replace(piece, start=piece.start + region.start, end=piece.end + region.start)


def _holes(
    fasta: Fasta, runs: Mapping[str, NRuns], blacklist: Iterable[Region]
) -> dict[str, list[Region]]:
    """Long runs of N and the blacklist, merged, by contig."""
    unused = blacklist_holes(blacklist, fasta)
    long = [hole for chrom, run in runs.items() for hole in run.long(chrom)]
    return holes_by_contig([*long, *(hole for holes in unused.values() for hole in holes)])


def _check_left(
    assigned: Assigned, rule: str, split: SplitSettings, regions: RegionSettings
) -> None:
    if not assigned:
        raise _none_left(rule, regions)
    if rule != "blocks":
        return
    present = {name for _, name in assigned}
    wanted = [TRAIN] + [VALID] * (split.valid > 0) + [TEST] * (split.test > 0)
    lost = [name for name in wanted if name not in present]
    if lost:
        raise ConfigError(
            f"split blocks: no region is left for {', '.join(lost)} (block {split.block:,} bp, gap "
            f"{split.gap:,} bp, {_limits(regions)}): make gap smaller than block"
        )


def _none_left(rule: str, regions: RegionSettings) -> RegionError:
    return RegionError(f"split {rule}: no region is left ({_limits(regions)}, blacklist)")


def _limits(regions: RegionSettings) -> str:
    return f"min_length {regions.min_length} bp, max_n_fraction {regions.max_n_fraction}"
