"""What the report reads of scored variants: the largest effects, and reasons."""

from __future__ import annotations

from pathlib import Path

import pytest
from scored_vcf import HEAD, scored, write_scored

from genoseq.errors import InputFormatError
from genoseq.report.results import read_results
from genoseq.report.variant_rows import OF_A_REASON, VariantFile, read_variants
from genoseq.report.variant_table import variant_section

ODD = "c\t9\trs<1>\tAC\t<DEL>,G,C\t.\t.\tX=1;GS_REASON=SYMBOLIC,.,.;GS_MAX=.,0.25,0.5;"
ODD += "GS_CDS_plus_GAIN=.,0.25,0;GS_CDS_plus_GAIN_DP=.,0,.;GS_CDS_plus_LOSS=.,0,0.125;"
ODD += "GS_CDS_plus_LOSS_DP=.,.,-3;GS_a_b_LOSS=.,0,0.5;GS_a_b_LOSS_DP=.,.,1;"
ODD += "GS_GENE=tho%2CA|+,b\xff|-"


def file_of(folder: Path) -> VariantFile:
    (found,) = read_results([folder]).variants
    return found


def test_alleles_are_told_apart(tmp_path: Path) -> None:
    (found,) = read_variants([file_of(write_scored(tmp_path, [ODD]))])
    assert (found.records, found.alleles, found.scored) == (1, 3, 2)
    assert found.reasons == {"SYMBOLIC": 1}
    first, second, third = found.shown
    assert (first.alt, first.channel, first.change, first.amount, first.offset) == (
        "C", "a <b>", "loss", 0.5, 1,
    )  # fmt: skip
    assert (second.alt, second.channel, second.change, second.amount, second.offset) == (
        "G", "CDS.plus", "gain", 0.25, 0,
    )  # fmt: skip
    assert (third.alt, third.reason, third.amount) == ("<DEL>", "SYMBOLIC", None)
    assert {(one.chrom, one.start, one.end, one.ref) for one in found.shown} == {("c", 8, 10, "AC")}
    assert first.genes == "tho,A, b\\xff"
    assert (first.genome, first.model, first.name) == ("made", "tiny", "rs<1>")


def test_the_largest_effects_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    amounts = [0.1, 0.9, 0.3, 0.9, 0.2, 0.7, 0.05]
    lines = [scored("c", 10 * n, amount) for n, amount in enumerate(amounts, 1)]
    lines += [f"c\t{n}\t.\tN\t.\t.\t.\tGS_REASON=NO_ALT" for n in range(OF_A_REASON + 5)]
    (found,) = read_variants([file_of(write_scored(tmp_path, lines))], most=3)
    assert [one.amount for one in found.shown[:6]] == [0.9, 0.9, 0.7, 0.3, 0.2, None]
    assert [one.start for one in found.shown[:2]] == [19, 39]  # the first of equal ones
    assert len(found.shown) == 5 + OF_A_REASON
    assert found.reasons == {"NO_ALT": OF_A_REASON + 5}
    section = variant_section([found], tmp_path)
    assert section is not None
    assert section.said.startswith(
        "The 5 largest effects of 7 alleles with a score; of 25 without one 20, at most 20 of each"
    )
    assert section.counts.rows == [["made", "tiny", 32, 32, 7, "NO_ALT 25"]]
    assert section.files == [("made by tiny", "variants/made/tiny/variants.vcf.gz")]
    assert [choices for _, name, choices in section.choices if name == "reason"] == [["NO_ALT"]]


def test_files_share_the_page(tmp_path: Path) -> None:
    folders = [
        write_scored(tmp_path, [scored("c", n, n / 100, "T" * 40) for n in range(1, 30)], "g", name)
        for name in ("one", "two")
    ]
    found = read_variants(read_results(folders).variants, most=20)
    assert [len(each.shown) for each in found] == [10, 10]
    section = variant_section(found, tmp_path)
    assert section is not None
    assert [row.of.amount for row in section.rows[:4]] == [0.29, 0.29, 0.28, 0.28]
    assert section.rows[0].alt == "TTTTTTTT… (40)"
    assert len(section.data().rows[0]) == len(section.data().columns)
    assert variant_section([], tmp_path) is None


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("c\t1\t.\tA\tT\t.\t.\t.", "record 1 has neither a score nor a reason"),
        ("c\t1\t.\tA\tT,G\t.\t.\tGS_MAX=0.5", "record 1 has neither a score nor a reason"),
        ("c\t1\t.\tA\tT\t.\t.\tGS_MAX=nan", "record 1 has neither a score nor a reason"),
        ("c\t1\t.\tA\tT\t.\t.", "7 columns"),
    ],
)
def test_files_that_are_damaged_are_refused(tmp_path: Path, line: str, problem: str) -> None:
    with pytest.raises(InputFormatError, match=problem):
        read_variants([file_of(write_scored(tmp_path, [line]))])


def test_files_that_were_not_scored_are_refused(tmp_path: Path) -> None:
    path = write_scored(tmp_path, []) / "variants.vcf.gz"
    path.write_text("\n".join([*HEAD[:-2], HEAD[-1], ""]))
    with pytest.raises(InputFormatError, match="not scored by genoseq variants"):
        read_variants([file_of(path.parent)])


def test_fields_are_those_that_variants_writes() -> None:
    from genoseq.report import variant_rows
    from genoseq.variants import annotate, fields

    assert variant_rows._LARGEST == fields.LARGEST
    assert variant_rows._REASON == fields.REASON
    assert variant_rows._GENE == annotate.GENE
