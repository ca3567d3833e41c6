"""Folders of a made-up run: bundles, evaluations, stores, tracks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from genoseq.config.base import parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.files.provenance import file_sha256, make_record, write_record
from genoseq.genome.regions import Region
from genoseq.genome.schemes import cds_phase_scheme
from genoseq.genome.tracks import Track
from genoseq.metrics.per_base import build_metrics
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.store.write import write_store
from genoseq.tasks.per_base import PerBase
from genoseq.writers.outputs import write_tracks

SCHEME = cds_phase_scheme()
SETTINGS = parse_settings(
    ModelSettings, {"embedding": 2, "stem": {"width": 2}, "encoder": {"width": 2}}
)
LENGTH = 400


def make_bundle(folder: Path, name: str = "tiny", settings: ModelSettings = SETTINGS) -> Path:
    model = build_model(settings, PerBase(SCHEME))
    origin = make_record("train", {}, {"made": {"ids.bin": "0" * 64}}, seed=7, steps=1000)
    bundle = Bundle(model, settings, PerBase(SCHEME), 48, provenance=origin)
    save_bundle(folder / "models" / name, bundle)
    logs = folder / "models" / f"{name}.state" / "logs"
    logs.mkdir(parents=True)
    (logs / "metrics.csv").write_text(
        "step,train_loss,learning_rate,valid_loss,macro_f1\n"
        "50,1.5,0.001,,\n100,1.25,0.002,1.0,nan\n"
    )
    return folder / "models" / name


def weights_of(folder: Path, name: str = "tiny") -> dict[str, str]:
    """The weights of a bundle, as records of what was made with it have them."""
    return {"model.safetensors": file_sha256(folder / "models" / name / "model.safetensors")}


def make_evaluation(folder: Path, name: str = "tiny", model: str = "") -> Path:
    path = folder / "evaluation" / name
    path.mkdir(parents=True)
    write_record(path, make_record("evaluate", {}, {"model": weights_of(folder, model or name)}))
    metrics = build_metrics(SCHEME)
    labels = torch.arange(LENGTH)[None] // 50 % 7
    logits = torch.nn.functional.one_hot(labels, 7).float() * 10
    metrics.update(logits.softmax(-1), labels)
    (path / "metrics.json").write_text(json.dumps(metrics.compute()))
    rows = [["" if cell is None else str(cell) for cell in point] for point in metrics.curves()]
    header = ["level", "name", "strand", "phase", "threshold", "precision", "recall"]
    text = "".join("\t".join(row) + "\n" for row in [header, *rows])
    (path / "curves.tsv").write_text(text)
    return path


def make_store(folder: Path, name: str = "made", shared: bool = False) -> Path:
    codes = np.random.default_rng(3).integers(0, 4, 2 * LENGTH).astype(np.uint8)
    halves = (codes[:LENGTH], codes[:LENGTH] if shared else codes[LENGTH:])
    pieces = [
        (Region("c", place * LENGTH, (place + 1) * LENGTH), split, np.zeros(LENGTH, np.uint8))
        for place, split in enumerate(("train", "test"))
    ]
    path = folder / "stores" / name
    write_store(path, name, SCHEME, [("c", halves)], pieces, {"fasta": "made.fa"})
    return path


def make_tracks(folder: Path, name: str = "tiny", model: str = "tiny") -> Path:
    values = np.full((LENGTH, 2), 0.25, np.float32)
    path = folder / "tracks" / "made" / name
    tracks = [Track("c", 0, values, SCHEME.channels)]
    record = make_record("score", {}, {"model": weights_of(folder, model)})
    lengths, formats = {"c": 2 * LENGTH}, ("bigwig", "bed")
    write_tracks(tracks, lengths, SCHEME.channels, "classes", path, formats, record=record)
    return path


def make_genes(folder: Path, name: str = "tiny", model: str = "tiny") -> Path:
    path = folder / "genes" / "made" / name
    path.mkdir(parents=True)
    write_record(path, make_record("genes", {}, {"model": weights_of(folder, model)}))
    lines = ["c\tgenoseq\tgene\t1\t90\t5\t+\t.\tID=a", "c\tgenoseq\tCDS\t1\t90\t5\t+\t0\tID=b"]
    lines += ["c\tgenoseq\tgene\t101\t400\t5\t-\t.\tID=c"]
    (path / "genes.gff3").write_text("\n".join(["##gff-version 3", *lines]) + "\n")
    said = {
        "contigs": 1, "bases": LENGTH, "genes": 1_204, "partial_genes": 3, "coding_density": 0.8712,
        "genetic_code": 4, "start_types": {"ATG": 1_000, "TTG": 204},
        "motif": {
            "consensus": "AGGAGG", "share_of_starts": 0.75,
            "columns": 6 * [[0.7, 0.1, 0.1, 0.1]], "background": 4 * [0.25],
        },
        "expected_true_genes": 1_190.4, "confidence": {"0.8-0.9": 204, "0.9-1.0": 1_000},
    }  # fmt: skip
    (path / "summary.json").write_text(json.dumps(said))
    return path
