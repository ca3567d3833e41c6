"""Transcripts as bigGenePred: blocks, frames and status, on both strands, around circles."""

from __future__ import annotations

from pathlib import Path

from genoseq.readers.annotation import read_annotation
from genoseq.writers.bigbed import BigBedRow
from genoseq.writers.gene_predictions import ATTRIBUTES, gene_predictions, gene_row

SPLICED = """\
##gff-version 3
c\tx\tmRNA\t101\t400\t.\tSTRAND\t.\tID=rna1
c\tx\texon\t101\t200\t.\tSTRAND\t.\tParent=rna1
c\tx\texon\t251\t300\t.\tSTRAND\t.\tParent=rna1
c\tx\texon\t351\t400\t.\tSTRAND\t.\tParent=rna1
c\tx\tCDS\t151\t200\t.\tSTRAND\tFIRST\tID=cds1;Parent=rna1;gene=abcD;conf=0.25
c\tx\tCDS\t251\t290\t.\tSTRAND\tSECOND\tID=cds1;Parent=rna1;gene=abcD;conf=0.25
"""
CIRCLE = """\
##gff-version 3
##sequence-region c 1 1000
c\tx\tregion\t1\t1000\t.\t+\t.\tID=region-c;Is_circular=true
c\tx\tCDS\t901\t1000\t.\t+\t0\tID=cds1
c\tx\tCDS\t1\t50\t.\t+\t2\tID=cds1
"""
SLIP = """\
##gff-version 3
c\tx\tCDS\t101\t200\t.\t+\t0\tID=cds1;exception=ribosomal slippage
c\tx\tCDS\t200\t304\t.\t+\t0\tID=cds1;exception=ribosomal slippage
c\tx\ttRNA\t401\t470\t.\t-\t.\tID=rna2
c\tx\texon\t401\t470\t.\t-\t.\tParent=rna2
"""
COLUMNS = (
    "name", "score", "strand", "thickStart", "thickEnd", "rgb", "blockCount", "sizes", "starts",
    "name2", "low", "high", "frames", "type", "geneName", "geneName2", "geneType",
)  # fmt: skip


def rows_of(tmp_path: Path, text: str) -> list[tuple[BigBedRow, dict[str, str]]]:
    (tmp_path / "a.gff3").write_text(text)
    annotation = read_annotation(tmp_path / "a.gff3", attributes=ATTRIBUTES)
    rows = [gene_row(gene) for gene in gene_predictions(annotation)]
    return [(row, dict(zip(COLUMNS, row.rest.split("\t"), strict=True))) for row in rows]


def spliced(strand: str, first: int, second: int) -> str:
    text = SPLICED.replace("STRAND", strand)
    return text.replace("FIRST", str(first)).replace("SECOND", str(second))


def test_gene_predictions_have_exons_as_blocks_and_the_cds_thick(tmp_path: Path) -> None:
    ((row, said),) = rows_of(tmp_path, spliced("+", 0, 1))
    assert row[:3] == ("c", 100, 400)
    assert (said["thickStart"], said["thickEnd"]) == ("150", "290")
    assert (said["blockCount"], said["sizes"], said["starts"]) == ("3", "100,50,50,", "0,150,250,")
    # 50 bp in the first exon: two bases of the 17th codon come before the second.
    assert said["frames"] == "0,2,-1,"
    assert (said["name"], said["name2"], said["score"]) == ("cds1", "abcD", "250")
    assert said["rgb"] == "0,114,178"


def test_gene_predictions_count_frames_from_the_5prime_end(tmp_path: Path) -> None:
    ((_, said),) = rows_of(tmp_path, spliced("-", 2, 0))
    # 40 bp from 290 down to 250: one base of a codon comes before the part at 200.
    assert said["frames"] == "1,0,-1,"
    assert said["rgb"] == "213,94,0"


def test_gene_predictions_say_at_which_end_a_cds_is_cut_off(tmp_path: Path) -> None:
    for strand, expected in (("+", ("incmpl", "cmpl")), ("-", ("cmpl", "incmpl"))):
        text = f"c\tx\tCDS\t1\t91\t.\t{strand}\t1\tID=a\n"
        ((_, said),) = rows_of(tmp_path, "##gff-version 3\n" + text)
        assert (said["low"], said["high"]) == expected
        assert said["frames"] == "2,"


def test_gene_predictions_across_an_origin_are_two(tmp_path: Path) -> None:
    found = rows_of(tmp_path, CIRCLE)
    assert [row[:3] for row, _ in found] == [("c", 900, 1000), ("c", 0, 50)]
    assert [said["frames"] for _, said in found] == ["0,", "1,"]
    assert [said["thickStart"] for _, said in found] == ["900", "0"]


def test_gene_predictions_share_no_base_between_blocks(tmp_path: Path) -> None:
    (slip, said), (_, rna) = rows_of(tmp_path, SLIP)
    assert slip[:3] == ("c", 100, 304)
    assert (said["sizes"], said["starts"]) == ("100,104,", "0,100,")
    # The base that is read twice is in the first block, so that the second begins one base later.
    assert said["frames"] == "0,1,"
    about = [rna[key] for key in ("type", "frames", "low", "high")]
    assert about == ["noncoding", "-1,", "none", "none"]
    assert (rna["thickStart"], rna["thickEnd"], rna["score"]) == ("400", "400", "1000")


def test_gene_predictions_are_named_by_their_gene(tmp_path: Path) -> None:
    text = "c\tx\tgene\t101\t400\t.\t+\t.\tID=g1;Name=NAME;locus_tag=b1\n"
    text += spliced("+", 0, 1).replace("##gff-version 3\n", "").replace("gene=abcD;", "")
    text = text.replace("ID=rna1", "ID=rna1;Parent=g1;Name=NM_1")
    for name, expected in (("thrA", "thrA"), ("", "b1")):
        named = text.replace("Name=NAME", f"Name={name}" if name else "x=y")
        ((_, said),) = rows_of(tmp_path, "##gff-version 3\n" + named)
        assert (said["name"], said["name2"], said["geneName2"]) == ("cds1", expected, expected)
