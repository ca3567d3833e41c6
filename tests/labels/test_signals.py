"""Signals as labels: names, strands, and values of regions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pybigtools
import pytest

from genoseq.config.signals import SignalSettings
from genoseq.errors import ConfigError, InputFormatError, RegionError
from genoseq.genome.regions import Region
from genoseq.labels.signal_names import name_signals
from genoseq.labels.signals import SignalLabels


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


def bedgraphs(folder: Path, **rows: str) -> dict[str, str]:
    """Files of one contig ``c``, by name: ``start end value`` between semicolons."""
    paths = {}
    for name, text in rows.items():
        path = folder / f"{name}.bedgraph"
        path.write_text("".join(f"c\t{row.replace(' ', chr(9))}\n" for row in text.split(";")))
        paths[name] = str(path)
    return paths


def test_replicates_are_averaged_and_kept_beside(tmp_path: Path) -> None:
    p = bedgraphs(tmp_path, a="0 4 2", b="0 2 4", c="0 4 1", d="0 4 3")
    texts = [f"x+={p['a']}", f"x-={p['c']}", f"x+={p['b']}", f"x-={p['d']}"]
    with SignalLabels(name_signals(texts), (), {"c": 4}) as labels:
        assert [(s.name, s.strand) for s in labels.scheme.states] == [("x", "+"), ("x", "-")]
        assert labels.replicates == (("x", "+"), ("x", "+"), ("x", "-"), ("x", "-"))
        n = np.nan
        expected = [[3, 2, 2, 4, 1, 3]] * 2 + [[2, 2, 2, n, 1, 3]] * 2
        assert np.array_equal(labels.of("c", 0, 4), expected, equal_nan=True)


def test_gaps_are_zero_where_settings_say_so_and_the_file_has_the_contig(tmp_path: Path) -> None:
    p = bedgraphs(tmp_path, a="2 4 2")
    lengths = {"c": 6, "d": 3}
    with SignalLabels(name_signals([p["a"]]), (), lengths, SignalSettings(gaps="zero")) as labels:
        assert labels.of("c", 0, 6)[:, 0].tolist() == [0, 0, 2, 2, 0, 0]
        assert np.isnan(labels.of("d", 0, 3)).all()
    with SignalLabels(name_signals([p["a"]]), (), lengths) as labels:
        labels.counts.add(labels.of("c", 0, 6))
        (note,) = labels.notes()
        assert note.startswith("a .: 33% of the bases have a value and none of these is 0")
        assert "--gaps zero" in note


def test_libraries_are_divided_by_their_mean_both_strands_together(tmp_path: Path) -> None:
    p = bedgraphs(tmp_path, a="0 10 3", b="0 10 1", c="0 10 30", d="0 10 10")
    texts = [f"x+={p['a']}", f"x-={p['b']}", f"x+={p['c']}", f"x-={p['d']}"]
    settings = SignalSettings(normalise="library")
    with SignalLabels(name_signals(texts), (), {"c": 10}, settings) as labels:
        assert labels.of("c", 0, 1)[0].tolist() == pytest.approx(
            [0.75, 0.25, 0.75, 0.75, 0.25, 0.25]
        )
        facts = labels.facts()
        assert facts["unit"] == "mean coverage"
        assert facts["files"][0]["factors"] == pytest.approx([1 / 4, 1 / 40])


def test_control_is_taken_off_and_what_is_left_is_not_negative(tmp_path: Path) -> None:
    p = bedgraphs(tmp_path, a="0 4 5", b="0 4 1", c="0 2 2;2 4 9")
    signals = name_signals([f"x+={p['a']}", f"x-={p['b']}"])
    with SignalLabels(signals, (), {"c": 4}, None, name_signals([p["c"]])) as labels:
        assert labels.of("c", 0, 4).tolist() == [[3, 0], [3, 0], [0, 0], [0, 0]]
    controls = name_signals([f"y={p['c']}", f"z={p['b']}"])
    with pytest.raises(ConfigError, match=r"controls y, z are of no signal .x.: name each as its"):
        SignalLabels(signals, (), {"c": 4}, None, controls)
    stranded = name_signals([f"y+={p['a']}", f"y-={p['b']}"])
    with pytest.raises(ConfigError, match=r"control 'y' has strands and its signal has none"):
        SignalLabels(name_signals([p["c"]]), (), {"c": 4}, None, stranded)


def test_negative_minus_strands_are_turned_and_others_are_not(tmp_path: Path) -> None:
    p = bedgraphs(tmp_path, a="0 4 5", b="0 4 -2", c="0 2 -2;2 4 1")
    for minus, expected in (("b", 2), ("c", -2)):
        signals = name_signals([f"x+={p['a']}", f"x-={p[minus]}"])
        with SignalLabels(signals, (), {"c": 4}) as labels:
            assert labels.of("c", 0, 1).tolist() == [[5, expected]]
            assert len(labels.notes()) == (expected > 0)
