"""Whether variants that break genes have larger effects than others: areas under the ROC curve.

    python benchmarks/variant_meaning.py DATA OUT [--genes 60] [--most 300] [--steps 1200]

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
from pathlib import Path

import numpy as np
from rare_sites import USUAL, around, yeast_store
from variant_sets import Change, bacterial, draw, spliced

from genoseq.models.bundle import load_bundle
from genoseq.pretrained.registry import model_folder
from genoseq.readers.fasta import open_fasta
from genoseq.readers.vcf import open_vcf
from genoseq.training.fit import fit
from genoseq.variants.variant_files import score_variants_files

ECOLI, YEAST = "ecoli_k12_mg1655", "scerevisiae_s288c"


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


def some_of(changes: Sequence[Change], most: int) -> list[Change]:
    """So many of each kind, by chance."""
    rng = np.random.default_rng(3)
    kinds = dict.fromkeys(one.kind for one in changes)
    by_kind = [[one for one in changes if one.kind == kind] for kind in kinds]
    return [one for some in by_kind for one in draw(rng, some, most)]


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
    parser.add_argument("--most", type=int, default=300, help="variants of each kind, of yeast")
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
            changes = some_of(spliced(genome, asked.data / f"{YEAST}.gff3.gz"), asked.most)
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
