"""GenBank records: locations, phases, names, and files that cannot be read whole."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from genoseq.errors import InputFormatError
from genoseq.readers.fasta import open_fasta
from genoseq.readers.genbank import GenBank, read_genbank
from genoseq.readers.genome_size import PARSED, GenomeSize, genome_size

RECORD = """LOCUS       AB000001                  60 bp    DNA     circular BCT 01-JAN-2000
DEFINITION  made by hand.
ACCESSION   AB000001
VERSION     AB000001.2
FEATURES             Location/Qualifiers
{features}ORIGIN
        1 acgtacgtac gtacgtacgt acgtacgtac gtacgtacgt acgtacgtac gtacgtnrya
//
"""


def given_record(tmp_path: Path, *features: str, text: str = RECORD) -> GenBank:
    path = tmp_path / "in.gb"
    lines = []
    for feature in features:
        kind, location, *qualifiers = feature.split(" ")
        lines.append(f"     {kind:<16}{location}\n")
        lines += [f"{'':21}/{qualifier}\n" for qualifier in qualifiers]
    path.write_text(text.format(features="".join(lines)))
    return read_genbank(path)


def parts(file: GenBank) -> list[tuple[int, int, str, int | None]]:
    return [(f.start, f.end, f.strand, f.phase) for f in file.features]


def test_read_genbank_reads_sequence_and_features(tmp_path: Path) -> None:
    file = given_record(tmp_path, 'gene 1..9 locus_tag="t1"', 'CDS 1..9 locus_tag="t1"')
    assert file.lengths == {"AB000001.2": 60}
    assert file.sequence("AB000001.2") == (b"ACGT" * 15)[:56] + b"NRYA"
    assert [(f.type, f.id) for f in file.features] == [("gene", "gene-t1"), ("CDS", "CDS-t1")]


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        ("CDS join(1..4,10..20) codon_start=2", [(0, 4, "+", 1), (9, 20, "+", 0)]),
        ("CDS complement(join(1..4,10..20))", [(9, 20, "-", 0), (0, 4, "-", 1)]),
        ("CDS join(complement(10..20),complement(1..4))", [(9, 20, "-", 0), (0, 4, "-", 1)]),
        ("CDS join(complement(10..20),30..40) trans_splicing", [(9, 20, "-", 0), (29, 40, "+", 1)]),
        ("CDS join(55..60,1..3)", [(54, 60, "+", 0), (0, 3, "+", 0)]),
        ("CDS 55..3", [(54, 60, "+", 0), (0, 3, "+", 0)]),
        ("CDS <1..>9 codon_start=3", [(0, 9, "+", 2)]),
        ("CDS order(1..4,10..20)", [(0, 4, "+", 0), (9, 20, "+", None)]),
        ("exon one-of(3,5)..9", [(2, 9, "+", None)]),
        ("site 7^8", [(7, 7, "+", None)]),
    ],
)
def test_read_genbank_places_every_part(tmp_path: Path, feature: str, expected: object) -> None:
    file = given_record(tmp_path, feature)
    assert parts(file) == expected
    assert len({f.id for f in file.features}) == 1


def test_read_genbank_leaves_out_parts_on_other_records(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = given_record(tmp_path, "CDS join(J00194.1:1..6,1..4,complement(10..15),K1.1:3..9)")
    assert [(f.chrom, f.number, f.phase) for f in file.features] == [
        ("AB000001.2", 2, 0),
        ("AB000001.2", 3, 2),
    ]
    assert [(f.open_start, f.open_end) for f in file.features] == [(True, False), (True, False)]
    assert "2 parts of features are left out, which lie on other records (J00194.1, K1.1)" in (
        caplog.text
    )


@pytest.mark.parametrize("mark", ["pseudo", 'pseudogene="unitary"'])
def test_read_genbank_makes_no_cds_of_a_pseudogene(tmp_path: Path, mark: str) -> None:
    (feature,) = given_record(tmp_path, f"CDS 1..9 {mark}").features
    assert (feature.type, feature.phase) == ("pseudogene", None)


def test_read_genbank_makes_no_cds_of_a_pseudogenes_cds(tmp_path: Path) -> None:
    gene = 'gene 1..9 locus_tag="g" pseudo'
    (_, feature) = given_record(tmp_path, gene, 'CDS 1..9 locus_tag="g"').features
    assert feature.type == "pseudogene"


def test_read_genbank_says_which_ends_are_open_and_what_is_a_circle(tmp_path: Path) -> None:
    file = given_record(tmp_path, "CDS complement(join(<1..4,10..>20))")
    assert [(f.open_start, f.open_end) for f in file.features] == [(False, True), (True, False)]
    assert file.circles == {"AB000001.2": 60}
    linear = given_record(tmp_path, text=RECORD.replace("circular", "linear  "))
    assert linear.circles == {}


def test_read_genbank_gives_an_rna_its_exons_and_its_cds(tmp_path: Path) -> None:
    file = given_record(
        tmp_path,
        'mRNA join(1..10,20..30) gene="a"',
        'mRNA join(1..10,25..40) gene="a"',
        'CDS join(4..10,25..31) gene="a"',
        'CDS join(4..10,20..24) gene="a"',
        'CDS 50..55 gene="b"',
        'tRNA join(55..60,1..3) gene="t"',
    )
    found = [(f.type, f.start, f.end, f.parents) for f in file.features]
    assert found[:3] == [
        ("mRNA", 0, 30, ()),
        ("exon", 0, 10, ("mRNA-a",)),
        ("exon", 19, 30, ("mRNA-a",)),
    ]
    assert [parents for kind, _, _, parents in found if kind == "CDS"] == [
        *[("mRNA-a-2",)] * 2,
        *[("mRNA-a",)] * 2,
        (),
    ]
    assert found[-4:] == [
        ("tRNA", 54, 60, ()),
        ("tRNA", 0, 3, ()),
        ("exon", 54, 60, ("tRNA-t",)),
        ("exon", 0, 3, ("tRNA-t",)),
    ]


def test_read_genbank_reads_embl(tmp_path: Path) -> None:
    from Bio import SeqIO

    given_record(tmp_path, 'CDS join(55..60,1..3) locus_tag="g"')
    with (tmp_path / "in.gb").open() as source, (tmp_path / "in.embl").open("w") as target:
        SeqIO.convert(source, "genbank", target, "embl")
    embl = read_genbank(tmp_path / "in.embl", "embl")
    genbank = read_genbank(tmp_path / "in.gb")
    assert (embl.features, embl.circles) == (genbank.features, genbank.circles)
    with pytest.raises(InputFormatError, match="no EMBL record: a record begins with ID"):
        read_genbank(tmp_path / "in.gb", "embl")


def test_read_genbank_tells_features_of_one_label_apart(tmp_path: Path) -> None:
    file = given_record(tmp_path, 'exon 1..3 gene="a"', 'exon 5..9 gene="a"')
    assert [f.id for f in file.features] == ["exon-a", "exon-a-2"]


def test_read_genbank_reads_gzip_and_locus_names(tmp_path: Path) -> None:
    path = tmp_path / "in.gb.gz"
    text = RECORD.format(features="").replace("AB000001.2", "").replace("ACCESSION   AB000001", "")
    path.write_bytes(gzip.compress(text.encode()))
    assert read_genbank(path).lengths == {"AB000001": 60}


def test_sequence_says_when_the_file_has_none(tmp_path: Path) -> None:
    text = RECORD[: RECORD.index("ORIGIN")] + "CONTIG      join(U1.1:1..60)\n//\n"
    file = given_record(tmp_path, "gene 1..9", text=text)
    assert file.lengths == {"AB000001.2": 60}
    assert len(file.features) == 1
    with pytest.raises(
        InputFormatError, match=r"record 'AB000001\.2' has no sequence in this file"
    ):
        file.sequence("AB000001.2")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no GenBank record: a record begins with LOCUS"),
        (">a\nACGT\n", "no GenBank record"),
        (RECORD.replace("gtacgtnrya", ""), "Expected sequence length 60, found 50"),
        (RECORD.replace(" bp    DNA ", " aa        "), "record 'AB000001.2' is a protein"),
        (RECORD * 2, "a second record named 'AB000001.2'"),
        (
            RECORD.replace("{features}", "     gene            -2..9\n"),
            "negative starting position",
        ),
        (RECORD.replace("{features}", "     gene            9..what\n"), "parse feature location"),
        (RECORD.replace("{features}", "     gene\n"), "line too short to contain a feature"),
        (RECORD[: RECORD.index("ORIGIN")], "not GenBank as Biopython reads it: ValueError"),
    ],
)
def test_read_genbank_refuses(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputFormatError) as caught:
        given_record(tmp_path, text=text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


HEADS = ("", "\ufeff", "\n", "GBBCT1.SEQ          Genetic Sequence Data Bank\n\n 2 loci\n\n")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("head", HEADS)
def test_open_fasta_takes_the_sequences_of_genbank(
    tmp_path: Path, head: str, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "in.gb"
    text = RECORD.format(features="")
    path.write_bytes(pack((head + text + text.replace("AB000001", "AB000002")).encode()))
    with open_fasta(path) as fasta:
        assert fasta.lengths == {"AB000001.2": 60, "AB000002.2": 60}
        assert fasta.fetch("AB000002.2", 40, 60) == (b"ACGT" * 15)[40:56] + b"NRYA"


def test_open_fasta_takes_the_sequences_of_embl(tmp_path: Path) -> None:
    from Bio import SeqIO

    given_record(tmp_path)
    path = tmp_path / "in.embl"
    with (tmp_path / "in.gb").open() as source, path.open("w") as target:
        SeqIO.convert(source, "genbank", target, "embl")
    with open_fasta(path) as fasta:
        assert fasta.lengths == {"AB000001.2": 60} == read_genbank(path, "embl").lengths
        assert fasta.fetch("AB000001.2", 40, 60) == (b"ACGT" * 15)[40:56] + b"NRYA"
    assert genome_size(path) == GenomeSize(60, 1, {"AB000001.2": 60})
    with path.open("a") as target:
        target.write("CC   long\n" * (PARSED // 8))
    assert genome_size(path) == GenomeSize(60, 1, {"AB000001.2": 60})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("ORIGIN", "CONTIG      join(X:1..60)\n//", "record 'AB000001.2' has no sequence in this"),
        ("AB000001", "AB\u200b", "the record's name, 'AB\\u200b.2', is not one word of printable"),
        ("acgta", "acg*a", "record 'AB000001.2': '*' is not a nucleotide: a protein"),
        ("60 bp    DNA ", "60 aa        ", "record 'AB000001.2' is a protein"),
        ("ORIGIN", "//", "not GenBank as Biopython reads it: ValueError"),
    ],
)
def test_open_fasta_refuses_genbank_without_nucleotides(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = RECORD.format(features="").replace(old, new)
    path = tmp_path / "in.gb"
    path.write_text(text[: text.index("//") + 3])
    with pytest.raises(InputFormatError) as caught:
        open_fasta(path)
    assert str(caught.value).startswith(f"{path}: {message}")
