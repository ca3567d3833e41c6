"""Which contig was meant, in messages."""

from __future__ import annotations

import pytest

from genoseq.genome.contig_names import contigs_there


@pytest.mark.parametrize(
    ("odd", "names", "meant"),
    [
        ("chrXI", ["I", "X", "XI"], "XI"),
        ("XI", ["chrX", "chrXI"], "chrXI"),
        ("chrmt", ["I", "chrM"], "chrM"),
        ("NC_000913", ["NC_000913.3", "NC_002695.2"], "NC_000913.3"),
        ("NC_000913.2", ["NC_000913.3"], "NC_000913.3"),
        ("SCAFFOLD_1", ["scaffold_1", "scaffold_2"], "scaffold_1"),
        ("scafold_2", ["scaffold_1", "scaffold_2"], "scaffold_2"),
        ("chr3", ["chr1", "chr2"], None),
        ("chr1", ["1", "chr_1"], None),
        ("chr", ["I", "II"], None),
        ("z", ["a", "b"], None),
    ],
)
def test_contigs_there_names_what_was_meant(odd: str, names: list[str], meant: str | None) -> None:
    told = ", ".join(sorted(names))
    expected = told if meant is None else f"{told} (did you mean {meant} for {odd}?)"
    assert contigs_there(names, [odd]) == expected


def test_contigs_there_of_many_are_a_dozen() -> None:
    names = [f"contig{number}" for number in range(100_000)]
    said = contigs_there(names, ["a", "chrcontig99999"])
    assert said.startswith("contig0, contig1, contig10, ")
    assert said.endswith(" and 99,988 more (did you mean contig99999 for chrcontig99999?)")
