"""Labels of candidates, and weights that are learned from them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from planted_genes import KnowingScorer, PlantedGenome, planted_genome

from genoseq.errors import ConfigError, InputFormatError
from genoseq.genes.decode import decode
from genoseq.genes.features import GENE_FEATURES, shortness
from genoseq.genes.fit import Example, _halves, fit_weights, platt, recalibrate, refine_starts
from genoseq.genes.fit_files import examples_of, fit_genes_files
from genoseq.genes.genetic_codes import genetic_code
from genoseq.genes.known import known_genes, labels_of
from genoseq.genes.known_genomes import KnownGenome, read_known_genomes
from genoseq.genes.layout import contig, lay_out
from genoseq.genes.prepare import Genome, prepare
from genoseq.genes.start_table import confidence
from genoseq.genes.weights import Network, mean_network
from genoseq.genome.annotation import Annotation
from genoseq.genome.features import Feature
from genoseq.genome.regions import Region
from genoseq.genome.sequences import decode as letters_of
from genoseq.readers.fasta import write_fasta

CODE = genetic_code(11)


def prepared(genome: PlantedGenome) -> Genome:
    layout = lay_out([contig("chr", genome.codes)], CODE)
    return prepare(layout, CODE, KnowingScorer(chr=genome)(layout.contigs))


def annotation_of(genome: PlantedGenome) -> Annotation:
    return Annotation(
        [
            Feature("chr", start, end, strand, "CDS", 0, f"cds{number}")  # type: ignore[arg-type]
            for number, (start, end, strand) in enumerate(genome.genes)
        ]
    )


def called(genome: Genome, starts: np.ndarray) -> list[tuple[int, int]]:
    candidates, offset = genome.candidates, int(genome.layout.offsets[0])
    ends = candidates.ends[candidates.frame[starts]]
    low, high = genome.layout.forward(candidates.starts[starts], ends)
    return sorted(zip((low - offset).tolist(), (high - offset).tolist(), strict=True))


def test_labels_of_are_the_annotation_s_genes_and_starts() -> None:
    planted = planted_genome(seed=21)
    genome = prepared(planted)
    labels = labels_of(genome.layout, genome.candidates, known_genes(annotation_of(planted)))
    wanted = [(start, end) for start, end, _ in planted.genes]
    assert labels.gene.sum() == len(wanted)
    assert called(genome, labels.start[labels.start >= 0]) == wanted
    assert (labels.weight == 1).all()
    unknown = labels_of(
        genome.layout, genome.candidates, known_genes(annotation_of(planted)), starts_known=False
    )
    assert (unknown.start == -1).all()


def test_labels_of_masked_doubtful_and_broken_genes_are_unknown() -> None:
    planted = planted_genome(seed=22)
    genome = prepared(planted)
    features = list(annotation_of(planted).features)
    first, second, third = planted.genes[:3]
    features[0:1] = [
        Feature("chr", first[0], first[0] + 30, first[2], "CDS", 0, "cds0"),  # type: ignore[arg-type]
        Feature("chr", first[0] + 31, first[1], first[2], "CDS", 0, "cds0"),  # type: ignore[arg-type]
    ]
    del features[2]  # the second gene, which is masked instead
    annotation = Annotation(features)
    coding = (cds for transcript in annotation.transcripts for cds in transcript.coding)
    known = known_genes(
        annotation,
        mask=[Region("chr", second[0], second[1])],
        doubtful={cds for cds in coding if cds.parts[0].id == "cds2"},
    )
    labels = labels_of(genome.layout, genome.candidates, known)
    certain = genome.candidates.ends[labels.weight > 0]
    for start, end, strand in (first, second, third):
        offset, size = int(genome.layout.offsets[0]), genome.layout.size
        stop = end + offset if strand == "+" else 2 * size - start - offset
        assert stop not in certain
    assert labels.gene[labels.weight > 0].sum() == len(planted.genes) - 3


def test_fit_weights_call_the_genes_of_another_genome() -> None:
    examples = []
    for seed in (23, 24):
        planted = planted_genome(60, seed)
        genome = prepared(planted)
        labels = labels_of(genome.layout, genome.candidates, known_genes(annotation_of(planted)))
        examples.append(Example(genome, labels))
    weights = fit_weights(examples, passes=1, steps=150)
    other = planted_genome(60, 25)
    genome = prepared(other)
    found = called(genome, decode(genome, weights).chosen)
    wanted = [(start, end) for start, end, _ in other.genes]
    assert len(set(found) & set(wanted)) >= len(wanted) - 2
    assert len(set(found) - set(wanted)) <= 2


def test_fit_weights_learn_starts_where_they_are_known() -> None:
    examples = []
    for seed, known in ((27, False), (28, True)):
        planted = planted_genome(60, seed)
        genome = prepared(planted)
        annotation = annotation_of(planted)
        annotated = known_genes(annotation)
        labels = labels_of(genome.layout, genome.candidates, annotated, starts_known=known)
        examples.append(Example(genome, labels))
    weights = fit_weights(examples, passes=1, steps=20)
    without = fit_weights(examples[1:], passes=1, steps=20)
    assert weights.starts_calibration == without.starts_calibration
    assert np.isfinite(weights.starts).all()


def planted_example(seed: int) -> Example:
    """A made genome of 60 genes, all of which are known."""
    planted = planted_genome(60, seed)
    genome = prepared(planted)
    annotated = known_genes(annotation_of(planted))
    return Example(genome, labels_of(genome.layout, genome.candidates, annotated))


def test_recalibrate_makes_what_is_said_of_starts_what_is_so() -> None:
    example = planted_example(30)
    genome, labels = example.genome, example.labels
    weights = fit_weights([example], passes=1, steps=20)
    bold = replace(weights, starts=10 * weights.starts, genes_calibration=(9.0, 9.0, 0.0))
    found = recalibrate([example], bold, steps=20)
    assert (found.starts == bold.starts).all()
    assert found.genes_calibration != bold.genes_calibration
    said = confidence(decode(genome, found), found)[1]
    known = labels.start >= 0
    right = genome.candidates.largest(said)[known] <= said[labels.start[known]]
    assert abs(genome.candidates.largest(said)[known].mean() - right.mean()) < 0.02


def test_refine_starts_leaves_all_as_it_was_where_no_gene_has_a_choice() -> None:
    one = planted_example(29)
    weights = fit_weights([one], passes=1, steps=20)
    refined, said = refine_starts([one], [one], weights)
    assert np.allclose(refined.starts, weights.starts, atol=1e-9)
    known = np.concatenate([labels.start[labels.start >= 0] for _, _, labels in said])
    assert sorted(known) == sorted(one.labels.start[one.labels.start >= 0])


def test_fit_genes_files_refine_and_calibrate_together(tmp_path: Path) -> None:
    table, given = tmp_path / "genomes.tsv", tmp_path / "given"
    for options in ({"refine": given}, {"calibrate": given}):
        with pytest.raises(ConfigError, match="--refine and --calibrate go together"):
            fit_genes_files(table, "bacteria", tmp_path / "genes.json", **options)  # type: ignore[arg-type]


def test_halves_never_judge_a_genome_that_was_learned_from() -> None:
    for genomes in range(2, 8):
        genome_of = [*range(genomes), *range(genomes)]
        halves = _halves(genome_of)
        assert sorted(index for _, judged in halves for index in judged) == [*range(2 * genomes)]
        for learned, judged in halves:
            assert not {genome_of[i] for i in learned} & {genome_of[i] for i in judged}
    assert _halves([0, 0]) == [([0, 1], [0, 1])]


def test_platt_makes_log_odds_true() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 3, 20_000)
    short = rng.choice([0.0, 0.0, 1.0, 2.0], 20_000)
    true = rng.random(20_000) < 1 / (1 + np.exp(-(0.5 * logits + 0.3 - 0.7 * short)))
    assert platt(logits, true, short) == pytest.approx((0.5, 0.3, 0.7), abs=0.06)
    few = np.array([True] * 200 + [False])
    slope, offset, _ = platt(np.append(np.full(200, 12.0), 0.5), few, np.zeros(201))
    assert 0.05 < slope < 2
    assert 12 * slope + offset > 3


def test_mean_network_has_the_mean_of_the_logits() -> None:
    rng = np.random.default_rng(2)
    sizes = list(pairwise((5, 4, 3, 1)))
    networks = [
        Network(
            np.ones(5),
            np.full(5, 2.0),
            tuple((rng.normal(size=s), rng.normal(size=s[1])) for s in sizes),
        )
        for _ in range(3)
    ]
    inputs = rng.normal(0, 3, (7, 5))
    wanted = np.mean([each.logits(inputs) for each in networks], axis=0)
    assert mean_network(networks).logits(inputs) == pytest.approx(wanted)


def test_shortness_counts_halvings_of_150_bp() -> None:
    genes = np.zeros((3, len(GENE_FEATURES)))
    genes[:, GENE_FEATURES.index("length")] = np.log(np.array([75, 300, 3000]) / 300)
    assert shortness(genes) == pytest.approx([1, 0, 0])


def test_read_known_genomes_is_relative_and_says_what_is_wrong(tmp_path: Path) -> None:
    path, folder = tmp_path / "genomes.tsv", tmp_path
    for name in ("a.fa", "a.gff", "b.fa", "b.gff"):
        (folder / name).touch()
    path.write_text("fasta\tannotation\tcode\tstarts\na.fa\ta.gff\t4\tunknown\nb.fa\tb.gff\t-\n")
    assert read_known_genomes(path) == [
        KnownGenome(folder / "a.fa", folder / "a.gff", code=4, starts=False),
        KnownGenome(folder / "b.fa", folder / "b.gff"),
    ]
    for text, message in (
        ("fasta\tgff\n", ":1: unknown column 'gff', misspelt"),
        ("fasta\tannotation\n", "no genome yet: add a row"),
        ("fasta\tannotation\na.fa\t-\n", ":2: fasta and annotation are needed"),
        ("fasta\tannotation\na.fa\tc.gff\n", ":2: annotation .*c.gff: no such file"),
        ("fasta\tannotation\tcode\na.fa\ta.gff\tx\n", "code 'x': use a number such as 11"),
        ("fasta\tannotation\tcode\na.fa\ta.gff\t1\n", ":2: genetic code 1: genes are called by"),
        ("fasta\tannotation\tstarts\na.fa\ta.gff\tx\n", "starts 'x': use known or unknown"),
    ):
        path.write_text(text)
        with pytest.raises(InputFormatError, match=message):
            read_known_genomes(path)


@pytest.fixture
def planted(tmp_path: Path) -> PlantedGenome:
    """A genome whose FASTA, GFF3 and GTF are in the temporary folder."""
    planted = planted_genome(seed=26)
    write_fasta(tmp_path / "a.fa", [("chr", letters_of(planted.codes))])
    gff, gtf = ["##gff-version 3\n"], []
    for number, (start, end, strand) in enumerate(planted.genes):
        gff.append(f"chr\t.\tCDS\t{start + 1}\t{end}\t.\t{strand}\t0\tID=cds{number}\n")
        # A CDS of GTF ends before its stop codon.
        first, last = (start, end - 3) if strand == "+" else (start + 3, end)
        stop = (end - 3, end) if strand == "+" else (start, start + 3)
        for kind, low, high in (("CDS", first, last), ("stop_codon", *stop)):
            gtf.append(
                f"chr\t.\t{kind}\t{low + 1}\t{high}\t.\t{strand}\t0\t"
                f'gene_id "g{number}"; transcript_id "cds{number}";\n'
            )
    (tmp_path / "a.gff").write_text("".join(gff))
    (tmp_path / "a.gtf").write_text("".join(gtf))
    return planted


def test_examples_of_reads_all_its_files(planted: PlantedGenome, tmp_path: Path) -> None:
    start, end, _ = planted.genes[3]
    (tmp_path / "mask.bed").write_text(f"chr\t{start}\t{end}\n")
    evidence = tmp_path / "evidence.tsv"
    evidence.write_text("cds_id\tevidence\ncds1\tab_initio\ncds2\thomology\n")
    row = KnownGenome(tmp_path / "a.fa", tmp_path / "a.gff", tmp_path / "mask.bed", evidence)
    example, pieces = examples_of(row, KnowingScorer(chr=planted), 1)
    assert 0 < pieces.labels.gene.sum() < len(planted.genes)
    taught = pieces.labels.start >= 0
    assert taught.any()
    assert pieces.genome.candidates.open_5prime[taught].all()
    known = example.labels.gene & (example.labels.weight > 0)
    assert known.sum() == len(planted.genes) - 1
    evidence.write_text("cds_id\tevidence\nnobody\tab_initio\n")
    with pytest.raises(InputFormatError, match="1 of 1 names are of no CDS of the annotation"):
        examples_of(row, KnowingScorer(chr=planted), 1)


def test_examples_of_knows_the_same_genes_from_gtf(planted: PlantedGenome, tmp_path: Path) -> None:
    gff, gtf = (
        examples_of(KnownGenome(tmp_path / "a.fa", tmp_path / name), KnowingScorer(chr=planted), 1)[
            0
        ]
        for name in ("a.gff", "a.gtf")
    )
    assert gff.labels.gene.sum() == len(planted.genes)
    assert gtf.labels.gene.tolist() == gff.labels.gene.tolist()
    assert gtf.labels.start.tolist() == gff.labels.start.tolist()


def test_examples_of_needs_genes_by_the_genetic_code(
    planted: PlantedGenome, tmp_path: Path
) -> None:
    start, end, strand = next(gene for gene in planted.genes if gene[2] == "+")
    (tmp_path / "a.gff").write_text(f"chr\t.\tCDS\t{start + 2}\t{end + 1}\t.\t{strand}\t0\tID=x\n")
    row = KnownGenome(tmp_path / "a.fa", tmp_path / "a.gff")
    with pytest.raises(InputFormatError, match="no CDS ends with a stop codon of genetic code 11"):
        examples_of(row, KnowingScorer(chr=planted), 1)
