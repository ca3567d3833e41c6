"""The ninth column of GFF3, GTF and GFF2."""

from __future__ import annotations

import pytest

from genoseq.readers.attributes import gff3_attributes, gtf_attributes


@pytest.mark.parametrize(
    ("text", "ends", "marks"),
    [
        ("ID=a", (False, False), set()),
        ("ID=a;partial=true", (False, False), {"partial"}),
        ("partial=true;start_range=.,12", (True, False), {"partial"}),
        ("partial=true;end_range=12,.", (False, True), {"partial"}),
        ("start_range=1,12;end_range=9,20", (False, False), set()),  # fuzzy, not open
        ("ID=1_1;partial=10;start_type=Edge", (True, False), set()),  # Prodigal
        ("ID=1_1;partial=00", (False, False), set()),
        ("ID=1_1;partial=11", (True, True), set()),
        ("ID=a;exception=ribosomal slippage", (False, False), {"slippage"}),
        ("ID=a;exception=trans-splicing;part=2", (False, False), {"trans-spliced"}),
        ("ID=a;pseudo=true", (False, False), {"pseudo"}),
        ("ID=a;pseudo=false", (False, False), set()),
        ("ID=a;pseudogene=unknown", (False, False), {"pseudo"}),
        ("ID=a;gene_biotype=transcribed_pseudogene", (False, False), {"pseudo"}),
        ("ID=a;biotype=protein_coding", (False, False), set()),
    ],
)
def test_gff3_attributes_say_what_is_cut_off_or_dead(
    text: str, ends: tuple[bool, bool], marks: set[str]
) -> None:
    said = gff3_attributes(text, "CDS")
    assert (said.open, set(said.marks)) == (ends, marks)
    assert not said.by_strand


def test_gff3_attributes_take_types_and_parts() -> None:
    assert "pseudo" in gff3_attributes("ID=a", "pseudogenic_transcript").marks
    assert gff3_attributes("part=2/3", "CDS").number == 2
    assert gff3_attributes("ID=a%2Cb;Parent=x%2C,y;Is_circular=true", "region")[:2] == (
        "a,b",
        ("x,", "y"),
    )
    assert gff3_attributes("Is_circular=true", "region").circular


@pytest.mark.parametrize(
    ("text", "parents", "number"),
    [
        ('gene_id "g"; transcript_id "t"; exon_number "2";', ("t",), 2),
        ("gene_id g; transcript_id t; exon_number 3", ("t",), 3),
        ('gene_id "g"; transcript_id "";', ("g",), None),
        ('name "fgenesh1_pg.1"; proteinId 12; exonNumber 1', ("fgenesh1_pg.1",), 1),  # JGI
        ('name "fgenesh1_pg.1"; transcriptId 12', ("fgenesh1_pg.1",), None),
        ("touch1", (), None),
    ],
)
def test_gtf_attributes_say_what_belongs_together(
    text: str, parents: tuple[str, ...], number: int | None
) -> None:
    said = gtf_attributes(text, "CDS")
    assert (said.id, said.parents, said.exon_number) == (None, parents, number)


def test_gtf_attributes_of_a_transcript_and_its_tags() -> None:
    text = 'gene_id "g"; transcript_id "t"; tag "basic"; tag "cds_start_NF"; pseudo "true";'
    assert gtf_attributes(text, "transcript")[:2] == ("t", ("g",))
    assert gtf_attributes(text, "gene")[:2] == ("g", ())
    said = gtf_attributes(text, "CDS")
    assert (said.open, said.by_strand, said.marks) == ((True, False), True, {"pseudo"})


def test_attributes_that_are_asked_for_are_kept() -> None:
    keep = ("locus_tag", "inference", "absent")
    gff3 = gff3_attributes(
        "ID=a;locus_tag=b1;inference=ab%20initio:X,similar to Y;Note=z", "CDS", keep
    )
    assert gff3.kept == (("locus_tag", "b1"), ("inference", "ab initio:X,similar to Y"))
    text = 'gene_id "g"; locus_tag "b1"; inference "one"; inference "two";'
    assert gtf_attributes(text, "CDS", keep).kept == (("locus_tag", "b1"), ("inference", "one,two"))
    assert gff3_attributes("ID=a;locus_tag=b1", "CDS").kept == ()
