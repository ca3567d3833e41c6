"""Labels of bases: codon phase, derived classes, overlaps, masks, signals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genoseq.config.labels import LabelSettings
from genoseq.errors import InputFormatError, RegionError
from genoseq.genome.annotation import Annotation
from genoseq.genome.features import Feature
from genoseq.genome.regions import Region, Strand
from genoseq.genome.schemes import UNKNOWN_LABEL
from genoseq.labels.classes import build_scheme, plan_labels
from genoseq.labels.counts import LabelCounts
from genoseq.labels.intervals import label_intervals
from genoseq.readers.gff import read_gff

U = UNKNOWN_LABEL


def cds(
    start: int, end: int, strand: Strand = "+", phase: int | None = 0, **rest: object
) -> Feature:
    return Feature("c", start, end, strand, "CDS", phase, **rest)  # type: ignore[arg-type]


def exon(start: int, end: int, strand: Strand = "+", parent: str = "t") -> Feature:
    return Feature("c", start, end, strand, "exon", parents=(parent,))


def stranded(*classes: str, overlap: str = "longest") -> LabelSettings:
    return LabelSettings(scheme="stranded", classes=classes, overlap=overlap)  # type: ignore[arg-type]


def unstranded(*classes: str) -> LabelSettings:
    return LabelSettings(scheme="unstranded", classes=classes)


def labels(
    features: list[Feature], length: int, settings: LabelSettings | None = None
) -> list[int]:
    planned = plan_labels(Annotation(features), settings or LabelSettings(), (), {"c": length})
    found = planned.of("c", 0, length)
    assert found.dtype == np.uint8
    return found.tolist()


def spans(features: list[Feature], length: int, name: str, *others: str) -> list[tuple[int, int]]:
    """Intervals of the first class, unstranded."""
    own = np.array([0, *labels(features, length, unstranded(name, *others)), 0]) == 1
    edges = np.flatnonzero(np.diff(own)).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


def test_cds_phase_on_both_strands() -> None:
    assert labels([cds(1, 7)], 9) == [0, 1, 2, 3, 1, 2, 3, 0, 0]
    assert labels([cds(1, 7, "-")], 9) == [0, 6, 5, 4, 6, 5, 4, 0, 0]
    assert labels([cds(1, 6, phase=2)], 7) == [0, 2, 3, 1, 2, 3, 0]
    assert labels([cds(1, 6, "-", phase=1)], 7) == [0, 4, 6, 5, 4, 6, 0]


@pytest.mark.parametrize("phases", [(0, 2), (None, None)])
def test_cds_phase_goes_on_across_introns(phases: tuple[int | None, ...]) -> None:
    parts = [cds(0, 4, phase=phases[0], id="x"), cds(6, 11, phase=phases[1], id="x")]
    assert labels(parts, 11) == [1, 2, 3, 1, 0, 0, 2, 3, 1, 2, 3]
    back = [cds(0, 5, "-", phases[1], id="x"), cds(7, 11, "-", phases[0], id="x")]
    assert labels(back, 11) == [6, 5, 4, 6, 5, 0, 0, 4, 6, 5, 4]


def test_coding_parts_keep_the_phase_of_a_frameshift() -> None:
    parts = [cds(0, 4, id="x"), cds(4, 10, phase=0, id="x")]
    assert labels(parts, 10) == [1, 2, 3, 1, 1, 2, 3, 1, 2, 3]


def test_coding_parts_of_a_transcript_share_a_parent_where_ids_differ() -> None:
    parts = [
        cds(0, 4, phase=None, id="a", parents=("t",)),
        cds(6, 8, phase=None, id="b", parents=("t",)),
    ]
    ((coding,),) = (each.coding for each in Annotation(parts).transcripts)
    assert [part.phase for part in coding.parts] == [0, 2]


def test_gtf_and_gff3_give_the_same_labels(tmp_path: Path) -> None:
    gff, gtf = tmp_path / "a.gff3", tmp_path / "a.gtf"
    rows = "c\t.\tCDS\t{}\t{}\t.\t{}\t{}\t{}\n"
    gff.write_text(
        "##gff-version 3\n"
        + rows.format(1, 7, "+", 0, "ID=p;Parent=t") + rows.format(10, 14, "+", 2, "ID=p;Parent=t")
        + rows.format(21, 26, "-", 0, "ID=q;Parent=u")
    )  # fmt: skip
    t, u = 'gene_id "g"; transcript_id "t";', 'gene_id "h"; transcript_id "u";'
    stop = rows.replace("CDS", "stop_codon")
    gtf.write_text(
        rows.format(1, 7, "+", 0, t)
        + rows.format(10, 11, "+", 2, t) + stop.format(12, 14, "+", 0, t)
        + rows.format(24, 26, "-", 0, u) + stop.format(21, 23, "-", 0, u)
    )  # fmt: skip
    written = labels([*read_gff(gff).features], 30)
    assert written == labels([*read_gff(gtf).features], 30)
    assert written[9:14] == [2, 3, 1, 2, 3]


def test_overlap_longest_counts_the_whole_cds() -> None:
    spliced = [cds(0, 6, id="x"), cds(20, 26, id="x")]
    single = cds(3, 13, "-", id="y")
    assert labels([*spliced, single], 26)[:13] == [1, 2, 3, 1, 2, 3, 5, 4, 6, 5, 4, 6, 5][:6] + [
        4 + (12 - i) % 3 for i in range(6, 13)
    ]
    # Equally long: the one that begins first.
    assert labels([cds(3, 9, "-"), cds(0, 6)], 9) == [1, 2, 3, 1, 2, 3, 6, 5, 4]
    assert labels([cds(0, 6, "-"), cds(0, 6)], 6) == [1, 2, 3, 1, 2, 3]


def test_order_of_lines_decides_nothing() -> None:
    low, high = cds(0, 9, id="x"), cds(0, 9, phase=1, id="y")
    assert labels([low, high], 9) == labels([high, low], 9) == [1, 2, 3] * 3
    short = [cds(0, 6, id="x"), cds(20, 29, id="x")]
    long = [cds(0, 8, id="y"), cds(20, 27, phase=1, id="y")]
    assert labels([*short, *long], 30) == labels([*long, *short], 30)


def test_overlap_unknown_where_intervals_differ() -> None:
    settings = LabelSettings(overlap="unknown")
    isoforms = [cds(0, 9), cds(3, 12)]
    assert labels(isoforms, 12, settings) == [1, 2, 3] * 4
    assert labels([*isoforms, cds(6, 9, "-")], 12, settings) == [1, 2, 3] * 2 + [U] * 3 + [1, 2, 3]
    other = Feature("c", 1, 3, "+", "site")
    both = [cds(0, 4), cds(2, 4, "-"), other]
    assert labels(both, 4, stranded("site", "CDS", overlap="unknown")) == [3, 1, 1, U]


def test_listed_order_wins_between_classes() -> None:
    features = [Feature("c", 0, 9, "+", "long"), Feature("c", 3, 7, "-", "short")]
    assert labels(features, 9, stranded("short", "long")) == [3, 3, 3, 2, 2, 2, 2, 3, 3]
    with pytest.raises(InputFormatError, match="no base is labelled short: its bases are long, li"):
        labels(features, 9, stranded("long", "short"))
    with pytest.raises(InputFormatError, match="no base is labelled long: its bases are masked"):
        plan_labels(Annotation(features), stranded("long"), [Region("c", 0, 9)])
    assert labels(features, 9, unstranded("short", "long")) == [2, 2, 2, 1, 1, 1, 1, 2, 2]


def test_features_without_strand() -> None:
    features = [Feature("c", 1, 3, ".", "site"), Feature("c", 4, 5, "-", "site")]
    assert labels(features, 6, stranded("site")) == [0, U, U, 0, 2, 0]
    assert labels(features, 6, unstranded("site")) == [0, 1, 1, 0, 1, 0]
    with pytest.raises(InputFormatError, match="no feature of site has a strand: use scheme unst"):
        labels(features[:1], 6, stranded("site"))


def test_mask_is_unknown_whatever_is_there() -> None:
    mask = [Region("c", 2, 4), Region("c", 3, 5), Region("d", 0, 9)]
    plan = plan_labels(Annotation([cds(1, 7)]), LabelSettings(), mask, {"c": 9})
    assert plan.of("c", 0, 9).tolist() == [0, 1, U, U, U, 2, 3, 0, 0]
    assert plan.of("c", 4, 8).tolist() == [U, 2, 3, 0]  # the mask begins before the region
    assert plan.of("c", 1, 3).tolist() == [1, U]


GENE = [exon(10, 40), exon(60, 80), exon(85, 100), cds(30, 40, id="p", parents=("t",)),
        cds(60, 71, phase=2, id="p", parents=("t",))]  # fmt: skip
MIRRORED = [
    Feature("c", 110 - f.end, 110 - f.start, "-", f.type, f.phase, f.id, f.parents) for f in GENE
]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("intron", [(40, 60)]),  # the gap of 5 bp is no intron
        ("splice_donor", [(40, 42)]),
        ("splice_acceptor", [(58, 60)]),
        ("five_prime_UTR", [(10, 30)]),
        ("three_prime_UTR", [(71, 80), (85, 100)]),
        ("start_codon", [(30, 33)]),
        ("stop_codon", [(68, 71)]),
        ("exon", [(10, 40), (60, 80), (85, 100)]),
    ],
)
def test_derived_classes_on_both_strands(name: str, expected: list[tuple[int, int]]) -> None:
    assert spans(GENE, 110, name) == expected
    assert spans(MIRRORED, 110, name) == [(110 - e, 110 - s) for s, e in reversed(expected)]


def test_explicit_features_replace_derived_ones() -> None:
    intron = Feature("c", 42, 50, "+", "intron", parents=("t",))
    tail = Feature("c", 90, 95, "+", "3UTR", parents=("t",))
    assert spans([*GENE, intron], 110, "intron") == [(42, 50)]
    assert spans([*GENE, intron], 110, "splice_donor") == [(42, 44)]
    assert spans([*GENE, tail], 110, "three_prime_UTR") == [(90, 95)]


def test_explicit_features_leave_other_transcripts_alone() -> None:
    intron = Feature("c", 102, 109, "+", "intron")
    assert spans([*GENE, intron], 110, "intron") == [(40, 60), (102, 109)]
    assert spans([*GENE, intron], 110, "splice_donor") == [(40, 42), (102, 104)]


def test_cds_without_exons_has_introns_unless_the_ribosome_slips() -> None:
    parts = [cds(0, 6, id="x"), cds(30, 36, id="x")]
    assert spans(parts, 40, "intron") == [(6, 30)]
    slips = [replace(part, marks=frozenset({"slippage"})) for part in parts]
    with pytest.raises(InputFormatError, match="no feature to label as intron; types there: CDS"):
        label_intervals(Annotation(slips), ["intron"])
    near = [cds(0, 6, id="x"), cds(15, 21, id="x")]
    with pytest.raises(InputFormatError, match="no feature to label as intron; types there: CDS"):
        label_intervals(Annotation(near), ["intron"])


def test_every_class_has_a_feature() -> None:
    with pytest.raises(InputFormatError, match=r"no feature to label as mRNA; types there: CDS, e"):
        label_intervals(Annotation(GENE), ["exon", "mRNA"])


def test_codons_across_an_intron_and_partial_cds() -> None:
    split_codon = [cds(10, 12, id="p"), cds(20, 24, phase=1, id="p")]
    assert spans(split_codon, 30, "start_codon") == [(10, 12), (20, 21)]
    assert spans(split_codon, 30, "stop_codon") == [(21, 24)]
    partial = [cds(0, 7, phase=1), cds(10, 16)]
    assert spans(partial, 30, "start_codon") == [(10, 13)]


def test_plan_labels_checks_the_annotation_against_the_genome() -> None:
    with pytest.raises(
        InputFormatError, match=r"^a.gff: CDS c:6-12 ends past the contig's last ba"
    ):
        plan_labels(Annotation([cds(5, 12)]), LabelSettings(), lengths={"c": 10}, path="a.gff")
    with pytest.raises(
        InputFormatError,
        match=r"CDS c:6-12: the FASTA has no contig 'c' but chrC .did you",
    ):
        plan_labels(Annotation([cds(5, 12)]), LabelSettings(), lengths={"chrC": 10})
    with pytest.raises(RegionError, match=r"mask: its contigs are z, but the FASTA has c: names"):
        plan_labels(Annotation([cds(5, 8)]), LabelSettings(), [Region("z", 0, 1)], {"c": 10})
    with pytest.raises(
        InputFormatError, match=r"a.gff: no feature to label as CDS; types there: exon"
    ):
        plan_labels(Annotation([exon(0, 5)]), LabelSettings(), path="a.gff")
    with pytest.raises(InputFormatError, match="types there: none"):
        plan_labels(Annotation([]), LabelSettings())


@given(st.data())
def test_labels_do_not_depend_on_the_region(data: st.DataObject) -> None:
    place = st.integers(0, 59)
    features = []
    for number in range(data.draw(st.integers(1, 8))):
        start, end = sorted((data.draw(place), data.draw(place)))
        strand = data.draw(st.sampled_from("+-"))
        features.append(cds(start, end + 1, strand, data.draw(st.integers(0, 2)), id=f"x{number}"))
    overlap = data.draw(st.sampled_from(["longest", "unknown"]))
    seen = replace(cds(0, 9), chrom="d")  # a class must label a base somewhere
    annotation = Annotation([*features, seen])
    plan = plan_labels(annotation, LabelSettings(overlap=overlap), [Region("c", 20, 23)])
    whole = plan.of("c", 0, 60)
    start, end = sorted((data.draw(place), data.draw(place)))
    assert np.array_equal(plan.of("c", start, end), whole[start:end])
    # Base by base, from the rules.
    for base in range(60):
        covering = [f for f in features if f.start <= base < f.end]
        states = {}
        for f in covering:
            into = base - f.start if f.strand == "+" else f.end - 1 - base
            states[f] = (1 if f.strand == "+" else 4) + (into - (f.phase or 0)) % 3
        longest = max(covering, key=lambda f: (len(f), -f.start, f.strand == "+"), default=None)
        expected = {0} if longest is None else {states[longest]}
        if overlap == "unknown" and len(set(states.values())) > 1:
            expected = {U}
        elif longest is not None and overlap == "longest":
            twins = [
                f
                for f in covering
                if (len(f), f.start, f.strand) == (len(longest), longest.start, longest.strand)
            ]
            expected = {states[f] for f in twins}
        assert int(whole[base]) in ({U} if 20 <= base < 23 else expected)


def test_label_counts() -> None:
    counts = LabelCounts(build_scheme(LabelSettings()))
    counts.add(np.array([0, 0, 1, 2, 5, U], np.uint8))
    assert counts.named() == {"none": 2, "CDS.plus": 2, "CDS.minus": 1, "unknown": 1}
    assert str(counts) == "none 2 bp, CDS.plus 2 bp, CDS.minus 1 bp, unknown 1 bp"
    signal = LabelCounts(build_scheme(LabelSettings(scheme="signal"), [("x", ".")]))
    signal.add(np.array([[0.5], [np.nan]], np.float32))
    assert signal.named() == {"with signal": 1, "unknown": 1}
