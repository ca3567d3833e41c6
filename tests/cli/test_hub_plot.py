"""genoseq hub and genoseq plot: what they say, errors as one line, nothing half written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command import Genoseq
from track_cases import CDS, write


@pytest.fixture
def tracks(tmp_path: Path) -> Path:
    (tmp_path / "g.fa").write_text(f">c\n{'ACGTA' * 200}\n")
    values = np.random.default_rng(0).integers(0, 501, (1_000, 2)).astype(np.float32) / 1000
    return write(tmp_path / "tracks" / "bilstm", {"c": values}, ("bigwig", "bed"), CDS)


def test_hub_and_plot_write_what_was_asked(tracks: Path, tmp_path: Path, genoseq: Genoseq) -> None:
    found = genoseq("hub", tracks, "--fasta", tmp_path / "g.fa", "-o", tmp_path / "hub")
    said = f"hub: wrote {tmp_path / 'hub'}: 3 tracks\n"
    assert (found.returncode, found.stdout, found.stderr) == (0, "", said)
    assert (tmp_path / "hub/g/bilstm_CDS_plus.bw").is_file()
    out = tmp_path / "f.svg"
    words = ("--region", "c:1-500", "--width", "9", "-o", out)
    found = genoseq("plot", tracks, "--fasta", tmp_path / "g.fa", *words)
    said = f"plot: wrote {out}: 1 figure of 2 panels\n"
    assert (found.returncode, found.stdout, found.stderr) == (0, "", said)
    assert "c:1-500, 500 bp" in out.read_text()


def test_hub_and_plot_errors_are_one_line(tracks: Path, tmp_path: Path, genoseq: Genoseq) -> None:
    fasta, out = tmp_path / "g.fa", tmp_path / "out"
    there = {path.name for path in tmp_path.iterdir()}
    for words, message in (
        (("hub", tmp_path, "--fasta", fasta, "-o", out), "no folder of tracks or genes"),
        (("hub", fasta, "--fasta", fasta, "-o", out), "a FASTA file"),
        (("hub", tracks, "--fasta", fasta, "-o", out, "--name", "../x"), "--name '../x': use"),
        (("plot", tracks, "--fasta", fasta, "-o", out), "--region or by --regions"),
        (("plot", tracks, "--fasta", fasta, "-o", out, "--region", "c:9-2000"), "past the contig"),
        (("plot", tracks, "--fasta", fasta, "-o", fasta, "--region", "c"), "a figure is .png"),
    ):
        found = genoseq(*words)
        assert found.returncode == 1
        assert found.stderr.count("\n") == 1, found.stderr
        assert message in found.stderr
    assert {path.name for path in tmp_path.iterdir()} == there
