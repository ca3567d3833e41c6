"""mutations.tsv.gz: one line per substitution and class, compressed and indexed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from genoseq.genome.sequences import ALPHABET, N
from genoseq.variants.mutations import Extremes, Mutations
from genoseq.writers.manifest import MANY, OutputFile, plain
from genoseq.writers.tabix import TabixFile

MUTATIONS = "mutations.tsv.gz"
_COLUMNS = ("#chrom", "start", "end", "ref", "alt", "class", "strand", "effect")
_EXTREMES = ("gain", "gain_offset", "loss", "loss_offset")


class MutationTable:
    """Writes the table and its index, piece by piece.

    The columns are chrom, start and end (0-based, half-open, as in BED), ref, alt (forward strand),
    class, strand, effect; and, where they are known, the largest gain and the largest loss and how
    far from the mutated base they are, in bp, positive to the right.
    """

    def __init__(self, folder: Path, lengths: Mapping[str, int], extremes: bool) -> None:
        self._file = TabixFile(folder / MUTATIONS, lengths)
        self._file.write(("\t".join(_COLUMNS + (_EXTREMES if extremes else ())) + "\n").encode())

    def write(self, mutations: Mutations) -> None:
        """Add the lines of consecutive bases."""
        text = "".join(_lines(mutations))
        if text:
            self._file.write(text.encode())

    def finish(self) -> list[OutputFile]:
        """Index the file."""
        index = self._file.finish()
        return [
            OutputFile(MUTATIONS, "mutations", MANY, MANY, "tsv"),
            OutputFile(f"{MUTATIONS}.{index}", "index", MANY, MANY, index),
        ]


def _lines(mutations: Mutations) -> Iterator[str]:
    chrom = mutations.chrom
    classes = [f"{plain(each.full_name)}\t{each.strand}" for each in mutations.channels]
    for base in np.flatnonzero(mutations.codes != N).tolist():
        at, own = mutations.start + base, int(mutations.codes[base])
        for code in range(N):
            if code == own:
                continue
            begin = f"{chrom}\t{at}\t{at + 1}\t{ALPHABET[own]}\t{ALPHABET[code]}\t"
            for number, name in enumerate(classes):
                rest = _rest(mutations.extremes, (base, code, number))
                yield f"{begin}{name}\t{mutations.effect[base, code, number]:.5g}{rest}\n"


def _rest(extremes: Extremes | None, at: tuple[int, int, int]) -> str:
    if extremes is None:
        return ""
    gain, loss, gain_offset, loss_offset = extremes
    return f"\t{gain[at]:.5g}\t{gain_offset[at]}\t{loss[at]:.5g}\t{loss_offset[at]}"
