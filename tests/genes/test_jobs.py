"""Genes and their tracks by several processes: the bytes of one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from planted_genes import planted_genome, simple_weights

from genoseq.files.jobs import Jobs
from genoseq.genes.call_files import call_genes_files
from genoseq.genes.weights import save_weights
from genoseq.genome.sequences import decode
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.readers.fasta import write_fasta


@pytest.fixture
def fasta(tmp_path: Path) -> Path:
    """A contig of many parts, a circle, reads, and one that is empty."""
    rng = np.random.default_rng(6)
    contigs = {"long": planted_genome(90, seed=2).codes, "circle": planted_genome(9, seed=3).codes}
    contigs |= {f"read{n}": rng.integers(0, 5, 150 + n).astype(np.uint8) for n in range(60)}
    contigs["none"] = rng.integers(0, 5, 0).astype(np.uint8)
    path = tmp_path / "genome.fa"
    write_fasta(path, [(name, decode(codes)) for name, codes in contigs.items()])
    return path


@pytest.mark.usefixtures("one_thread")
def test_genes_by_several_jobs_are_those_of_one(
    fasta: Path, bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genoseq.inference.parts.LEAST", 4_000)
    monkeypatch.setattr("genoseq.inference.parts.MOST", 8_000)
    monkeypatch.setattr("genoseq.genes.base_values._CHUNK_BASES", 8_000)
    started: list[int] = []
    start = Jobs.start

    def counted(shared: Jobs, processes: int) -> None:
        started.append(processes)
        start(shared, processes)

    monkeypatch.setattr(Jobs, "start", counted)
    save_bundle(tmp_path / "model", bundle)
    save_weights(tmp_path / "weights.json", simple_weights())
    found = []
    for jobs in (1, 2, 4):
        out = tmp_path / str(jobs)
        call_genes_files(
            fasta, tmp_path / "model", out, weights=tmp_path / "weights.json", circular="circle",
            all_starts=True, tracks=True, frameshifts=True, device="cpu", jobs=jobs,
        )  # fmt: skip
        files = [path for path in sorted(out.rglob("*")) if path.is_file()]
        found.append({path.relative_to(out): path.read_bytes() for path in files})
        found[-1].pop(Path("provenance.json"))
    assert len(started) == 4  # twice to score, twice to write tracks
    assert started[1::2] == [2, 4]
    assert len(found[0]) == 12
    assert found[0] == found[1] == found[2]
