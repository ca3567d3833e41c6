"""The same genes as GFF3, GTF, GenBank and EMBL give the same labels."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random

import numpy as np
import pytest
from dialects import LENGTH, random_genes, write_flat, write_gff3, write_gtf
from hypothesis import given, settings
from hypothesis import strategies as st

from genoseq.config.labels import LabelSettings
from genoseq.errors import InputFormatError
from genoseq.genome.derived import DERIVED
from genoseq.labels.classes import plan_labels
from genoseq.readers.annotation import read_annotation

SCHEMES = [LabelSettings(), LabelSettings(overlap="unknown")] + [
    LabelSettings(scheme="stranded", classes=(name,)) for name in ("CDS", "exon", *DERIVED)
]


def labels_of(path: Path) -> list[bytes | None]:
    """Labels of every scheme; None where there is nothing to label."""
    annotation = read_annotation(path)
    found: list[bytes | None] = []
    for scheme in SCHEMES:
        try:
            plan = plan_labels(annotation, scheme, (), {"c": LENGTH})
        except InputFormatError:
            found.append(None)
        else:
            found.append(plan.of("c", 0, LENGTH).tobytes())
    return found


def check_dialects(rng: Random, folder: Path) -> None:
    """Write random genes in every dialect that can, and compare what comes of them."""
    circular, genes = random_genes(rng)
    write_gff3(folder / "genes.gff3", circular, genes, rng)
    expected = labels_of(folder / "genes.gff3")
    dialects = [("genbank", "genes.gb"), ("embl", "genes.embl")]
    for kind, name in dialects:
        write_flat(folder / name, kind, circular, genes)
        assert labels_of(folder / name) == expected, kind
    if not circular and not any(gene.trans for gene in genes):
        write_gtf(folder / "genes.gtf", genes)
        assert labels_of(folder / "genes.gtf") == expected, "gtf"


@settings(max_examples=60)
@given(st.randoms(use_true_random=False))
def test_dialects_give_the_same_labels(rng: Random) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check_dialects(rng, Path(folder))


def test_labels_of_a_circle_are_those_of_the_circle_turned(tmp_path: Path) -> None:
    """A gene across the origin is labelled as the same gene elsewhere."""
    gff = "##gff-version 3\nc\t.\tregion\t1\t900\t.\t+\t.\tID=c;Is_circular=true\n"
    row = "c\t.\t{}\t{}\t{}\t.\t-\t{}\t{}Parent=t\n"
    scheme = LabelSettings(scheme="stranded", classes=("start_codon", "CDS", "intron", "exon"))
    found = []
    for shift in (0, 180):
        rows = [row.format("exon", 690 + shift, 730 + shift, ".", "")]
        rows += [row.format("exon", 750 + shift, 800 + shift, ".", "")]
        rows += [row.format("CDS", 699 + shift, 730 + shift, 2, "ID=p;")]
        rows += [row.format("CDS", 750 + shift, 790 + shift, 0, "ID=p;")]
        (tmp_path / "a.gff3").write_text(gff + "".join(rows))
        annotation = read_annotation(tmp_path / "a.gff3")
        labels = plan_labels(annotation, scheme, (), {"c": 900}).of("c", 0, 900)
        found.append(np.roll(labels, -shift))
    assert (found[0] == found[1]).all()
    assert np.count_nonzero(found[0]) == 111


@pytest.mark.parametrize("seed", range(3))
def test_a_difference_would_be_seen(tmp_path: Path, seed: int) -> None:
    """Genes of another seed do give other labels."""
    for name, own in (("a.gff3", seed), ("b.gff3", seed + 100)):
        circular, genes = random_genes(Random(own))
        write_gff3(tmp_path / name, circular, genes, Random(own))
    assert labels_of(tmp_path / "a.gff3") != labels_of(tmp_path / "b.gff3")
