"""Scores of variants beside scoring mutated genomes from scratch, and what longer contigs move.

    python benchmarks/variants.py DATA [--only agreement,tiling] [--variants 2000] [--seed 0]

DATA has the genomes of yeast, E. coli and the human MHC.  The model is the one in the box: it was
trained on bacteria, and equality of numbers asks for no more.  ``agreement`` takes six contigs of
2 kb and one of 35 kb, in two windows, out of each genome, so that scoring each mutated contig
from scratch is affordable; variants are of every kind, and with them go records that cannot be
scored.  ``REF`` and ``ALT`` are the largest differences of values without and with the alleles,
``shift`` is what windows of longer and shorter contigs move at most, which is no change.
``bcftools`` (apt-get install bcftools) reads what comes out.  ``tiling`` tells how far the windows
of a longer contig alone move values: bases are added at its far end.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

import genoseq as gs
from genoseq.genome.edits import Edit, EditedContig
from genoseq.models.bundle import Bundle
from genoseq.pretrained.registry import model_folder
from genoseq.variants.alleles import Allele
from genoseq.variants.edited_genome import EditedGenome
from genoseq.variants.looks import Looks, Stretch

GENOMES = {
    "yeast": "scerevisiae_s288c.fa.gz",
    "human MHC": "human_mhc_genbank.fa.gz",
    "E. coli": "ecoli_k12_mg1655.fa.gz",
}
SHORT, LONG = 2_000, 35_000
STRANGE = ("no ALT", "*", "<DEL>", "breakend", "mismatch", "contig", "outside", "same")
KINDS = ("SNV", "MNV", "insertion", "deletion", "delins", "several ALTs", "long")
Row = tuple[str, int, str, str, str]
"""Contig, 0-based position, REF, ALT, kind."""


def slices(data: Path, folder: Path, rng: np.random.Generator) -> Iterator[tuple[str, Path]]:
    """A small FASTA of each genome."""
    for name, file in GENOMES.items():
        with gs.open_fasta(data / file) as fasta:
            chrom = max(fasta.lengths, key=lambda c: fasta.lengths[c])
            text = []
            for number, size in enumerate([SHORT] * 6 + [LONG]):
                start = int(rng.integers(fasta.lengths[chrom] - size))
                letters = fasta.fetch(chrom, start, start + size).decode()
                text.append(f">part{number}\n{letters}\n")
        path = folder / f"{file.partition('_')[0]}.fa"
        path.write_text("".join(text))
        yield name, path


def random_rows(fasta: gs.Fasta, count: int, rng: np.random.Generator) -> list[Row]:
    """Records of every kind, most on the short contigs."""
    rows: list[Row] = []
    names = list(fasta.lengths)

    def bases(most: int) -> str:
        return "".join(rng.choice(list("ACGT"), int(rng.integers(1, most + 1))))

    while len(rows) < count:
        chrom = names[-1] if rng.random() < 0.02 else names[int(rng.integers(len(names) - 1))]
        length = fasta.lengths[chrom]
        at = int(rng.choice([0, length - 1, *rng.integers(length, size=40)]))
        kind = str(rng.choice(KINDS[:-1])) if rng.random() > 0.02 else "long"
        kind = str(rng.choice(STRANGE)) if rng.random() < 0.1 else kind
        sizes = {"MNV": 5, "deletion": 40, "delins": 20, "long": 3_000}
        end = min(length, at + int(rng.integers(1, sizes.get(kind, 1) + 1)))
        ref = fasta.fetch(chrom, at, end).decode().upper()
        other = str(rng.choice([base for base in "ACGT" if base != ref[0]]))
        alt = {
            "MNV": "".join(rng.choice(list("ACGT"), len(ref))),
            "insertion": ref + bases(40),
            "deletion": ref[0],
            "delins": bases(20),
            "several ALTs": ",".join(
                {other: 0, ref + bases(9): 0, f"{other}{bases(4)}": 0, "*": 0}
            ),
            "long": bases(3_000) if rng.random() < 0.5 else ref[0],
            "no ALT": ".",
            "breakend": f"{ref}[part1:10[",
            "mismatch": "A",
            "outside": "A",
            "same": ref,
            "contig": "A",
        }.get(kind, kind if kind in STRANGE else other)
        if kind == "mismatch":
            ref = "ACGT"[("ACGT".find(ref[0]) + 1) % 4]
        if kind == "contig":
            chrom = "elsewhere"
        if kind == "outside":
            at, ref = length, "C"
        rows.append((chrom, at, ref, alt, kind))
    order = {chrom: number for number, chrom in enumerate([*names, "elsewhere"])}
    return sorted(rows, key=lambda row: (order[row[0]], row[1]))


def write_vcf(rows: list[Row], path: Path) -> None:
    """A VCF of rows, without contig lines."""
    lines = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    lines += [
        f"{c}\t{at + 1}\tv{n}\t{ref}\t{alt}\t.\t.\t." for n, (c, at, ref, alt, _) in enumerate(rows)
    ]
    path.write_text("\n".join(lines) + "\n")


def from_scratch(
    fasta: gs.Fasta, model: Bundle, alleles: list[Allele], folder: Path
) -> Iterator[tuple[Allele, np.ndarray]]:
    """Each allele, and scores (C, L) of its contig with it, by ``genoseq score`` of a FASTA."""
    for at in range(0, len(alleles), 50):
        some = alleles[at : at + 50]
        path = folder / "mutated.fa"
        with path.open("w") as file:
            for number, allele in enumerate(some):
                letters = fasta.fetch(allele.chrom, 0, fasta.lengths[allele.chrom]).decode()
                edit = allele.edit
                assert edit is not None
                alt = gs_letters(edit)
                file.write(f">{number}\n{letters[: edit.start]}{alt}{letters[edit.end :]}\n")
        with gs.open_fasta(path) as mutated:
            found: dict[str, list[np.ndarray]] = {}
            for track in gs.score(mutated, model, device="cpu", precision="fp32", rounded=False):
                found.setdefault(track.chrom, []).append(track.values)
        for number, allele in enumerate(some):
            yield allele, np.concatenate(found[str(number)]).T


def gs_letters(edit: Edit) -> str:
    """Letters of what an edit puts in."""
    return "".join("ACGTN"[code] for code in edit.alt)


def agreement(data: Path, count: int, seed: int) -> None:
    """Print, by genome, how far scores are from those of mutated genomes, and what came back."""
    rng = np.random.default_rng(seed)
    folder = model_folder(None)
    model = gs.load_bundle(folder)
    print(
        f"{'genome':12}{'records':>9}{'alleles':>9}{'scored':>8}{'REF':>10}{'ALT':>10}{'shift':>8}{'largest':>9}"
    )
    with tempfile.TemporaryDirectory() as made:
        for name, path in slices(data, Path(made), rng):
            with gs.open_fasta(path) as fasta:
                rows = random_rows(fasta, count // len(GENOMES), rng)
                variants, out = Path(made, "in.vcf"), Path(made, f"{path.stem}.vcf.gz")
                write_vcf(rows, variants)
                wrote = gs.score_variants_files(
                    variants, path, folder, out, device="cpu", precision="fp32"
                )
                differ = compare(fasta, model, variants, Path(made))
            print(
                f"{name:12}{wrote.records:9,}{wrote.alleles:9,}{wrote.scored:8,}"
                f"{differ[0]:10.1e}{differ[1]:10.1e}{differ[3]:8.3f}{differ[2]:9.3f}"
            )
            print(f"{'':12}kinds  {counted(Counter(row[4] for row in rows))}")
            print(f"{'':12}reasons  {counted(Counter(wrote.reasons))}")
            check_with_bcftools(rows, out, path)
            print(end="", flush=True)


def counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def compare(fasta: gs.Fasta, model: Bundle, variants: Path, folder: Path) -> list[float]:
    """Largest differences of REF's and ALT's values from scratch, largest change, and shift."""
    whole: dict[str, list[np.ndarray]] = {}
    for track in gs.score(fasta, model, device="cpu", precision="fp32", rounded=False):
        whole.setdefault(track.chrom, []).append(track.values)
    reference = {chrom: np.concatenate(some).T for chrom, some in whole.items()}
    with gs.open_vcf(variants) as vcf:
        options = {"device": "cpu", "precision": "fp32"}
        scored = list(gs.score_variants(vcf.records, fasta, model, **options))  # type: ignore[arg-type]
    effects = [e for one in scored for e in one.effects if e.allele.reason is None]
    worst = [0.0, 0.0, 0.0, 0.0]
    mutated = from_scratch(fasta, model, [effect.allele for effect in effects], folder)
    for effect, (allele, values) in zip(effects, mutated, strict=True):
        edit = allele.edit
        assert edit is not None
        contig = EditedContig(fasta.lengths[allele.chrom], [edit])
        told = contig.on_reference(values, 0, contig.reference_length)
        told[:, edit.start + edit.paired : edit.end] = 0
        part = slice(effect.start, effect.start + effect.reference.shape[1])
        for at, (one, other) in enumerate(
            (
                (effect.scored, reference[allele.chrom][:, part]),
                (effect.alternative, told[:, part]),
            )
        ):
            assert (np.isnan(one) == np.isnan(other)).all()
            worst[at] = max(worst[at], float(np.nanmax(abs(one - other))))
        worst[2] = max(worst[2], float(np.nanmax(abs(effect.delta))))
        worst[3] = max(worst[3], effect.shift)
    return worst


def check_with_bcftools(rows: list[Row], out: Path, fasta: Path) -> None:
    """That bcftools reads every record, and finds every REF where the reasons say it is right."""
    view = subprocess.run(
        ["bcftools", "view", "-H", out], capture_output=True, text=True, check=True
    )
    ids = [line.split("\t")[2] for line in view.stdout.splitlines()]
    assert ids == [f"v{number}" for number in range(len(rows))], "a record is lost, or not in order"
    reasons = ("REF_MISMATCH", "UNKNOWN_CONTIG", "OUTSIDE_CONTIG", "SAME_AS_REF")
    wrong = " || ".join(f'GS_REASON="{reason}"' for reason in reasons)
    right = out.with_suffix(".right.vcf")
    subprocess.run(["bcftools", "view", "-e", wrong, "-o", right, out], check=True)
    norm = ["bcftools", "norm", "--check-ref", "e", "-f", fasta, "-o", "/dev/null", right]
    done = subprocess.run(norm, capture_output=True, text=True, check=False)
    last = done.stderr.strip().splitlines()[-1]
    print(
        f"{'':12}bcftools view: {len(ids):,} records, no message: {not view.stderr}; norm: {last}"
    )
    assert done.returncode == 0


def tiling(data: Path, seed: int) -> None:
    """Print how far values move at loci when bases are added at the contig's far end."""
    rng = np.random.default_rng(seed)
    model = gs.load_bundle(model_folder(None))
    predictor = gs.Predictor(model, "cpu", "fp32")
    print("\nvalues within 50 bases of 60 loci, when the contig (200 kb of E. coli) is longer")
    print(f"{'bases':>9}{'moved':>9}{'> 0.0001':>10}{'> 0.01':>9}{'median':>10}{'largest':>10}")
    with gs.open_fasta(data / GENOMES["E. coli"]) as fasta:
        chrom = next(iter(fasta.lengths))
        whole = fasta.codes(chrom, 500_000, 700_000)

    class Slice:
        lengths = {"slice": len(whole)}  # noqa: RUF012

        def codes(self, _: str, start: int, end: int) -> np.ndarray:
            return whole[start:end]

    genome = Slice()
    loci = np.sort(rng.integers(1_000, len(whole) - 1_000, 60))
    shared = [Stretch(genome, "slice", int(at) - 50, int(at) + 51) for at in loci]
    looks, output = Looks(predictor), model.task.output()
    for added in (1, 3, 10, 100, 1_000):
        bases = rng.integers(0, 4, added).astype(np.uint8)
        longer = EditedGenome(genome, "slice", [Edit(len(whole), len(whole), bases)])
        own = [Stretch(longer, "slice", one.start, one.end) for one in shared]
        values = [output.values(one) for one in looks.values(shared, own)]
        pairs = zip(values[: len(loci)], values[len(loci) :], strict=True)
        moved = np.concatenate([abs(one - other).ravel() for one, other in pairs])
        print(
            f"{added:9,}{(moved > 0).mean():9.1%}{(moved > 1e-4).mean():10.2%}"
            f"{(moved > 0.01).mean():9.3%}{np.median(moved):10.1e}{moved.max():10.1e}"
        )


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", default="agreement,tiling")
    parser.add_argument("--variants", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    wanted = asked.only.split(",")
    if "agreement" in wanted:
        agreement(asked.data, asked.variants, asked.seed)
    if "tiling" in wanted:
        tiling(asked.data, asked.seed)


if __name__ == "__main__":
    main()
