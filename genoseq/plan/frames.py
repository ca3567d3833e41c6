"""Whether an annotation is of the genome beside it: its CDS are open frames there, or are not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from genoseq.genome.annotation import Annotation
from genoseq.genome.complement import reverse_complement
from genoseq.genome.genes import Cds

LEAST_CODONS = 100
"""Codons of a CDS that is judged: by chance the frames of shorter ones are open too often."""
MOST = 200
"""CDS that are judged, spread evenly: enough for a share to within 4%."""
STANDARD = {"TAA", "TAG", "TGA"}
OTHERS = ({"TAA", "TAG"}, {"TGA"})
"""Stops of Mycoplasma and mitochondria, and of ciliates: taken for the code if nearly all CDS are
open under it.  Fewer stops are met less often, so a lower share says nothing."""
PLAIN = 0.9
REFUSED = 0.5
"""Shares below which it is told, and refused.  In 37 genomes (bacteria, archaea, phages, yeast,
worm, plant, human; GC 24% to 70%) at least 99.5% of the CDS are open, with the genome of another
species at most 16%, and where all coordinates are off by one base too (benchmarks/open_frames.py).
Between them lie annotations with pseudogenes that are not marked, and drafts."""


@dataclass(frozen=True)
class Frames:
    """How many CDS were judged, and how many of them have no stop before their end."""

    open: int
    judged: int

    @property
    def share(self) -> float:
        """Fraction that is open."""
        return self.open / self.judged


def open_frames(annotation: Annotation, sequences: Mapping[str, bytes]) -> Frames:
    """Judge the CDS on the sequences that are there, by the standard code, or one that fits.

    Parameters
    ----------
    sequences
        Letters of contigs, or of their beginnings.
    """
    found = [
        cds
        for cds in annotation.coding()
        if len(cds) >= 3 * LEAST_CODONS and _within(cds, sequences)
    ]
    chosen = found[:: -(-len(found) // MOST)] if found else []
    codons = [set(_inner_codons(cds, sequences)) for cds in chosen]
    first, *others = (sum(not each & stops for each in codons) for stops in (STANDARD, *OTHERS))
    fitting = [number for number in others if number >= PLAIN * len(codons)]
    return Frames(max([first, *fitting]), len(codons))


def _within(cds: Cds, sequences: Mapping[str, bytes]) -> bool:
    return all(part.end <= len(sequences.get(part.chrom, b"")) for part in cds.parts)


def _inner_codons(cds: Cds, sequences: Mapping[str, bytes]) -> Iterator[str]:
    """Codons from the first whole one to the last but one."""
    letters = b"".join(
        _reading(sequences[part.chrom][part.start : part.end], part.strand) for part in cds.parts
    )
    text = letters.decode("ascii", "replace").upper().replace("U", "T")
    first = cds.parts[0].phase or 0
    for at in range(first, len(text) - 5, 3):
        yield text[at : at + 3]


def _reading(letters: bytes, strand: str) -> bytes:
    return reverse_complement(letters) if strand == "-" else letters
