"""What the benchmarks of sites count, and the weight matrices that they compare with."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pybigtools
import pytest

from genoseq.genome.sequences import encode

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def script(name: str) -> Any:
    """A module of benchmarks/, which find one another there."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return import_module(name)
    finally:
        sys.path.remove(str(BENCHMARKS))


site_table, promoter_matrix, signal_peaks, peak_table = (
    script(name) for name in ("site_table", "promoter_matrix", "signal_peaks", "peak_table")
)


def test_counts_are_the_same_however_a_contig_is_cut() -> None:
    rng = np.random.default_rng(1)
    values, own = rng.random(130_000, np.float32), rng.random(130_000) < 0.001
    values[own] = 1 - values[own] / 4
    whole, cut = site_table.Counts(), site_table.Counts()
    whole.update("c", 0, values, own)
    for start, end in ((0, 49_999), (49_999, 110_000), (110_000, 130_000)):
        cut.update("c", start, values[start:end], own[start:end])
    figures = whole.figures()
    assert figures == cut.figures()
    assert figures["low"] <= figures["auprc"] <= figures["high"]
    assert figures["prevalence"] == pytest.approx(own.mean())


def test_starts_are_found_within_five_bp_on_their_own_strand() -> None:
    own = {strand: np.zeros(1000, bool) for strand in "+-"}
    told = {strand: np.full(1000, 0.01, np.float32) for strand in "+-"}
    own["+"][[100, 500]] = True
    own["-"][[300]] = True
    told["+"][[105, 300]] = 0.9, 0.8  # near a start; where the other strand has one
    told["-"][[306]] = 0.7  # too far
    starts = site_table.Starts()
    starts.contig(told, own)
    assert starts.recall_at([1.0, 0.5]) == [pytest.approx(1 / 3)] * 2


def test_matrix_scores_are_those_of_words() -> None:
    codes = encode(b"ACGTNACGT")
    matrix = np.log(np.array([[4.0, 1, 1, 1], [1, 4, 1, 1]]))
    found = site_table.matrix_scores(codes, matrix)
    assert found == pytest.approx(np.log([16, 1, 1, 1, 1, 16, 1, 1]))


def test_boxes_are_found_where_they_were_planted() -> None:
    rng = np.random.default_rng(2)
    words = rng.integers(4, size=(300, promoter_matrix.BEFORE + promoter_matrix.AFTER))
    for word in words:
        ten = promoter_matrix.BEFORE + int(rng.integers(-13, -10))
        spacer = int(rng.integers(16, 19))
        word[ten : ten + 6] = encode(b"TACGAT")
        word[ten - spacer - 6 : ten - spacer] = encode(b"TTCACA")
    background = np.full(4, 0.25)
    found = promoter_matrix.learn(words.astype(np.uint8), background)
    assert promoter_matrix.consensus_of(found.ten) == "TACGAT"
    assert promoter_matrix.consensus_of(found.thirty_five) == "TTCACA"
    scores = found.scores(np.concatenate(words[:20]).astype(np.uint8))
    at = promoter_matrix.BEFORE + words.shape[1] * np.arange(1, 20)
    assert np.median(scores[at]) > np.quantile(scores, 0.95)


def written(folder: Path, values: dict[str, Any], *words: str) -> dict[str, list[list[str]]]:
    """What signal_peaks.py makes of a signal, of a genome with one contig more."""
    lengths = {name: len(row) for name, row in values.items()}
    genome = folder / "genome.fa"
    genome.write_text("".join(f">{c}\n{'A' * n}\n" for c, n in [*lengths.items(), ("other", 50)]))
    rows = (
        (name, at, at + 1, float(value))
        for name, row in values.items()
        for at, value in enumerate(row)
    )
    pybigtools.open(str(folder / "signal.bw"), "w").write(lengths, rows)
    signal_peaks.main([str(folder / "signal.bw"), str(genome), str(folder / "out"), *words])
    return {
        name: [row.split("\t") for row in (folder / "out" / f"{name}.bed").read_text().splitlines()]
        for name in ("peaks", "unmeasured")
    }


def test_peaks_are_joined_and_long_enough(tmp_path: Path) -> None:
    values: Any = np.ones(10_000)
    for start, end, height in ((100, 300, 50.0), (400, 500, 80.0), (2000, 2100, 90.0)):
        values[start:end] = height
    values[5000:7000] = 0  # no read could be placed
    values[7500:7900] = 0  # none was
    found = written(tmp_path, {"c": values})
    mean = values.sum() / 8_000
    assert found["peaks"] == [["c", "100", "500", "peak1", str(min(round(8000 / mean), 1000))]]
    assert found["unmeasured"] == [["c", "5000", "7000"], ["other", "0", "50"]]


def test_troughs_are_where_something_was_measured(tmp_path: Path) -> None:
    values: Any = np.full(10_000, 10.0)
    values[1000:1200], values[1300:1400], values[3000:3200] = 0.0, 1.0, 2.0
    values[5000:7000] = 0
    mean = values.sum() / 8_000
    found = written(tmp_path, {"c": values}, "--below", "0.3", "--gap", "0")["peaks"]
    assert [row[1:3] for row in found] == [["1000", "1200"], ["3000", "3200"]]
    assert [row[4] for row in found] == ["1000", str(round(1000 - 2000 / mean))]


def test_a_signal_of_another_genome_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, {"c": np.ones(500)})
    (tmp_path / "b.fa").write_text(">chr1\nACGT\n")
    with pytest.raises(SystemExit):
        signal_peaks.main([str(tmp_path / part) for part in ("signal.bw", "b.fa", "never")])
    assert f"has no contig of {tmp_path / 'b.fa'}: c" in capsys.readouterr().err
    assert not (tmp_path / "never").exists()


def test_gc_is_that_of_the_known_bases_around() -> None:
    codes = encode(b"ACGTNGGGAA")
    found = peak_table.gc_around(codes, 4)
    plain = [
        sum(code in b"CG" for code in near) / sum(code in b"ACGT" for code in near)
        for near in (b"ACGTNGGGAA"[max(at - 2, 0) : at + 3] for at in range(10))
    ]
    assert found == pytest.approx(plain)


def test_figures_of_a_run_are_those_of_its_tables(tmp_path: Path) -> None:
    folder = tmp_path / "evaluation/peaks"
    folder.mkdir(parents=True)
    (folder / "classes.tsv").write_text(
        "genome\tcontig\tclass\tprevalence\tauprc\tbest_f1\n"
        "g\t*\tpeak\t0.1\t0.4\t0.5\ng\tc\tpeak\t0.2\t0.3\t0.1\n"
    )
    (folder / "baselines.tsv").write_text(
        "name\tclass\tprevalence\tauprc\tbest_f1\nkmers\tpeak\t0.1\t0.2\t0.3\nother\t.\t.\t.\t.\n"
    )
    rows = peak_table.of_run(tmp_path)
    assert {name: row.get("lift") for name, row in rows.items()} == {
        "peaks": 4.0, "kmers": 2.0, "other": None,
    }  # fmt: skip
