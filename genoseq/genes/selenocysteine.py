"""Candidates of selenocysteine: a gene that TGA ends, and whose frame goes on coding behind it.

Bacteria read such a TGA where a hairpin follows, whose small loop begins with a G (bSECIS: Zhang
and Gladyshev, 2005, https://doi.org/10.1093/bioinformatics/bti400).  Genes that follow one
another in one frame look alike but for the hairpin, and for the start next to the TGA.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from genoseq.genes.decode import Decoded
from genoseq.genes.start_table import in_file
from genoseq.genome.regions import Strand
from genoseq.genome.sequences import Codes, decode, encode

_BEFORE, _BEHIND = 400.0, 300.0
"""Nats of content that the gene, and the frame behind it, need."""
_FIRST, _LAST = 12, 90
"""bp between TGA and the first start codon behind it: nearer ones are of a gene that follows, and
what only begins further away is another gene."""
_LOOP = range(17, 25)
"""bp between TGA and the loop."""
_LOOP_BASES = range(3, 5)
_STEM = range(4, 10)
_STRENGTH = 10
_PAIRS = {"GC": 3, "CG": 3, "AT": 2, "TA": 2, "GT": 1, "TG": 1}
"""Hydrogen bonds."""


@dataclass(frozen=True, slots=True)
class Selenocysteine:
    """A TGA that may stand for selenocysteine: 0-based half-open, its gene begins before it."""

    chrom: str
    start: int
    end: int
    strand: Strand


def selenocysteine_candidates(decoded: Decoded) -> Iterator[Selenocysteine]:
    """Candidates among the chosen genes, contig by contig on either strand."""
    genome = decoded.genome
    candidates, layout, whole = genome.candidates, genome.layout, genome.content.whole
    frame = candidates.frame[decoded.chosen]
    ends = candidates.ends[frame]
    last = layout.codes[np.maximum(ends - 3, 0)[:, None] + np.arange(3)]
    tga = (last == encode(b"TGA")).all(1)
    coding = ~candidates.open_3prime[frame] & (whole[decoded.chosen] >= _BEFORE) & tga
    ends = ends[coding]
    if not len(ends):
        return
    behind = np.minimum(np.searchsorted(candidates.begins, ends), len(candidates) - 1)
    first = candidates.first[behind]
    gap = candidates.starts[first] - ends
    going_on = (candidates.begins[behind] == ends) & (whole[first] >= _BEHIND)
    ends = ends[going_on & (gap >= _FIRST) & (gap <= _LAST)]
    low, _ = layout.forward(ends - 3, ends)
    owner = layout.contig_of(low)
    for start, end, index in zip(in_file(layout, owner, low), ends, owner, strict=True):
        if has_hairpin(layout.codes[end : end + 60]):
            strand: Strand = "-" if end - 3 >= layout.size else "+"
            yield Selenocysteine(layout.contigs[index].name, int(start), int(start) + 3, strand)


def has_hairpin(codes: Codes) -> bool:
    """Whether a hairpin as of bSECIS lies in the bases behind a TGA, shape (L,)."""
    letters = decode(codes).decode()
    return any(
        letters[loop : loop + 1] == "G" and _is_stem(letters, loop, loop + bases)
        for loop in _LOOP
        for bases in _LOOP_BASES
    )


def _is_stem(letters: str, loop: int, behind: int) -> bool:
    """Whether the bases on either side of a loop pair: enough of them, and not too many."""
    pairs = strength = 0
    for left, right in zip(letters[:loop][::-1], letters[behind:], strict=False):
        bonds = _PAIRS.get(left + right, 0)
        if not bonds:
            break
        pairs, strength = pairs + 1, strength + bonds
    return pairs in _STEM and strength >= _STRENGTH
