"""Pairs of a table, and of two FASTA files."""

from __future__ import annotations

from pathlib import Path

import pytest

from genoseq.errors import InputFormatError
from genoseq.genome.sequences import decode
from genoseq.readers.pairs import Pair, read_pair_table, read_paired_records


def told(pairs: list[Pair]) -> list[tuple[str, str, str | None, int]]:
    return [(decode(p.source).decode(), p.target.decode(), p.split, p.line) for p in pairs]


def test_read_pair_table_takes_two_columns_or_names_them(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("# made by hand\nacg\tmk\n\nAC\tm\n")
    assert told(list(read_pair_table(path))) == [("ACG", "MK", None, 2), ("AC", "M", None, 4)]
    path.write_text("id\tSplit\tTarget\tsource\nx\ttest\tMK\tACG\ny\t\tM\tAC\n")
    assert told(list(read_pair_table(path))) == [("ACG", "MK", "test", 2), ("AC", "M", None, 3)]
    path.write_text("ACG\tMK\ttrain\n")
    assert told(list(read_pair_table(path))) == [("ACG", "MK", "train", 1)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ACG\n", "1: 1 columns: a source, a tab and its target are wanted"),
        ("ACG\tM\nAC\n", "2: 1 columns where others have more"),
        ("ACG\tM\n\tM\n", "2: a pair without a source or without a target"),
        ("AC-G\tM\n", "1: source: '-' at base 3 is not a nucleotide"),
    ],
)
def test_read_pair_table_names_line_and_fault(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text(text)
    with pytest.raises(InputFormatError, match=said):
        list(read_pair_table(path))


def test_read_paired_records_by_name(tmp_path: Path) -> None:
    sources, targets = tmp_path / "s.fa", tmp_path / "t.fa"
    sources.write_text(">a\nACG\n>b\nAC\n")
    targets.write_text(">b\nM\n>a\nMK\n")
    found = told(list(read_paired_records(sources, targets)))
    assert found == [("ACG", "MK", None, 1), ("AC", "M", None, 3)]
    targets.write_text(">b\nM\n>a\nMK\n>c\nM\n")
    with pytest.raises(InputFormatError, match=r"t\.fa: no source of these names in .*s\.fa: c"):
        list(read_paired_records(sources, targets))
    targets.write_text(">b\nM\n")
    with pytest.raises(InputFormatError, match=r"s\.fa:1: 'a' has no target of that name"):
        list(read_paired_records(sources, targets))
    targets.write_text(">b\nM\n>b\nM\n")
    with pytest.raises(InputFormatError, match=r"t\.fa:3: 'b' comes twice"):
        list(read_paired_records(sources, targets))
