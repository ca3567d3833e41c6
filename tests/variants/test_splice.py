"""The field SpliceAI: one entry for each allele and gene, on its strand, masked by its sites."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from toy_variants import SPLICE, record, toy_genome

from genoseq.errors import InputFormatError, RegionError
from genoseq.genome.tracks import Channel
from genoseq.variants.alleles import alleles_of
from genoseq.variants.effect import Effect
from genoseq.variants.gene_index import read_genes
from genoseq.variants.splice import SpliceChannels

GENOME = toy_genome()
GFF = """\
##gff-version 3
long\tx\tgene\t51\t400\t.\t+\t.\tID=g1;Name=ABC,1 |x
long\tx\tmRNA\t51\t400\t.\t+\t.\tID=t1;Parent=g1
long\tx\texon\t51\t100\t.\t+\t.\tParent=t1
long\tx\texon\t201\t400\t.\t+\t.\tParent=t1
long\tx\tgene\t90\t130\t.\t-\t.\tID=g2;gene=DEF
long\tx\tmRNA\t90\t130\t.\t-\t.\tID=t2;Parent=g2
long\tx\texon\t90\t130\t.\t-\t.\tParent=t2
long\tx\tCDS\t3001\t3300\t.\t-\t0\tID=c3;locus_tag=L3
"""
NAMES = [state for state in SPLICE.states if state.name != "none"]
CHANNELS = tuple(Channel(state.name, state.strand) for state in NAMES)
NUMBER = {(state.name, state.strand): number for number, state in enumerate(NAMES)}


@pytest.fixture
def annotation(tmp_path: Path) -> Path:
    path = tmp_path / "genes.gff3"
    path.write_text(GFF)
    return path


def effect(changes: dict[tuple[str, str, int], float]) -> Effect:
    """Of an allele at base 98, told of bases 90 to 109."""
    base = GENOME.letters("long", 98, 99)
    alt = "C" if base != "C" else "G"
    (allele,) = alleles_of(record("long", 98, base, alt), GENOME)
    before = np.full((4, 20), 0.5, np.float32)
    after = before.copy()
    for (name, strand, at), change in changes.items():
        after[NUMBER[name, strand], at - 90] += change  # type: ignore[index]
    return Effect(allele, 90, before, after, before, np.zeros(20, bool))


CHANGES = {
    ("splice_donor", "+", 100): -0.4,  # the first base of the intron
    ("splice_donor", "+", 104): -0.45,
    ("splice_donor", "+", 101): 0.3,
    ("splice_donor", "+", 95): 0.2,
    ("splice_acceptor", "-", 92): 0.25,
}


def test_entries_are_one_for_each_gene_on_its_strand(annotation: Path) -> None:
    channels = SpliceChannels.of(CHANNELS)
    assert channels is not None
    genes = read_genes(annotation, GENOME.lengths).overlapping("long", 98, 99)
    one = effect(CHANGES)
    alt = one.allele.alt
    assert channels.entries(one, genes, masked=False) == [
        f"{alt}|ABC%2C1%20%7Cx|0.00|0.00|0.30|0.45|0|0|3|6",
        f"{alt}|DEF|0.25|0.00|0.00|0.00|-6|0|0|0",
    ]


def test_masked_entries_leave_out_gains_at_sites_and_losses_elsewhere(annotation: Path) -> None:
    channels = SpliceChannels.of(CHANNELS)
    assert channels is not None
    genes = read_genes(annotation, GENOME.lengths).overlapping("long", 98, 99)
    one = effect(CHANGES)
    assert channels.entries(one, genes[:1], masked=True) == [
        f"{one.allele.alt}|ABC%2C1%20%7Cx|0.00|0.00|0.20|0.40|0|0|-3|2"
    ]


def test_entries_between_genes_have_the_larger_of_both_strands() -> None:
    channels = SpliceChannels.of(CHANNELS)
    assert channels is not None
    one = effect(CHANGES)
    assert channels.entries(one, [], masked=False) == [
        f"{one.allele.alt}|.|0.25|0.00|0.30|0.45|-6|0|3|6"
    ]


def test_there_are_no_entries_without_both_classes() -> None:
    assert SpliceChannels.of(CHANNELS[:2]) is None
    assert SpliceChannels.of((Channel("CDS", "+"),)) is None


def test_genes_are_of_all_their_transcripts_and_named_as_people_name_them(annotation: Path) -> None:
    index = read_genes(annotation, GENOME.lengths)
    found = [(g.symbol, g.start, g.end, g.strand) for g in index.overlapping("long", 0, 4_000)]
    expected = [("ABC,1 |x", 50, 400, "+"), ("DEF", 89, 130, "-"), ("L3", 3_000, 3_300, "-")]
    assert found == expected
    gene = index.overlapping("long", 399, 400)[0]
    assert gene.sites == {"splice_donor": {100, 101}, "splice_acceptor": {198, 199}}
    assert index.overlapping("long", 400, 401) == []
    assert index.overlapping("short", 0, 300) == []


def test_genes_of_another_genome_are_refused(annotation: Path, tmp_path: Path) -> None:
    with pytest.raises(RegionError, match=r"--genes .*its contigs are long.*did you mean chrLong"):
        read_genes(annotation, {"chrLong": 4_000})
    other = tmp_path / "other.gff3"
    other.write_text("##gff-version 3\n##sequence-region long 1 50\n" + GFF.split("\n", 1)[1])
    with pytest.raises(InputFormatError, match="another assembly"):
        read_genes(other, GENOME.lengths)
