"""Signals as labels: names, strands, and values of regions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pybigtools
import pytest

from genoseq.errors import ConfigError, InputFormatError, RegionError
from genoseq.genome.regions import Region
from genoseq.labels.signals import SignalFile, SignalLabels, name_signals


def test_name_signals_recognises_strands_only_in_pairs() -> None:
    found = name_signals(
        ["a/RNA.fwd.bw", "a/RNA.rev.bw", "x_minus.bw", "cov=b.bw", "T.plus=p.bw", "T.minus=m.bw"]
    )
    assert found == [
        SignalFile("RNA", "+", Path("a/RNA.fwd.bw")),
        SignalFile("RNA", "-", Path("a/RNA.rev.bw")),
        SignalFile("x_minus", ".", Path("x_minus.bw")),
        SignalFile("cov", ".", Path("b.bw")),
        SignalFile("T", "+", Path("p.bw")),
        SignalFile("T", "-", Path("m.bw")),
    ]
    with pytest.raises(ConfigError, match="two signals are called 'x': name them, --signal NAME="):
        name_signals(["a/x.bw", "b/x.bedGraph.gz"])


def test_signal_labels_are_nan_where_nothing_is_said(tmp_path: Path) -> None:
    path = tmp_path / "s.bedgraph"
    path.write_text("c\t2\t4\t1.5\nc\t6\t8\t0\n")
    with SignalLabels(name_signals([str(path)]), [Region("c", 7, 9)], {"c": 10, "d": 5}) as labels:
        n = np.nan
        assert np.array_equal(
            labels.of("c", 1, 10)[:, 0], [n, 1.5, 1.5, n, n, 0, n, n, n], equal_nan=True
        )
        assert np.isnan(labels.of("d", 0, 5)).all()
        assert labels.of("c", 0, 3).dtype == np.float32
    with pytest.raises(InputFormatError, match=r"s.bedgraph: none of its contigs \(c\) is in the"):
        SignalLabels(name_signals([str(path)]), lengths={"chrC": 10})
    with SignalLabels(name_signals([str(path)]), lengths={"c": 8}) as labels:
        assert labels.of("c", 6, 8)[:, 0].tolist() == [0, 0]
    with pytest.raises(RegionError, match=r"mask: its contigs are z, but the FASTA has c: names"):
        SignalLabels(name_signals([str(path)]), [Region("z", 0, 1)], {"c": 8})
    with pytest.raises(InputFormatError, match="contig 'c' has 8 bp here and 7 in the FASTA"):
        SignalLabels(name_signals([str(path)]), lengths={"c": 7})


def test_signal_labels_refuse_a_file_without_a_value(tmp_path: Path) -> None:
    path = tmp_path / "s.bedgraph"
    path.write_text("track type=bedGraph\n")
    with pytest.raises(InputFormatError, match=r"s\.bedgraph: no value is in it: make or download"):
        SignalLabels(name_signals([str(path)]), lengths={"c": 7})


@pytest.mark.parametrize("length", [8, 9, 10])
def test_signal_labels_want_the_lengths_of_a_bigwig(tmp_path: Path, length: int) -> None:
    path = tmp_path / "s.bw"
    pybigtools.open(str(path), "w").write({"c": 9, "d": 5}, iter([("c", 0, 4, 1.0)]))
    lengths = {"c": length, "other": 7}
    if length == 9:
        with SignalLabels(name_signals([str(path)]), lengths=lengths) as labels:
            assert labels.of("c", 3, 5)[0, 0] == 1
        return
    with pytest.raises(
        InputFormatError, match=rf"contig 'c' has 9 bp here and {length} in the FAS"
    ):
        SignalLabels(name_signals([str(path)]), lengths=lengths)
