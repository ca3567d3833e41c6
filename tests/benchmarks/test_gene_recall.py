"""benchmarks/gene_recall.py: where the row of genes is cut, and what is in it."""

from __future__ import annotations

import gzip
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
try:
    gene_recall: Any = import_module("gene_recall")
finally:
    sys.path.remove(str(BENCHMARKS))

STARTS = """\
contig\tstart\tend\tstrand\tstart_type\tconf\tstart_conf\tmotif_log_odds\tcalled
c\t0\t300\t+\tATG\t0.900\t0.700\t1.00\tyes
c\t30\t300\t+\tGTG\t0.900\t0.200\t1.00\tno
c\t100\t400\t+\tATG\t0.800\t0.900\t1.00\tno
c\t390\t690\t-\tATG\t0.950\t0.900\t1.00\tyes
c\t700\t1000\t+\tATG\t0.100\t0.300\t1.00\tno
c\t730\t1000\t+\tATG\t0.100\t0.600\t1.00\tno
c\t1000\t1300\t+\tATG\t0.050\t0.600\t1.00\tno
"""


def gff(*genes: tuple[int, int, str]) -> str:
    return "".join(
        f"c\tx\tCDS\t{start + 1}\t{end}\t.\t{strand}\t0\tID=g{start}\n"
        for start, end, strand in genes
    )


def test_row_has_called_genes_first_and_then_what_fits_beside_them(tmp_path: Path) -> None:
    table = tmp_path / "starts.tsv"
    table.write_text(STARTS)
    frames = gene_recall.frames_of(table)
    # That of 100 to 400 overlaps a called gene by 200 bp; of two starts the likelier one stands.
    assert [(one.start, one.end, one.called) for one in frames] == [
        (390, 690, True),
        (0, 300, True),
        (730, 1000, False),
        (1000, 1300, False),
    ]


def test_row_is_cut_at_the_precision_of_the_peer(tmp_path: Path) -> None:
    (tmp_path / "starts.tsv").write_text(STARTS)
    with gzip.open(tmp_path / "x.gff3.gz", "wt") as file:
        file.write(gff((0, 300, "+"), (390, 690, "-"), (730, 1000, "+"), (2000, 2600, "+")))
    peer = tmp_path / "x.prodigal.gff3"

    class Scorer:
        @staticmethod
        def gff_cds(path: str) -> list[tuple[int, int, str]]:
            with gzip.open(path, "rt") if path.endswith(".gz") else Path(path).open() as file:
                rows = [text.split("\t") for text in file]
            return [(int(row[3]) - 1, int(row[4]), row[6]) for row in rows]

        @staticmethod
        def stops(genes: list[tuple[int, int, str]]) -> dict[Any, tuple[int, int]]:
            return {("c", s, b if s == "+" else a): (a, b) for a, b, s in genes}

    def row(*genes: tuple[int, int, str]) -> dict[str, list[float]]:
        peer.write_text(gff(*genes))
        found: dict[str, list[float]] = gene_recall.compared(
            Scorer, tmp_path, "x", tmp_path / "starts.tsv", peer
        )
        return found

    right, wrong = [(0, 300, "+"), (390, 690, "-")], [(5000, 5300, "+"), (6000, 6300, "+")]
    exact = row(*right)
    assert exact["all"] == pytest.approx([0.5, 1.0, 0.5, 1.0, 0.75, 1.0, 0.1])
    assert exact["short"] == pytest.approx([2 / 3, 1.0, 2 / 3, 1.0, 1.0, 1.0, 0.1])
    loose = row(*right, *wrong)
    assert loose["all"] == pytest.approx([0.5, 0.5, 0.5, 1.0, 0.75, 0.75, 0.05])


def test_what_touches_the_mask_counts_for_nothing() -> None:
    truth = gene_recall.Truth(frozenset(), frozenset(), 300, {"c": [(250, 260)]})
    genes = [(("c", "+", 300), 0, 300), (("c", "+", 700), 400, 700), (("c", "+", 2000), 1000, 2000)]
    assert [truth.counts(*gene) for gene in genes] == [False, True, False]
    found, right = gene_recall.judged(truth, genes)
    assert np.array_equal(found, [0, 0, 0])
    assert np.array_equal(right, [0, 0, 0])


def test_losses_are_bases_by_cause_of_which_masked_ones_count_for_nothing() -> None:
    known = {
        ("c", "+", 300): (0, 300),
        ("c", "+", 900): (300, 900),
        ("c", "-", 1000): (1000, 1600),
        ("c", "+", 5000): (4000, 5000),
    }
    peer = {
        ("c", "+", 300): (0, 300),
        ("c", "+", 900): (300, 900),
        ("c", "-", 1000): (1000, 1570),
        ("c", "+", 9000): (8000, 9000),
    }
    own = {
        ("c", "+", 900): (330, 900),
        ("c", "-", 1000): (1000, 1600),
        ("c", "+", 5000): (4000, 5000),
        ("c", "+", 7000): (6850, 7000),
    }
    mask = {"c": [(200, 310), (8100, 9500)]}
    assert gene_recall.losses(known, peer, own, mask) == {
        "missed": (1, 1, 200, 1, 0, 1000),
        "too many": (1, 1, 150, 1, 0, 100),
        "starts": (1, 0, 20, 1, 0, 30),
    }
