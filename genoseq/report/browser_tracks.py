"""What the browser in a report shows of each genome: its tracks from top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from genoseq.errors import InputFormatError
from genoseq.genome.regions import Strand, check_lengths
from genoseq.genome.schemes import ClassScheme
from genoseq.genome.tracks import (
    CALL_COLOURS,
    SPLIT_COLOURS,
    STRAND_COLOURS,
    UNKNOWN_COLOUR,
    Channel,
    Colour,
    channel_colours,
)
from genoseq.readers.bed import read_bed
from genoseq.readers.signal import open_signal
from genoseq.readers.whole_numbers import is_whole
from genoseq.report.calls import KINDS, Call, Compared, calls, compared
from genoseq.report.hub_tracks import safe_label
from genoseq.report.results import GeneFolder, Results, TrackFolder
from genoseq.report.shown_tracks import ShownTrack, read_genes, shown_tracks
from genoseq.store.store import Store
from genoseq.writers.bigbed import BigBedRow
from genoseq.writers.gene_predictions import gene_row
from genoseq.writers.lattice import run_starts

_CHUNK = 1 << 20
"""Labels read at a time."""


@dataclass(frozen=True, slots=True)
class Box:
    """An interval or a gene, 0-based half-open.

    Attributes
    ----------
    score
        0 to 1000.
    blocks
        Exons of a gene; empty if it is whole.
    thick
        From where to where a gene codes.
    row
        Of a gene: as bigGenePred has it.
    """

    chrom: str
    start: int
    end: int
    name: str
    score: int
    strand: Strand
    colour: Colour
    blocks: tuple[tuple[int, int], ...] = ()
    thick: tuple[int, int] = (0, 0)
    row: BigBedRow | None = None


@dataclass(frozen=True, slots=True)
class ValueTrack:
    """A bigWig.

    Attributes
    ----------
    label
        For people, with the model's name.
    flipped
        Drawn downwards, as the mirror image of the strand above it.
    """

    label: str
    shown: ShownTrack
    flipped: bool


@dataclass(frozen=True, slots=True)
class BoxTrack:
    """Intervals; ``read`` gives them in any order, each time anew."""

    label: str
    read: Callable[[], Iterator[Box]]
    genes: bool = False
    calls: bool = False


BrowserTrack = ValueTrack | BoxTrack


@dataclass(frozen=True)
class BrowserGenome:
    """A genome to look at.

    Attributes
    ----------
    name
        As its store or its folder of tracks is called.
    lengths
        bp of each contig that has a base.
    store
        Its bases and labels; None where only tracks are known.
    tracks
        From top to bottom.
    """

    name: str
    lengths: Mapping[str, int]
    store: Store | None
    tracks: tuple[BrowserTrack, ...]

    @property
    def bases(self) -> int:
        """bp of all contigs."""
        return sum(self.lengths.values())


def browser_genomes(results: Results) -> list[BrowserGenome]:
    """The genomes of results that have a track, in their order.

    Raises
    ------
    InputFormatError
        If a file is damaged, or of a genome with other contigs.
    """
    stores = {store.name: store for store in results.stores}
    scored = [each.genome for each in results.tracks] + [each.genome for each in results.genes]
    pairs = compared(results)
    found = (
        _genome(name, results, stores.get(name), pairs)
        for name in dict.fromkeys([*stores, *scored])
    )
    return [genome for genome in found if genome is not None]


def _genome(
    name: str, results: Results, store: Store | None, pairs: Iterable[Compared]
) -> BrowserGenome | None:
    folders = [each for each in results.tracks if each.genome == name]
    genes = [each for each in results.genes if each.genome == name]
    lengths = dict(store.lengths) if store else _lengths_of(folders)
    lengths = {chrom: length for chrom, length in lengths.items() if length}
    tracks = [*(_store_tracks(store) if store else ())]
    models = [each.model for each in folders] + [each.model for each in genes]
    for model in dict.fromkeys(models):
        for folder in folders:
            if folder.model == model:
                of = next((each for each in pairs if each.tracks is folder), None)
                tracks += _folder_tracks(folder, of, lengths)
        tracks += [_genes(each, lengths) for each in genes if each.model == model]
    return BrowserGenome(name, lengths, store, tuple(tracks)) if lengths and tracks else None


def _lengths_of(folders: Iterable[TrackFolder]) -> dict[str, int]:
    """Contigs of the first bigWig: without a store nothing else says them."""
    for folder in folders:
        for file in folder.files:
            if file.format == "bigwig":
                with open_signal(folder.path / file.path) as signal:
                    return dict(signal.chroms)
    return {}


def _store_tracks(store: Store) -> Iterator[BoxTrack]:
    if isinstance(store.scheme, ClassScheme):
        yield BoxTrack("labels", partial(_label_boxes, store, store.scheme))
    yield BoxTrack("splits", partial(_split_boxes, store))


def _folder_tracks(
    folder: TrackFolder, of: Compared | None, lengths: Mapping[str, int]
) -> Iterator[BrowserTrack]:
    formats = {file.format for file in folder.files}
    shown = shown_tracks([folder.path]) if formats & {"bigwig", "bed"} else []
    for track in shown:
        track = replace(track, group=folder.model)
        if track.shape == "values":
            _check(track, lengths)
            yield ValueTrack(f"{track.label} {folder.model}", track, track.strand == "-")
        else:
            yield BoxTrack(f"{track.name} {folder.model}", partial(_bed_boxes, track, lengths))
    if of is not None:
        yield BoxTrack(f"right and wrong {folder.model}", partial(_call_boxes, of), calls=True)


def _check(track: ShownTrack, lengths: Mapping[str, int]) -> None:
    """InputFormatError if a bigWig is of another genome."""
    with open_signal(track.path) as signal:
        check_lengths(signal.chroms, lengths, track.path)
        strange = [chrom for chrom in signal.chroms if chrom not in lengths]
    if strange:
        raise InputFormatError(
            f"contig {strange[0]!r} is not in the genome of this name: is it another assembly?",
            track.path,
        )


def _genes(folder: GeneFolder, lengths: Mapping[str, int]) -> BoxTrack:
    (shown,) = shown_tracks([folder.path])
    return BoxTrack(f"genes {folder.model}", partial(_gene_boxes, shown, lengths), genes=True)


def _gene_boxes(track: ShownTrack, lengths: Mapping[str, int]) -> Iterator[Box]:
    for gene in read_genes(track.path, lengths):
        named = gene._replace(name=safe_label(gene.name), other=safe_label(gene.other))
        yield Box(
            gene.chrom, gene.start, gene.end, named.other, gene.score, gene.strand,
            STRAND_COLOURS[gene.strand], gene.blocks, gene.thick,
            gene_row(named._replace(name=named.other)),  # igv.js shows a row's first name
        )  # fmt: skip


def _bed_boxes(track: ShownTrack, lengths: Mapping[str, int]) -> Iterator[Box]:
    for record in read_bed(track.path, lengths):
        colour = record.colour or STRAND_COLOURS[record.strand]
        score = int(record.score) if is_whole(record.score) else 0
        yield Box(
            record.chrom, record.start, record.end, safe_label(record.name), min(score, 1000),
            record.strand, colour,
        )  # fmt: skip


def _call_boxes(of: Compared) -> Iterator[Box]:
    for call in calls(of):
        yield Box(
            call.chrom, call.start, call.end, safe_label(_call_name(call)),
            round(1000 * call.mean), call.channel.strand, CALL_COLOURS[call.kind],
        )  # fmt: skip


def _call_name(call: Call) -> str:
    return f"{call.kind} {call.channel.full_name}"


def _split_boxes(store: Store) -> Iterator[Box]:
    for region in store.regions:
        if len(region):
            colour = SPLIT_COLOURS[region.split]
            yield Box(region.chrom, region.start, region.end, region.split, 1000, ".", colour)


def _label_boxes(store: Store, scheme: ClassScheme) -> Iterator[Box]:
    """Runs of one class and strand, its codon phases as one; unknown bases are a class too."""
    colours = dict(zip(scheme.channels, channel_colours(scheme.channels), strict=True))
    table = np.full(256, len(scheme.channels), np.uint16)
    table[: len(scheme)] = scheme.channel_of_state.astype(np.uint16)  # the background: 65535
    named = [
        *((safe_label(each.name), each.strand, colour) for each, colour in colours.items()),
        ("unknown", ".", UNKNOWN_COLOUR),
    ]
    for index, region in enumerate(store.regions):
        labels = store.region_labels(index)
        for at in range(0, len(region), _CHUNK):
            states = table[labels[at : at + _CHUNK]]
            starts = run_starts(states)
            ends = np.append(starts[1:], len(states)) + at + region.start
            for start, end, state in zip(
                (starts + at + region.start).tolist(), ends.tolist(), states[starts].tolist(),
                strict=True,
            ):  # fmt: skip
                if state < len(named):
                    name, strand, colour = named[state]
                    yield Box(region.chrom, start, end, name, 1000, strand, colour)


def legend(genomes: Sequence[BrowserGenome]) -> list[tuple[str, Colour]]:
    """What the colours of boxes mean: classes of labels, calls, and splits that there are."""
    found: dict[tuple[str, Colour], None] = {}
    for genome in genomes:
        scheme = genome.store.scheme if genome.store else None
        channels: tuple[Channel, ...] = scheme.channels if isinstance(scheme, ClassScheme) else ()
        for channel, colour in zip(channels, channel_colours(channels), strict=True):
            found[f"{channel.name} {channel.strand}".removesuffix(" ."), colour] = None
    if any(
        isinstance(track, BoxTrack) and track.calls for each in genomes for track in each.tracks
    ):
        found |= {(kind, CALL_COLOURS[kind]): None for kind in KINDS}
    for genome in genomes:
        for split in genome.store.regions.splits if genome.store else ():
            found[split, SPLIT_COLOURS[split]] = None
    return list(found)
