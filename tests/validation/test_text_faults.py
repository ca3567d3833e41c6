"""One fault in a text that was right is found, and nothing else; right files pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from right_files import BED12, BEDGRAPH, GFF3, GTF, NARROW_PEAK, TABLE, TEXTS

from genoseq.readers import line_blocks

from right_files import checks, found, genome, indexed  # isort: skip

FAULTS = [
    # bedGraph: the text before, after; the check; words of the finding
    ("a.bedgraph", BEDGRAPH, "950\t3000", "899\t3000", "overlaps", "ends at 900"),
    ("a.bedgraph", BEDGRAPH, "a\t0\t1\t", "a\t2\t3\t", "sorted", "start 1 comes after start 2"),
    ("a.bedgraph", BEDGRAPH, "\t1\n", "\t1\na\t2\t3\t1\n", "sorted", "comes again after another"),
    ("a.bedgraph", BEDGRAPH, "950\t3000", "950\t3001", "bounds", "past the contig's last base"),
    ("a.bedgraph", BEDGRAPH, "b.1|x", "chrb", "names", "contig 'chrb' is not in the FASTA"),
    ("a.bedgraph", BEDGRAPH, "-7e3", "nan", "values", "the value is nan"),
    ("a.bedgraph", BEDGRAPH, "-7e3", "inf", "values", "infinite or too large"),
    ("a.bedgraph", BEDGRAPH, "0.25", "x", "values", "'x' is not a number"),
    ("a.bedgraph", BEDGRAPH, "a\t0\t1", "a\t0\t0", "columns", "start 0 is not before end 0"),
    ("a.bedgraph", BEDGRAPH, "a\t0\t1\t0.25", "a\t0\t1", "columns", "3 columns"),
    ("a.bedgraph", BEDGRAPH, "a\t0\t1", "a\t-1\t1", "columns", "not whole numbers"),
    # BED
    ("a.bed", BED12, "\t1\t1\t0\n", "\n", "columns", "9 columns, but the first record has 12"),
    ("a.bed", BED12, "899\t900\tlast", "900\t899\tlast", "columns", "start 900 is after end 899"),
    ("a.bed", BED12, "\tlast\t12", "\tlast\t-12", "score", "'-12' is no whole number"),
    ("a.bed", BED12, "\t1000\t+", "\t1001\t+", "score", "'1001' is no whole number from 0 to 1000"),
    ("a.bed", BED12, "\t1000\t+", "\t-1\t+", "score", "'-1' is no whole number"),
    ("a.bed", BED12, "\t+\t", "\tplus\t", "columns", "strand, column 6: 'plus'"),
    ("a.bed", BED12, "\t10\t2990\t", "\t10\t3001\t", "thick", "10-3001 is not within 0-3000"),
    ("a.bed", BED12, "0,114,178", "0,114,256", "colours", "'0,114,256' is not 0, or red"),
    ("a.bed", BED12, "\t3\t100", "\t2\t100", "blocks", "2 blocks announced, but 3 sizes"),
    ("a.bed", BED12, ",50,\t", ",49,\t", "blocks", "blocks span 0-2999, not 0-3000"),
    ("a.bed", BED12, "100,200", "301,200", "blocks", "blocks overlap or are out of order"),
    ("a.bed", BED12, "100,200", "100,0", "blocks", "a block without a base"),
    ("a.narrowPeak", NARROW_PEAK, "400\t700", "400\t7000", "bounds", "past the contig's last"),
    # GFF3
    ("a.gff3", GFF3, "a\tx\tgene\t101", "a\tx\tgene\t0", "columns", "bases are counted from 1"),
    ("a.gff3", GFF3, "2001\t2060\t", "2060\t2001\t", "columns", "start is not after end"),
    ("a.gff3", GFF3, "gene\t101\t1000", "gene\t101\t3001", "bounds", "past the contig's last"),
    ("a.gff3", GFF3, "gene\t850\t950", "gene\t850\t1800", "bounds", "past the contig's last"),
    ("a.gff3", GFF3, "\t0\tID=cds1", "\t.\tID=cds1", "phases", "a CDS without a phase"),
    ("a.gff3", GFF3, "\t1\tID=cds1", "\t2\tID=cds1", "phases", "phase 2 of a CDS of 'rna1'"),
    ("a.gff3", GFF3, "\t1\tID=cds2", "\t0\tID=cds2", "phases", "phase 0 of a CDS of 'gene2'"),
    ("a.gff3", GFF3, "\t1\tID=cds1", "\t3\tID=cds1", "phases", "'3' is not 0, 1, 2"),
    ("a.gff3", GFF3, "ID=rna1;Parent=gene1", "ID=rna1;Parent=gene9", "parents", "'gene9' is not"),
    ("a.gff3", GFF3, "ID=gene3", "ID=gene1", "ids", "ID 'gene1' is also that of line 5"),
    ("a.gff3", GFF3, "ID=cds2", "ID=cds1", "strands", "on the other strand"),
    ("a.gff3", GFF3, "mRNA\t101\t1000\t1e-5\t+", "mRNA\t101\t1000\t.\t-", "strands", "gene1"),
    ("a.gff3", GFF3, "ID=gene1\n", "ID=gene1;Parent=rna1\n", "parents", "its own parent or anc"),
    ("a.gff3", GFF3, "a\tx\tCDS\t151", "c\tx\tCDS\t151", "parents", "is on a"),
    ("a.gff3", GFF3, "region a 1 3000", "region a 1 2900", "lengths", "has 2900 bp here and 3000"),
    ("a.gff3", GFF3, "region a 1 3000", "region a 150 3000", "bounds", "outside its ##sequence"),
    ("a.gff3", GFF3, "\t1e-5\t", "\tnan\t", "score", "'nan' is no finite number"),
    ("a.gff3", GFF3, ">c\nT", ">c\nC", "lengths", "has other letters of c than the genome"),
    ("a.gff3", GFF3, ">c\n", ">c\nACG", "lengths", "has 63 letters of c, the genome has 60"),
    ("a.gff3", GFF3, "\t.\tID=gene2", "\tID=gene2", "columns", "8 columns separated by tabs"),
    ("a.gff3", GFF3, "2001\t2060\t.\t-", "2001\t2060\t.\tminus", "columns", "'minus' is not +"),
    ("a.gff3", GFF3, "gene\t101\t1000", f"gene\t101\t{'9' * 5000}", "columns", "not a whole"),
    ("a.gff3", GFF3, "region a 1 3000", "region a 1 " + "9" * 5000, "pragma", "wants seqid"),
    ("a.bed", BED12, "0\t3000\tone\t1000", f"0\t{'9' * 20}\tone\t1000", "columns", "not a whole"),
    ("a.bed", BED12, "\t1000\t+", f"\t{'9' * 5000}\t+", "score", "is no whole number"),
    ("a.gtf", GTF, "\t1\tgene_id", "\t0\tgene_id", "phases", "phase 0 of a CDS of 'g.1'"),
    # tables
    ("a.tsv", TABLE, "0.5\tnan", "0.5", "columns", "4 columns, but the header names 5"),
    ("a.tsv", TABLE, "2999\t3000", "0\t1", "overlaps", "ends at 1"),
    ("a.tsv", TABLE, "0.5\tnan", "nan\tnan", "values", "a line without a value"),
    ("a.tsv", TABLE, "0.5\tnan", "-inf\tnan", "values", "a value is infinite"),
    ("a.tsv", TABLE, "CDS.minus", "CDS.plus", "columns", "two columns have one name"),
    ("a.tsv", TABLE, "2999\t3000", "3000\t3000", "columns", "no interval with a base"),
]  # fmt: skip


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_right_texts_have_no_error(tmp_path: Path, name: str) -> None:
    genome(tmp_path)
    (tmp_path / name).write_text(TEXTS[name])
    findings = found(tmp_path, name)
    assert checks(findings) == set()
    assert checks(findings, "warning") == ({"score"} if name.endswith("Peak") else set())


@pytest.mark.parametrize(("name", "text", "right", "wrong", "check", "said"), FAULTS)
def test_planted_fault_is_found(
    tmp_path: Path, name: str, text: str, right: str, wrong: str, check: str, said: str
) -> None:
    genome(tmp_path)
    assert right in text
    (tmp_path / name).write_text(text.replace(right, wrong, 1))
    errors = [finding for finding in found(tmp_path, name) if finding.level == "error"]
    assert {error.check for error in errors} >= {check}, errors
    assert any(said in str(error) for error in errors), errors


def test_planted_faults_are_more_than_enough() -> None:
    assert len({(name, right, wrong) for name, _, right, wrong, _, _ in FAULTS}) >= 25


@pytest.mark.parametrize("csi", [False, True])
def test_an_index_asks_for_order_and_fits(tmp_path: Path, csi: bool) -> None:
    genome(tmp_path)
    end = "csi" if csi else "tbi"
    rows = [f"a\t{at}\t{at + 5}\tx\n" for at in range(0, 3_000, 10)]
    indexed(tmp_path / "a.bed.gz", "".join(rows), csi=csi)
    assert found(tmp_path, "a.bed.gz", f"a.bed.gz.{end}") == []
    indexed(tmp_path / "b.bed.gz", "".join(rows[:-1]), csi=csi)
    (tmp_path / f"b.bed.gz.{end}").replace(tmp_path / f"a.bed.gz.{end}")
    (stale,) = found(tmp_path, f"a.bed.gz.{end}")
    assert (stale.check, stale.level) == ("fits", "error")
    assert "299 lines of a, the file has 300" in stale.what
    (unsorted,) = found(tmp_path, *_written(tmp_path, "u.bed", "a\t9\t10\na\t1\t2\n"))
    assert (unsorted.check, unsorted.level) == ("sorted", "warning")
    indexed(tmp_path / "u.bed.gz", "a\t9\t10\n", csi=csi)
    with_index = _bgzip(tmp_path / "u.bed.gz", "a\t9\t10\na\t1\t2\n")
    assert checks(found(tmp_path, with_index, f"u.bed.gz.{end}")) == {"sorted", "fits"}


def _written(folder: Path, name: str, text: str) -> list[str]:
    (folder / name).write_text(text)
    return [name]


def _bgzip(path: Path, text: str) -> str:
    import pysam

    with pysam.BGZFile(str(path), "wb") as out:
        out.write(text.encode())
    return path.name


@pytest.mark.parametrize(
    ("wrong", "check"),
    [
        ("a\t2000\t2001\tnan\n", "values"),
        ("a\t1999\t2000\t1\n", "overlaps"),
        ("a\t2000\t2002\t1\n", "overlaps"),
        ("a\t2000\t2000\t1\n", "columns"),
        ("a\t2000\t9000\t1\n", "bounds"),
        ("b.1|x\t20\t21\t1\n", "sorted"),
        ("a\t100\t101\t1\n", "sorted"),
    ],
)
def test_a_fault_among_many_lines_is_found_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str, check: str
) -> None:
    """Of long files whole blocks are passed over at once, but not those with a fault."""
    monkeypatch.setattr(line_blocks, "_CHUNK", 1 << 11)
    text = "# a comment\n"
    for at in range(3_000):
        text += wrong if at == 2_000 else f"a\t{at}\t{at + 1}\t{at / 8}\n"
        text += "# a comment between two blocks\n" if at % 500 == 1 else ""
    genome(tmp_path)
    (tmp_path / "a.bedgraph").write_text(text)
    first = next(each for each in found(tmp_path, "a.bedgraph") if each.check == check)
    assert first.level == "error"
    assert first.line in (2_006, 2_007)  # an overlap is told at the second of the two


@pytest.mark.parametrize(
    ("name", "text", "is_said"),
    [
        ("x.gff3", BED12, "BED by its content, GFF3 by its name"),
        ("x.bedgraph", GFF3, "GFF3 by its content, bedGraph by its name"),
        ("x.bw", BED12, "BED by its content, bigWig by its name"),
        ("x.gbk", GFF3, "GFF3 by its content, GenBank by its name"),
    ],
)
def test_a_file_of_another_kind_than_its_name_says_is_told_and_checked(
    tmp_path: Path, name: str, text: str, is_said: str
) -> None:
    genome(tmp_path)
    (named,) = found(tmp_path, *_written(tmp_path, name, text))
    assert (named.check, named.level) == ("format", "error")
    assert is_said in named.what
    assert (
        found(tmp_path, *_written(tmp_path, "head.bed", "#chrom\tstart\tend\tname\n" + BED12)) == []
    )
