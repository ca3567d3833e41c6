"""How many variants an hour one thread scores, by model and kind, beside OpenSpliceAI's predictor.

    PYTHONPATH=PACKAGES python benchmarks/variant_speed.py DATA [--variants 60] [--only WORDS]

CPU seconds, sequence reading included, of variants on 1 Mb of E. coli.  OpenSpliceAI (``pip install
--no-deps --target PACKAGES openspliceai tqdm h5py psutil pandas pytz python-dateutil six``) is its
own predictor, ``get_delta_scores`` and its batched form, with random weights of its 400-nt shape:
one strand, one gene over the whole contig, so that no variant is dropped.  Without it that row is
left out.  ``--only`` keeps the rows with one of these words, comma-separated.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

import genoseq as gs
from genoseq.config.base import parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.files.provenance import processor
from genoseq.genome.schemes import cds_phase_scheme
from genoseq.genome.vcf_records import VcfRecord
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle
from genoseq.pretrained.registry import model_folder
from genoseq.tasks.per_base import PerBase
from genoseq.variants.effect import VariantScorer

GENOME = "ecoli_k12_mg1655.fa.gz"


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


def speed(data: Path, seed: int, count: int, words: list[str]) -> None:
    """Print variants an hour by model and kind."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    print(f"\n{processor()}, one thread, CPU seconds; {count} variants on 1 Mb of E. coli, sorted")
    print(f"{'':44}{'ms each':>9}{'an hour':>11}")
    with gs.open_fasta(data / GENOME) as fasta:
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
                if not any(word in f"{name}, {kind}" for word in words):
                    continue
                told(f"{name}, {kind}", len(some), seconds(scorer, fasta, some))
            print(f"{'':4}(its context: {model.context:,} bp)")
        if any(word in "OpenSpliceAI" for word in words):
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
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--variants", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    speed(asked.data, asked.seed, asked.variants, asked.only.split(","))


if __name__ == "__main__":
    main()
