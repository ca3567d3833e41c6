"""Part of ``variant_meaning.py``: SNVs that break genes, and others to compare them with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genoseq.genes.genetic_codes import START_CODONS
from genoseq.genome.complement import reverse_complement
from genoseq.genome.derived import derived
from genoseq.genome.features import Feature
from genoseq.readers.annotation import read_annotation
from genoseq.readers.fasta import Fasta

MEGABASE, TEST = 1_000_000, "BK006945.2"
"""bp of *E. coli* that are looked at, and yeast's chromosome XII."""
STOPS = ("TAA", "TAG", "TGA")
ENDS, BESIDE, SHORTEST = 90, 50, 20
"""bp from a gene's ends, from a splice site, of an intron."""
BASES = "ACGT"


@dataclass(frozen=True)
class Change:
    """An SNV on the forward strand, 0-based, and what it is made for."""

    chrom: str
    start: int
    ref: str
    alt: str
    kind: str


@dataclass(frozen=True)
class Strand:
    """A sequence 5' to 3' on its strand, and where each base is."""

    chrom: str
    letters: str
    places: tuple[int, ...]
    sign: str

    def change(self, at: int, alt: str, kind: str) -> Change:
        """The SNV of a base of the sequence."""
        ref = self.letters[at]
        if self.sign == "-":
            ref, alt = (reverse_complement(one.encode()).decode() for one in (ref, alt))
        return Change(self.chrom, self.places[at], ref, alt, kind)

    def changes(self, sites: Iterable[int], kind: str) -> list[Change]:
        """All SNVs of some bases."""
        return [
            self.change(at, alt, kind) for at in sites for alt in BASES if alt != self.letters[at]
        ]


def strand_of(genome: Fasta, parts: Sequence[Feature]) -> Strand:
    """The bases of parts in the order of transcription."""
    letters, places = "", list[int]()
    for part in parts:
        own = genome.fetch(part.chrom, part.start, part.end).upper()
        where = range(part.start, part.end)
        if part.strand == "-":
            own, where = reverse_complement(own), where[::-1]
        letters += own.decode()
        places += where
    return Strand(parts[0].chrom, letters, tuple(places), parts[0].strand)


def amino_acid(codon: str) -> str:
    from Bio.Data.CodonTable import unambiguous_dna_by_id

    return "*" if codon in STOPS else unambiguous_dna_by_id[11].forward_table[codon]


def draw(rng: np.random.Generator, some: Sequence[Change], count: int) -> list[Change]:
    chosen = rng.choice(len(some), min(count, len(some)), replace=False) if some else []
    return [some[int(number)] for number in chosen]


def bacterial(genome: Fasta, annotation: Path, count: int) -> list[Change]:
    """Start- and stop-destroying SNVs of genes, and synonymous ones, as many of each gene."""
    rng = np.random.default_rng(1)
    coding = [
        cds
        for cds in read_annotation(annotation).coding()
        if len(cds.parts) == 1 and not cds.partial_start and not cds.partial_end
    ]
    covered = np.zeros(MEGABASE, np.uint8)
    for cds in coding:
        covered[cds.parts[0].start : cds.parts[0].end] += 1
    strands = [
        strand_of(genome, cds.parts)
        for cds in coding
        if cds.parts[0].end <= MEGABASE and len(cds) >= 4 * ENDS and len(cds) % 3 == 0
    ]
    fit_genes = [s for s in strands if s.letters[:3] in START_CODONS and s.letters[-3:] in STOPS]
    found: list[Change] = []
    for number in rng.permutation(len(fit_genes))[:count]:
        found += _of_gene(fit_genes[int(number)], rng, covered)
    return found


def _of_gene(gene: Strand, rng: np.random.Generator, covered: np.ndarray) -> list[Change]:
    last = len(gene.letters) - 3

    def codon_after(change: Change, first: int) -> str:
        at = gene.places.index(change.start)
        codon = list(gene.letters[first : first + 3])
        codon[at - first] = (
            change.alt if gene.sign == "+" else reverse_complement(change.alt.encode()).decode()
        )
        return "".join(codon)

    def alone(some: Iterable[Change]) -> list[Change]:
        return [one for one in some if covered[one.start] == 1]

    starts = [
        one
        for one in alone(gene.changes(range(3), "start"))
        if codon_after(one, 0) not in START_CODONS
    ]
    stops = [
        one
        for one in alone(gene.changes(range(last, last + 3), "stop"))
        if codon_after(one, last) not in STOPS
    ]
    broken = draw(rng, starts, 2) + draw(rng, stops, 2)
    same = {"synonymous": list[Change](), "synonymous near the ends": list[Change]()}
    for first in range(3, last, 3):
        near = first < ENDS or last - first <= ENDS
        for kind in same if near else ("synonymous",):
            same[kind] += [
                one
                for one in alone(gene.changes(range(first, first + 3), kind))
                if amino_acid(codon_after(one, first))
                == amino_acid(gene.letters[first : first + 3])
            ]
    return broken + [one for some in same.values() for one in draw(rng, some, len(broken))]


def spliced(genome: Fasta, annotation: Path) -> list[Change]:
    """SNVs of the sites of introns, and others of the same transcripts, as many of each."""
    rng = np.random.default_rng(2)
    found: list[Change] = []
    for transcript in read_annotation(annotation).transcripts:
        introns = [gap for gap in derived(transcript, "intron") if gap[0].chrom == TEST]
        if not introns or not transcript.coding:
            continue
        parts = sorted(transcript.exons or transcript.coding[0].parts, key=lambda p: p.start)
        whole = Feature(TEST, parts[0].start, parts[-1].end, parts[0].strand, "transcript")
        gene = strand_of(genome, [whole])
        places = [
            (gene.places.index(own[0]), gene.places.index(own[-1]) + 1)
            for own in (strand_of(genome, gap).places for gap in introns)
        ]
        sites = {at for a, b in places for at in (a, a + 1, b - 2, b - 1)}
        for a, b in places:
            intron = gene.letters[a:b]
            if len(intron) < SHORTEST or (intron[:2], intron[-2:]) != ("GT", "AG"):
                continue
            own = gene.changes((a, a + 1, b - 2, b - 1), "site")
            found += own
            near = {at + d for at in (a, b) for d in range(-BESIDE, BESIDE)} - sites
            inside = sorted(at for at in near if 0 <= at < len(gene.letters))
            found += draw(rng, gene.changes(inside, "beside"), len(own))
            found += draw(
                rng, gene.changes(sorted(_motifs(gene.letters) - sites), "motif"), len(own)
            )
    return found


def _motifs(letters: str) -> set[int]:
    """Bases of every GT and AG."""
    firsts = [n for n in range(len(letters) - 1) if letters[n : n + 2] in ("GT", "AG")]
    return {at for first in firsts for at in (first, first + 1)}
