"""Conditions on features: what is kept, what is dropped, what is said where nothing is left."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from genoseq.config.conditions import parse_condition
from genoseq.config.labels import LabelSettings
from genoseq.errors import ConfigError, InputFormatError
from genoseq.labels.classes import ClassLabels, plan_labels
from genoseq.readers.annotation import read_annotation

GFF = """##gff-version 3
c\tRefSeq\tgene\t1\t60\t.\t+\t.\tID=g1;gene_biotype=protein_coding
c\tRefSeq\tmRNA\t1\t60\t.\t+\t.\tID=t1;Parent=g1
c\tRefSeq\texon\t1\t20\t.\t+\t.\tParent=t1
c\tRefSeq\texon\t41\t60\t.\t+\t.\tParent=t1
c\tRefSeq\tCDS\t7\t18\t.\t+\t0\tID=c1;Parent=t1
c\tcmsearch\tgene\t101\t160\t.\t+\t.\tID=g2;gene_biotype=tRNA
c\tcmsearch\ttRNA\t101\t160\t.\t+\t.\tID=t2;Parent=g2
c\tcmsearch\texon\t101\t120\t.\t+\t.\tParent=t2
c\tcmsearch\texon\t141\t160\t.\t+\t.\tParent=t2
"""
GTF = "".join(
    f'c\tx\t{kind}\t{start}\t{end}\t.\t+\t{phase}\tgene_id "{gene}"; transcript_id "{gene}.1"; '
    f'gene_biotype "{biotype}";\n'
    for kind, start, end, phase, gene, biotype in (
        ("exon", 1, 20, ".", "g1", "protein_coding"),
        ("exon", 41, 60, ".", "g1", "protein_coding"),
        ("CDS", 7, 15, "0", "g1", "protein_coding"),
        ("stop_codon", 16, 18, "0", "g1", "protein_coding"),
        ("exon", 101, 120, ".", "g2", "tRNA"),
        ("exon", 141, 160, ".", "g2", "tRNA"),
    )
)
BED = "".join(
    f"c\t{at}\t{at + 1}\t{name}\t{score}\t+\n"
    for at, name, score in ((4, "primary", 900), (30, "secondary", 80), (110, "primary", 500))
)


def planned(path: Path, text: str, *keep: str, kind: str | None = None, **rest: str) -> ClassLabels:
    """Labels of splice sites and introns, or of a BED as one class."""
    path.write_text(text)
    classes = (kind,) if kind else ("splice_donor", "splice_acceptor", "intron")
    settings = LabelSettings.model_validate(
        {"scheme": "stranded", "classes": classes, "keep": keep, **rest}
    )
    annotation = read_annotation(path, kind=kind, attributes=settings.asked)
    return plan_labels(annotation, settings, (), {"c": 200}, path)


def donors(labels: ClassLabels) -> list[int]:
    """First base of each stretch of the first class."""
    own = labels.of("c", 0, 200) == 1
    return np.flatnonzero(np.diff(own.astype(np.int8), prepend=0) == 1).tolist()


@pytest.mark.parametrize(("name", "text"), [("a.gff3", GFF), ("a.gtf", GTF)], ids=["GFF3", "GTF"])
def test_biotype_of_the_gene_decides(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    assert donors(planned(path, text)) == [20, 120]
    assert donors(planned(path, text, "gene_biotype=protein_coding")) == [20]
    assert donors(planned(path, text, "gene_biotype!=tRNA")) == [20]
    assert donors(planned(path, text, "gene_biotype=tRNA|rRNA")) == [120]
    assert donors(planned(path, text, "gene_biotype=protein*")) == [20]


def test_types_and_sources_of_what_a_feature_is_part_of(tmp_path: Path) -> None:
    path = tmp_path / "a.gff3"
    assert donors(planned(path, GFF, "type!=tRNA")) == [20]
    assert donors(planned(path, GFF, "type=mRNA")) == [20]
    assert donors(planned(path, GFF, "source=cmsearch")) == [120]


def test_the_nearest_attribute_decides(tmp_path: Path) -> None:
    text = GFF.replace("ID=t1;Parent=g1", "ID=t1;Parent=g1;gene_biotype=nonsense_mediated_decay")
    with pytest.raises(InputFormatError, match="no feature to label as splice_donor is left by la"):
        planned(tmp_path / "a.gff3", text, "gene_biotype=protein_coding")


def test_shared_exons_make_no_intron_of_a_dropped_transcript(tmp_path: Path) -> None:
    """An exon of two transcripts stays, and the transcript that is dropped is not made of it."""
    text = GFF.replace("Parent=t1\nc\tRefSeq\tCDS", "Parent=t1,t3\nc\tRefSeq\tCDS")
    text += "c\tx\tlnc_RNA\t1\t90\t.\t+\t.\tID=t3;Parent=g1\n"
    text += "c\tx\texon\t81\t90\t.\t+\t.\tParent=t3\n"
    assert donors(planned(tmp_path / "a.gff3", text, "type!=tRNA")) == [20, 60]
    assert donors(planned(tmp_path / "b.gff3", text, "type=mRNA")) == [20]


def test_dropped_features_are_unknown_where_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.gff3"
    as_none = planned(path, GFF, "type=mRNA").of("c", 0, 200)
    unknown = planned(path, GFF, "type=mRNA", dropped="unknown").of("c", 0, 200)
    assert np.flatnonzero(unknown == 255).tolist() == list(range(120, 140))
    assert (as_none[120:140] == 0).all()
    assert (np.delete(unknown, np.s_[120:140]) == np.delete(as_none, np.s_[120:140])).all()


def test_scores_and_names_of_bed(tmp_path: Path) -> None:
    path = tmp_path / "a.bed"
    assert donors(planned(path, BED, "score>=500", kind="TSS")) == [4, 110]
    assert donors(planned(path, BED, "score<500", kind="TSS")) == [30]
    assert donors(planned(path, BED, "TSS:name=primary", "score>500", kind="TSS")) == [4]
    with pytest.raises(InputFormatError, match="name 'primary' is no number: compare it by ="):
        planned(path, BED, "name>3", kind="TSS")


def test_conditions_of_one_class_leave_others(tmp_path: Path) -> None:
    path = tmp_path / "a.gff3"
    labels = planned(path, GFF, "intron:type=mRNA")
    assert donors(labels) == [20, 120]
    assert (labels.of("c", 122, 138) == 0).all()
    assert (labels.of("c", 22, 38) == 5).all()


def test_attributes_that_are_nowhere_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match="no feature has 'gene_biotyp': is it spelt so"):
        planned(tmp_path / "a.gff3", GFF, "gene_biotyp=protein_coding")
    with pytest.raises(InputFormatError, match=r"there are protein_coding, tRNA\)"):
        planned(tmp_path / "a.gff3", GFF, "gene_biotype=coding")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gene_biotype", "is no condition: write NAME=VALUE"),
        ("=x", "is no condition: write NAME=VALUE"),
        ("TSS:score>=high", "is no number: compare by = or !="),
        ("CDS:score=1", "'CDS' is none of the classes: TSS"),
        ("a=|b", "a name or a value is empty"),
    ],
)
def test_parse_condition_says_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_condition(text, ["TSS"])


def test_conditions_are_settings_that_hold() -> None:
    with pytest.raises(ValidationError, match="scheme signal learns from signals: remove it"):
        LabelSettings(scheme="signal", keep=("a=b",))
    with pytest.raises(ValidationError, match="dropped is of features that keep drops"):
        LabelSettings(dropped="unknown")
    assert "keep" not in LabelSettings().model_dump()
