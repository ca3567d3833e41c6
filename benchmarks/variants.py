"""Scores of variants beside scoring mutated genomes from scratch; how fast they are.

    python benchmarks/variants.py DATA [--only agreement,tiling,speed] [--variants 2000] [--seed 0]
    PYTHONPATH=PACKAGES python benchmarks/variants.py DATA --only speed   # with openspliceai there

DATA has the genomes of yeast, E. coli and the human MHC.  The model is the one in the box: it was
trained on bacteria, and equality of numbers asks for no more.  ``agreement`` takes six contigs of
8 kb and one of 70 kb, in three windows, out of each genome, so that scoring each mutated contig
from scratch is affordable; variants are of every kind, and with them go records that cannot be
scored.  ``bcftools`` (apt-get install bcftools) reads what comes out.  ``tiling`` tells how far the
windows of a longer contig alone move values: bases are added at its far end.  ``speed`` counts CPU
seconds of one thread, sequence reading included.  OpenSpliceAI (PyPI ``openspliceai``, with
``pip install --no-deps --target PACKAGES openspliceai tqdm h5py psutil pandas pytz python-dateutil
six``) is its own predictor, ``get_delta_scores`` and its batched form, with random weights of its
400-nt shape, one strand, one gene over the whole contig.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

import genoseq as gs
from genoseq.config.base import parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.files.provenance import processor
from genoseq.genome.edits import Edit, EditedContig
from genoseq.genome.schemes import cds_phase_scheme
from genoseq.genome.vcf_records import VcfRecord
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle
from genoseq.pretrained.registry import model_folder
from genoseq.tasks.per_base import PerBase
from genoseq.variants.alleles import Allele
from genoseq.variants.edited_genome import EditedGenome
from genoseq.variants.effect import VariantScorer
from genoseq.variants.looks import Looks, Stretch

GENOMES = {
    "yeast": "scerevisiae_s288c.fa.gz",
    "human MHC": "human_mhc_genbank.fa.gz",
    "E. coli": "ecoli_k12_mg1655.fa.gz",
}
SHORT, LONG = 8_000, 70_000
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
    """Records of every kind; nine in ten on the short contigs."""
    rows: list[Row] = []
    names = list(fasta.lengths)

    def bases(most: int) -> str:
        return "".join(rng.choice(list("ACGT"), int(rng.integers(1, most + 1))))

    while len(rows) < count:
        chrom = names[-1] if rng.random() < 0.06 else names[int(rng.integers(len(names) - 1))]
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
        f"{'genome':12}{'records':>9}{'alleles':>9}{'scored':>8}{'REF':>10}{'ALT':>10}{'largest':>9}"
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
                f"{differ[0]:10.1e}{differ[1]:10.1e}{differ[2]:9.3f}"
            )
            print(f"{'':12}kinds  {counted(Counter(row[4] for row in rows))}")
            print(f"{'':12}reasons  {counted(Counter(wrote.reasons))}")
            check_with_bcftools(rows, out, path)


def counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def compare(
    fasta: gs.Fasta, model: Bundle, variants: Path, folder: Path
) -> tuple[float, float, float]:
    """Largest differences of REF's and ALT's values from scratch, and the largest change."""
    whole: dict[str, list[np.ndarray]] = {}
    for track in gs.score(fasta, model, device="cpu", precision="fp32", rounded=False):
        whole.setdefault(track.chrom, []).append(track.values)
    reference = {chrom: np.concatenate(some).T for chrom, some in whole.items()}
    with gs.open_vcf(variants) as vcf:
        options = {"device": "cpu", "precision": "fp32"}
        scored = list(gs.score_variants(vcf.records, fasta, model, **options))  # type: ignore[arg-type]
    effects = [e for one in scored for e in one.effects if e.allele.reason is None]
    worst = [0.0, 0.0, 0.0]
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
                (effect.reference, reference[allele.chrom][:, part]),
                (effect.alternative, told[:, part]),
            )
        ):
            assert (np.isnan(one) == np.isnan(other)).all()
            worst[at] = max(worst[at], float(np.nanmax(abs(one - other))))
        worst[2] = max(worst[2], float(np.nanmax(abs(effect.delta))))
    return worst[0], worst[1], worst[2]


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


def default_shape(context: int) -> Bundle:
    """The BiLSTM that ``genoseq train`` makes by default, with random weights."""
    settings = parse_settings(ModelSettings, {})
    task = PerBase(cds_phase_scheme())
    return Bundle(build_model(settings, task).eval(), settings, task, context)


def window_attention() -> Bundle:
    """A small Transformer of bounded reach, with random weights: 774 bp on either side."""
    settings = parse_settings(
        ModelSettings,
        {"encoder": {"family": "transformer", "layers": 4, "width": 128, "heads": 4, "window": 64}},
    )
    task = PerBase(cds_phase_scheme())
    assert settings.reach is not None
    return Bundle(build_model(settings, task).eval(), settings, task, settings.reach)


def speed(data: Path, seed: int, count: int) -> None:
    """Print variants an hour by model and kind."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    print(f"\n{processor()}, one thread, CPU seconds; {count} variants on 1 Mb of E. coli, sorted")
    print(f"{'':44}{'ms each':>9}{'an hour':>11}")
    with gs.open_fasta(data / GENOMES["E. coli"]) as fasta:
        records = {
            "SNVs": simple_records(fasta, rng, count, 0),
            "insertions of 1 to 9": simple_records(fasta, rng, count, 9),
            "deletions of 1 to 9": simple_records(fasta, rng, count, -9),
            "SNVs, all three of each base": saturation(fasta, count),
        }
        models: dict[str, Callable[[], Bundle]] = {
            "shipped BiLSTM, context 3,072": lambda: gs.load_bundle(model_folder(None)),
            "BiLSTM by default, context 768": lambda: default_shape(768),
            "Transformer of windows": window_attention,
        }
        for name, make in models.items():
            model = make()
            scorer = VariantScorer(fasta, model, device="cpu", precision="fp32")
            for kind, some in records.items():
                if name.startswith("T") and kind != "SNVs":
                    continue
                told(f"{name}, {kind}", len(some), seconds(scorer, fasta, some))
            print(f"{'':4}(its context: {model.context:,} bp)")
        splice_ai(fasta, records["SNVs"])


def seconds(scorer: VariantScorer, fasta: gs.Fasta, records: list[VcfRecord]) -> float:
    start = time.process_time()
    done = sum(1 for _ in gs.score_variants(records, fasta, scorer))
    assert done == len(records)
    return time.process_time() - start


def told(name: str, count: int, spent: float) -> None:
    print(f"{name:44}{spent / count * 1000:9.1f}{count / spent * 3600:11,.0f}", flush=True)


def simple_records(
    fasta: gs.Fasta, rng: np.random.Generator, count: int, size: int
) -> list[VcfRecord]:
    """SNVs, or insertions or deletions of up to so many bases."""
    chrom = next(iter(fasta.lengths))
    found = []
    for number, at in enumerate(sorted(rng.integers(10_000, 1_010_000, count).tolist())):
        bases = int(rng.integers(1, abs(size) + 1)) if size else 0
        ref = fasta.fetch(chrom, at, at + 1 + (bases if size < 0 else 0)).decode()
        alt = ref[0] if size else "ACGT"[("ACGT".index(ref) + 1) % 4]
        if size > 0:
            alt += "".join(rng.choice(list("ACGT"), bases))
        found.append(VcfRecord(number, b"", chrom, at, ref, (alt,)))
    return found


def saturation(fasta: gs.Fasta, count: int) -> list[VcfRecord]:
    """All SNVs of consecutive bases."""
    chrom = next(iter(fasta.lengths))
    found: list[VcfRecord] = []
    for at in range(50_000, 50_000 + count // 3):
        ref = fasta.fetch(chrom, at, at + 1).decode()
        for alt in "ACGT".replace(ref, ""):
            found.append(VcfRecord(len(found), b"", chrom, at, ref, (alt,)))
    return found


def splice_ai(fasta: gs.Fasta, records: list[VcfRecord]) -> None:
    """OpenSpliceAI's own predictor, with random weights of its 400-nt shape."""
    try:
        from openspliceai.train_base.openspliceai import SpliceAI
        from openspliceai.variant import utils
    except ImportError as error:
        print(f"OpenSpliceAI: not here ({error})")
        return
    chrom = next(iter(fasta.lengths))
    network = SpliceAI(32, np.full(8, 11), np.array([1] * 4 + [4] * 4))
    with tempfile.TemporaryDirectory() as made:
        weights, genes = Path(made, "w.pt"), Path(made, "genes.txt")
        torch.save(network.state_dict(), weights)
        length = fasta.lengths[chrom]
        columns = "#NAME\tCHROM\tSTRAND\tTX_START\tTX_END\tEXON_START\tEXON_END"
        genes.write_text(f"{columns}\nGENE\t{chrom}\t+\t0\t{length}\t0,\t{length},\n")
        copy = Path(made, "genome.fa")
        copy.write_text(f">{chrom}\n{fasta.fetch(chrom, 0, 1_100_000).decode()}\n")
        known = utils.Annotator(str(copy), str(genes), str(weights), "pytorch", 400)

        class Told:
            """A record as it wants one."""

            def __init__(self, record: VcfRecord) -> None:
                self.chrom, self.pos = record.chrom, record.start + 1
                self.ref, self.alts = record.ref, record.alts

        given = [Told(record) for record in records]
        start = time.process_time()
        found = [utils.get_delta_scores(one, known, 50, 0, 400) for one in given]
        told("OpenSpliceAI 400 nt, one by one", len(given), time.process_time() - start)
        start = time.process_time()
        again = utils.get_delta_scores_batched(given, known, 50, 0, 400)
        told("OpenSpliceAI 400 nt, batched", len(given), time.process_time() - start)
        assert len(found) == len(again) == len(given)


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", default="agreement,tiling,speed")
    parser.add_argument("--variants", type=int, default=2_000)
    parser.add_argument("--speed-variants", type=int, default=120)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    wanted = asked.only.split(",")
    if "agreement" in wanted:
        agreement(asked.data, asked.variants, asked.seed)
    if "tiling" in wanted:
        tiling(asked.data, asked.seed)
    if "speed" in wanted:
        speed(asked.data, asked.seed, asked.speed_variants)


if __name__ == "__main__":
    main()
