"""Whether variants that break genes have larger effects than others: areas under the ROC curve.

    python benchmarks/variant_meaning.py DATA OUT [--genes 60] [--steps 1200] [--only bacteria]

DATA holds ``ecoli_k12_mg1655`` and ``scerevisiae_s288c`` as ``.fa.gz`` and ``.gff3.gz``; OUT keeps
the VCFs, and store and model of yeast: a second run does not train again.  Variants are made here,
scored by ``genoseq variants``, and ranked by ``GS_MAX``, the largest gain or loss of any class
within 50 bp, or by the largest of splice sites alone.

*Bacteria*, by the model in the box, which has learned from *E. coli* too: SNVs in the first
megabase that take away the start codon or the stop codon of an annotated gene, beside as many
synonymous ones of the same gene, anywhere in it or within 30 codons of either end.  No base is in
two genes.

*Yeast*, by a model of CDS, introns and splice sites that was trained on chromosomes I to X (XI
chose its weights): all SNVs of GT and AG of the introns of chromosome XII, beside as many SNVs of
the same gene that lie 1 to 50 bp beside these bases, in introns and exons, so that the site is
among what is told of both; and beside SNVs of GT and AG of the same transcript that are no site.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rare_sites import USUAL, around, yeast_store

from genoseq.genes.genetic_codes import START_CODONS
from genoseq.genome.complement import reverse_complement
from genoseq.genome.derived import derived
from genoseq.genome.features import Feature
from genoseq.models.bundle import load_bundle
from genoseq.pretrained.registry import model_folder
from genoseq.readers.annotation import read_annotation
from genoseq.readers.fasta import Fasta, open_fasta
from genoseq.readers.vcf import open_vcf
from genoseq.training.fit import fit
from genoseq.variants.variant_files import score_variants_files

ECOLI, YEAST = "ecoli_k12_mg1655", "scerevisiae_s288c"
MEGABASE, TEST = 1_000_000, "BK006945.2"
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


def yeast_model(data: Path, out: Path, steps: int) -> Path:
    """The model of splice sites, trained if it is not there; its folder."""
    folder = out / f"model-{steps}"
    if not (folder / "config.json").exists():
        began = time.process_time()
        store = yeast_store(data, out)
        settings = {"training": {**USUAL, "steps": steps, "seed": 1, **around(0.9)}}
        fit([store], settings, folder, context=384, device="cpu")
        print(f"trained {steps} steps in {time.process_time() - began:.0f} s of one core")
    return folder


def scored(genome: Path, model: Path, changes: list[Change], out: Path) -> list[dict[str, str]]:
    """INFO of each change, by ``genoseq variants``."""
    with open_fasta(genome) as fasta:
        order = {chrom: number for number, chrom in enumerate(fasta.lengths)}
    changes.sort(key=lambda one: (order[one.chrom], one.start, one.alt, one.kind))
    lines = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    lines += [f"{c.chrom}\t{c.start + 1}\t.\t{c.ref}\t{c.alt}\t.\t.\t." for c in changes]
    out.mkdir(parents=True, exist_ok=True)
    (out / "made.vcf").write_text("\n".join(lines) + "\n")
    told = score_variants_files(
        out / "made.vcf", genome, model, out / "scored.vcf.gz", device="cpu", precision="fp32"
    )
    assert told.scored == len(changes), told
    with open_vcf(out / "scored.vcf.gz") as vcf:
        infos = [record.line.split(b"\t")[7].decode() for record in vcf.records]
    return [dict(field.split("=", 1) for field in info.split(";")) for info in infos]


def largest(fields: dict[str, str], wanted: Callable[[str], bool]) -> float:
    """The largest gain or loss of classes whose field's name is wanted."""
    amounts = [
        float(text)
        for name, text in fields.items()
        if name.endswith(("_GAIN", "_LOSS")) and wanted(name) and text != "."
    ]
    return max(amounts)


def auroc(above: Sequence[float], below: Sequence[float]) -> float:
    """How often one of the first is larger than one of the others, ties count half."""
    left, right = np.asarray(above)[:, None], np.asarray(below)[None]
    return float(np.mean((left > right) + 0.5 * (left == right)))


def table(
    changes: Sequence[Change],
    amounts: Sequence[float],
    pairs: Iterable[tuple[Sequence[str], str]],
    by: str,
) -> Iterator[tuple[object, ...]]:
    """Rows of the table that is printed."""
    for kinds, other in pairs:
        above = [a for one, a in zip(changes, amounts, strict=True) if one.kind in kinds]
        below = [a for one, a in zip(changes, amounts, strict=True) if one.kind == other]
        medians = f"{np.median(above):.4f}\t{np.median(below):.4f}"
        yield (
            " or ".join(kinds),
            len(above),
            other,
            len(below),
            by,
            medians,
            (f"{auroc(above, below):.3f}"),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--genes", type=int, default=60)
    parser.add_argument("--steps", type=int, default=1_200)
    parser.add_argument("--only", choices=["bacteria", "yeast"])
    asked = parser.parse_args()
    heads = ("variants", "count", "beside", "count", "by", "median", "median", "auroc")
    print(*heads, sep="\t", flush=True)
    if asked.only != "yeast":
        fasta = asked.data / f"{ECOLI}.fa.gz"
        with open_fasta(fasta) as genome:
            changes = bacterial(genome, asked.data / f"{ECOLI}.gff3.gz", asked.genes)
        began = time.process_time()
        fields = scored(fasta, model_folder(None), changes, asked.out / "bacteria")
        seconds = time.process_time() - began
        amounts = [float(one["GS_MAX"]) for one in fields]
        pairs = [
            (kinds, other)
            for kinds in (["start"], ["stop"], ["start", "stop"])
            for other in ("synonymous", "synonymous near the ends")
        ]
        for row in table(changes, amounts, pairs, "CDS"):
            print(*row, sep="\t", flush=True)
        print(f"{len(changes)} variants scored in {seconds:.0f} s of one core", flush=True)
    if asked.only != "bacteria":
        model = yeast_model(asked.data, asked.out / "yeast", asked.steps)
        fasta = asked.data / f"{YEAST}.fa.gz"
        with open_fasta(fasta) as genome:
            changes = spliced(genome, asked.data / f"{YEAST}.gff3.gz")
        began = time.process_time()
        fields = scored(fasta, model, changes, asked.out / "yeast" / "variants")
        seconds = time.process_time() - began
        names = [channel.label for channel in load_bundle(model).task.output().channels]
        for by, wanted in (
            ("any class", bool),
            ("splice sites", lambda name: "splice" in name),
        ):
            amounts = [largest(one, wanted) for one in fields]
            for row in table(changes, amounts, [(["site"], "beside"), (["site"], "motif")], by):
                print(*row, sep="\t", flush=True)
        print(
            f"{len(changes)} variants scored in {seconds:.0f} s of one core; classes: "
            f"{', '.join(names)}"
        )


if __name__ == "__main__":
    main()
