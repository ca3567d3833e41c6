"""What CDS teach by their evidence: the same in every format, and never another class."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random

import numpy as np
import pytest
from dialects import LENGTH, random_genes, write_flat, write_gff3, write_gtf
from hypothesis import given, settings
from hypothesis import strategies as st

from genoseq.config.evidence import EvidenceSettings
from genoseq.config.labels import LabelSettings
from genoseq.errors import InputFormatError
from genoseq.genome.annotation import Annotation
from genoseq.genome.sequences import Codes, encode
from genoseq.labels.classes import Labels, plan_labels
from genoseq.labels.evidence import EVERYTHING, Trust, attributes_of
from genoseq.labels.trust import read_trust
from genoseq.readers.annotation import read_annotation

SCHEMES = [
    LabelSettings(),
    LabelSettings(overlap="unknown"),
    LabelSettings(scheme="stranded", classes=("start_codon", "intron", "CDS")),
]
RULES = EvidenceSettings()


class Genome:
    """A contig ``c``."""

    def __init__(self, letters: bytes) -> None:
        self._codes = encode(letters)
        self.lengths = {"c": len(letters)}

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        assert chrom == "c"
        assert 0 <= start <= end <= self.lengths["c"]
        return self._codes[start:end]


def labels_of(
    annotation: Annotation, trust: Trust, scheme: LabelSettings = SCHEMES[0], length: int = LENGTH
) -> Labels | None:
    try:
        plan = plan_labels(annotation, scheme, (), {"c": length}, trust=trust)
    except InputFormatError:
        return None
    return plan.of("c", 0, length)


def check_dialects(rng: Random, folder: Path) -> None:
    circular, genes = random_genes(rng)
    table, genome = folder / "tiers.tsv", Genome(bytes(rng.choices(b"ACGT", k=LENGTH)))
    tiers = [rng.choice([*RULES.tiers]) for _ in genes]
    table.write_text("".join(f"g{n}\t{tier}\n" for n, tier in enumerate(tiers)))
    write_gff3(folder / "genes.gff3", circular, genes, rng)
    names = ["genes.gff3", "genes.gb", "genes.embl"]
    write_flat(folder / "genes.gb", "genbank", circular, genes)
    write_flat(folder / "genes.embl", "embl", circular, genes)
    if not circular and not any(gene.trans for gene in genes):
        write_gtf(folder / "genes.gtf", genes)
        names.append("genes.gtf")
    found = []
    for name in names:
        annotation = read_annotation(folder / name, attributes=attributes_of(str(table)))
        if not any(each.coding for each in annotation.transcripts):
            return
        trust = read_trust(annotation, RULES, table, genome=genome)
        own = [labels_of(annotation, trust, scheme) for scheme in SCHEMES]
        found.append([None if each is None else each.tobytes() for each in own])
    assert all(each == found[0] for each in found), names


@settings(max_examples=60)
@given(st.randoms(use_true_random=False))
def test_read_trust_gives_the_same_labels_in_every_format(rng: Random) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check_dialects(rng, Path(folder))


def random_annotation(rng: Random, genes: int) -> str:
    """CDS of distinct lengths, overlapping as they please, as GFF3."""
    rows = ["##gff-version 3"]
    for number, codons in enumerate(rng.sample(range(3, 60), genes)):
        start = rng.randrange(LENGTH - 3 * codons)
        rows.append(
            f"c\t.\tCDS\t{start + 1}\t{start + 3 * codons}\t.\t{rng.choice('+-')}\t0\t"
            f"ID=cds{number};locus_tag=g{number};inference={rng.choice(['seen', 'guess'])}:{number}"
        )
    return "\n".join(rows) + "\n"


@settings(max_examples=100)
@given(st.randoms(use_true_random=False), st.integers(1, 8))
def test_doubt_changes_no_label_but_to_unknown(rng: Random, genes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, table = Path(folder, "a.gff3"), Path(folder, "t.tsv")
        path.write_text(random_annotation(rng, genes))
        annotation = read_annotation(path, attributes=attributes_of(str(table)))
        tiers = {f"g{n}": rng.choice([*RULES.tiers]) for n in range(genes)}
        table.write_text("".join(f"{name}\t{tier}\n" for name, tier in tiers.items()))
        genome = Genome(bytes(rng.choices(b"ACGT", k=LENGTH)))
        trust = read_trust(annotation, RULES, table, genome=genome)
        plain, found = labels_of(annotation, EVERYTHING), labels_of(annotation, trust)
    if plain is None or found is None:
        return
    assert ((found == plain) | (found == 255)).all()
    for transcript in annotation.transcripts:
        (cds,) = transcript.coding
        part = cds.parts[0]
        own = slice(part.start, part.end)
        if tiers[dict(part.attributes)["locus_tag"]] == "unknown":
            alone = labels_of(Annotation([part]), EVERYTHING)
            assert alone is not None
            won = plain[own] == alone[own]
            others = [e for t in annotation.transcripts for e in t.coding[0].parts if e != part]
            free = np.ones(len(part), bool)
            for other in others:
                free[max(0, other.start - part.start) : max(0, other.end - part.start)] = False
            assert won[free].all()
            assert (found[own][free] == 255).all()


#                 M   x   M   x   *   x   M   x   V   x   x   M   x   x   x   x   *
WITH_STARTS = b"ATGCCCATGCCCTAACCCATGCCCGTGCCCCCCATGCCCCCCCCCCCCTAG"


def one_gene(folder: Path, strand: str = "+", **attributes: str) -> tuple[Annotation, Genome]:
    """A gene whose start is the GTG at 24, with an ATG at 18 and one at 33."""
    said = "".join(f";{name}={value}" for name, value in attributes.items())
    letters = WITH_STARTS
    start, end = 24, 51
    if strand == "-":
        letters = letters.translate(bytes.maketrans(b"ACGT", b"TGCA"))[::-1]
        start, end = 0, 27
    path = folder / "one.gff3"
    # A second gene shows that GTG and ATG start, and TAG stops.
    row = f"c\t.\tCDS\t{start + 1}\t{end}\t.\t{strand}\t0\tID=a{said}\n"
    path.write_text(f"##gff-version 3\n{row}")
    return read_annotation(path, attributes=("inference",)), Genome(letters)


@pytest.mark.parametrize("strand", ["+", "-"])
def test_an_unknown_start_leaves_bases_between_possible_starts_unknown(
    tmp_path: Path, strand: str
) -> None:
    annotation, genome = one_gene(tmp_path, strand)
    trust = read_trust(annotation, RULES, starts="unknown", genome=genome)
    assert trust.starts is not None
    assert trust.starts.starts == {46}  # GTG alone: no other CDS says that ATG starts
    starts = frozenset({14, 46})
    doubt = type(trust.starts)(genome, starts, trust.starts.stops, 150)
    labels = labels_of(annotation, Trust(trust.doubted, doubt), length=len(WITH_STARTS))
    assert labels is not None
    forward = labels if strand == "+" else labels[::-1]
    coding = [1, 2, 3] if strand == "+" else [4, 5, 6]
    assert forward.tolist() == [0] * 18 + [255] * 15 + coding * 6
    near = type(trust.starts)(genome, starts, trust.starts.stops, 5)
    labels = labels_of(annotation, Trust(trust.doubted, near), length=len(WITH_STARTS))
    assert labels is not None
    assert (labels == 255).sum() == 0  # neither is within one codon


def test_a_stop_between_parts_a_start_from_those_before_it(tmp_path: Path) -> None:
    annotation, genome = one_gene(tmp_path)
    trust = read_trust(annotation, RULES, starts="unknown", genome=genome)
    assert trust.starts is not None
    cds = annotation.transcripts[0].coding[0]
    starts = frozenset({14, 46})
    assert type(trust.starts)(genome, starts, frozenset({48}), 150).around(cds) == (6, 9)
    assert type(trust.starts)(genome, starts, frozenset({50}), 150).around(cds) == (24, 9)


def test_bases_before_an_unknown_start_leave_other_genes_alone(tmp_path: Path) -> None:
    annotation, genome = one_gene(tmp_path)
    row = "c\t.\tCDS\t{}\t{}\t.\t-\t0\tID=b\n"
    path = tmp_path / "two.gff3"
    text = (tmp_path / "one.gff3").read_text()
    path.write_text(text + row.format(13, 21))
    annotation = read_annotation(path)
    first, other = (each.coding[0] for each in annotation.transcripts)
    from genoseq.labels.starts import StartDoubt

    doubt = StartDoubt(genome, frozenset({14, 46}), frozenset({48}), 150)
    labels = labels_of(annotation, Trust({first: "start-unknown"}, doubt), length=51)
    assert labels is not None
    assert labels[12:21].tolist() == [6, 5, 4] * 3
    assert labels[21:33].tolist() == [255] * 12
    both = Trust({first: "unknown", other: "known"})
    labels = labels_of(annotation, both, length=51)
    assert labels is not None
    assert labels[12:24].tolist() == [6, 5, 4] * 3 + [0] * 3
    assert (labels[24:] == 255).all()


def test_tiers_fit_patterns_in_order(tmp_path: Path) -> None:
    annotation, _ = one_gene(tmp_path, inference="ab initio prediction:Prodigal%2Csimilar to X")
    for tiers, expected in [
        ({"*similar to*": "known", "*ab initio*": "unknown"}, "known"),
        ({"*ab initio*": "unknown", "*": "known"}, "unknown"),
    ]:
        rules = EvidenceSettings(tiers=tiers)
        trust = read_trust(annotation, rules, "attribute:inference")
        assert trust.of(annotation.transcripts[0].coding[0]) == expected
    with pytest.raises(InputFormatError, match=r"tiers says nothing of 'ab initio.*similar to X'"):
        read_trust(annotation, RULES, "attribute:inference")
    with pytest.raises(InputFormatError, match="no CDS has the attribute 'note'"):
        read_trust(annotation, RULES, "attribute:note")


def test_cds_without_a_tier_teach_what_is_said_of_the_unlisted(tmp_path: Path) -> None:
    (tmp_path / "a.gff3").write_text(random_annotation(Random(1), 3))
    table = tmp_path / "t.tsv"
    table.write_text("locus_tag\tevidence\tsource\ng0\tunknown\tx\n# g1\tunknown\n")
    annotation = read_annotation(tmp_path / "a.gff3", attributes=attributes_of(str(table)))
    found = {}
    for unlisted in ("known", "unknown"):
        trust = read_trust(annotation, EvidenceSettings(unlisted=unlisted), table)
        found[unlisted] = [trust.of(each.coding[0]) for each in annotation.transcripts]
    assert found == {"known": ["unknown", "known", "known"], "unknown": ["unknown"] * 3}


def test_starts_of_a_file_are_known_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "a.gff3").write_text(random_annotation(Random(1), 3))
    annotation = read_annotation(tmp_path / "a.gff3")
    rows = (tmp_path / "a.gff3").read_text().splitlines(keepends=True)
    trusted = tmp_path / "verified.gff3"
    trusted.write_text("".join(rows[:2]).replace("ID=cds0", "ID=other"))
    trust = read_trust(annotation, RULES, starts=trusted)
    taught = [trust.of(each.coding[0]) for each in annotation.transcripts]
    assert taught == ["known", "start-unknown", "start-unknown"]
    trusted.write_text("##gff-version 3\nc\t.\tCDS\t1\t9\t.\t+\t0\tID=x\n")
    with pytest.raises(InputFormatError, match=r"no CDS of a\.gff3 starts where one of these"):
        read_trust(annotation, RULES, starts=trusted, path="a.gff3")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("nobody\tknown\n", r"1 of 1 names are of no CDS .*: nobody; it calls its CDS cds0, cds1"),
        ("g0\tknown\nnobody\tknown\n", "1 of 2 names"),
        ("g0\tknown\ng0\tunknown\n", r"t\.tsv:2: 'g0' has the tiers 'known' and 'unknown'"),
        ("g0 known\n", r"t\.tsv:1: a line of evidence is"),
        ("cds_id\tevidence\n", r"t\.tsv: no line of evidence"),
        ("g0\tguess\n", "tiers says nothing of 'guess'"),
    ],
)
def test_read_trust_refuses_a_table(tmp_path: Path, table: str, message: str) -> None:
    (tmp_path / "a.gff3").write_text(random_annotation(Random(1), 2))
    (tmp_path / "t.tsv").write_text(table)
    kept = attributes_of(str(tmp_path / "t.tsv"))
    annotation = read_annotation(tmp_path / "a.gff3", attributes=kept)
    with pytest.raises(InputFormatError, match=message):
        read_trust(annotation, RULES, tmp_path / "t.tsv")


def test_a_table_of_other_features_than_cds_is_refused(tmp_path: Path) -> None:
    text = random_annotation(Random(1), 2) + "c\t.\ttRNA\t1\t9\t.\t+\t.\tID=t1\n"
    (tmp_path / "a.gff3").write_text(text)
    (tmp_path / "t.tsv").write_text("t1\tknown\n")
    with pytest.raises(InputFormatError, match="only of other features: t1"):
        read_trust(read_annotation(tmp_path / "a.gff3"), RULES, tmp_path / "t.tsv")


def test_nothing_left_to_learn_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.gff3").write_text(random_annotation(Random(1), 2))
    (tmp_path / "t.tsv").write_text("g0\tunknown\n")
    annotation = read_annotation(tmp_path / "a.gff3", attributes=attributes_of("t.tsv"))
    trust = read_trust(annotation, EvidenceSettings(unlisted="unknown"), tmp_path / "t.tsv")
    with pytest.raises(
        InputFormatError, match=r"their evidence \(labels.evidence\) is not trusted"
    ):
        plan_labels(annotation, SCHEMES[0], (), {"c": LENGTH}, trust=trust)


def test_a_table_may_call_a_cds_by_the_names_of_its_gene(tmp_path: Path) -> None:
    (tmp_path / "a.gff3").write_text(
        "##gff-version 3\n"
        "c\t.\tgene\t1\t9\t.\t+\t.\tID=gene-1;locus_tag=b0001\n"
        "c\t.\tCDS\t1\t9\t.\t+\t0\tID=cds-1;Parent=gene-1;protein_id=P1\n"
        "c\t.\tgene\t11\t19\t.\t+\t.\tID=gene-2;locus_tag=b0002\n"
        "c\t.\tCDS\t11\t19\t.\t+\t0\tID=cds-2;Parent=gene-2;protein_id=P2\n"
    )
    table = tmp_path / "t.tsv"
    annotation = read_annotation(tmp_path / "a.gff3", attributes=attributes_of(str(table)))
    first, second = (each.coding[0] for each in annotation.transcripts)
    for name in ("b0001", "gene-1", "P1", "cds-1"):
        table.write_text(f"{name}\tunknown\n")
        trust = read_trust(annotation, RULES, table)
        assert (trust.of(first), trust.of(second)) == ("unknown", "known")
    table.write_text("b0001\tunknown\nP1\tstart-unknown\n")
    assert read_trust(annotation, RULES, table).of(first) == "start-unknown"  # the nearer name
