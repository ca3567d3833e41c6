"""Labels of candidates, and weights that are learned from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from planted_genes import KnowingScorer, PlantedGenome, planted_genome

from genoseq.errors import InputFormatError
from genoseq.genes.decode import decode
from genoseq.genes.fit import Example, fit_weights, platt
from genoseq.genes.fit_files import KnownGenome, example_of, read_table
from genoseq.genes.genetic_codes import genetic_code
from genoseq.genes.known import doubtful_of, labels_of
from genoseq.genes.layout import contig, lay_out
from genoseq.genes.prepare import Genome, prepare
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
    labels = labels_of(genome.layout, genome.candidates, annotation_of(planted))
    wanted = [(start, end) for start, end, _ in planted.genes]
    assert labels.gene.sum() == len(wanted)
    assert called(genome, labels.start[labels.start >= 0]) == wanted
    assert (labels.weight == 1).all()
    unknown = labels_of(
        genome.layout, genome.candidates, annotation_of(planted), starts_known=False
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
    labels = labels_of(
        genome.layout,
        genome.candidates,
        Annotation(features),
        mask=[Region("chr", second[0], second[1])],
        doubtful={"cds2"},
    )
    known = genome.candidates.ends[labels.weight > 0]
    for start, end, strand in (first, second, third):
        offset, size = int(genome.layout.offsets[0]), genome.layout.size
        stop = end + offset if strand == "+" else 2 * size - start - offset
        assert stop not in known
    assert labels.gene[labels.weight > 0].sum() == len(planted.genes) - 3


def test_fit_weights_call_the_genes_of_another_genome() -> None:
    examples = []
    for seed in (23, 24):
        planted = planted_genome(60, seed)
        genome = prepared(planted)
        labels = labels_of(genome.layout, genome.candidates, annotation_of(planted))
        examples.append(Example(genome, labels))
    weights = fit_weights(examples, passes=1, steps=150)
    other = planted_genome(60, 25)
    genome = prepared(other)
    found = called(genome, decode(genome, weights).chosen)
    wanted = [(start, end) for start, end, _ in other.genes]
    assert len(set(found) & set(wanted)) >= len(wanted) - 2
    assert len(set(found) - set(wanted)) <= 2


def test_platt_makes_log_odds_true() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 3, 20_000)
    true = rng.random(20_000) < 1 / (1 + np.exp(-(0.5 * logits + 0.3)))
    assert platt(logits, true) == pytest.approx((0.5, 0.3), abs=0.06)
    few = np.array([True] * 200 + [False])
    slope, offset = platt(np.concatenate([np.full(200, 12.0), [0.5]]), few)
    assert 0.05 < slope < 2
    assert 12 * slope + offset > 3


def test_read_table_is_relative_and_says_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "genomes.tsv"
    path.write_text("fasta\tannotation\tcode\tstarts\na.fa\ta.gff\t4\tno\nb.fa\tb.gff\t-\t-\n")
    folder = tmp_path
    assert read_table(path) == [
        KnownGenome(folder / "a.fa", folder / "a.gff", code=4, starts=False),
        KnownGenome(folder / "b.fa", folder / "b.gff"),
    ]
    for text, message in (
        ("fasta\tgff\n", "columns fasta, gff: use fasta, annotation"),
        ("fasta\tannotation\n", "no genome: one line per genome"),
        ("fasta\tannotation\na\t-\n", ":2: fasta and annotation are needed"),
        ("fasta\tannotation\tcode\na\tb\tx\n", "code 'x': use a number such as 11"),
        ("fasta\tannotation\tstarts\na\tb\tx\n", "starts 'x': use yes or no"),
    ):
        path.write_text(text)
        with pytest.raises(InputFormatError, match=message):
            read_table(path)


def test_example_of_reads_all_its_files(tmp_path: Path) -> None:
    planted = planted_genome(seed=26)
    write_fasta(tmp_path / "a.fa", [("chr", letters_of(planted.codes))])
    lines = [
        f"chr\t.\tCDS\t{start + 1}\t{end}\t.\t{strand}\t0\tID=cds{number}\n"
        for number, (start, end, strand) in enumerate(planted.genes)
    ]
    (tmp_path / "a.gff").write_text("##gff-version 3\n" + "".join(lines))
    start, end, _ = planted.genes[3]
    (tmp_path / "mask.bed").write_text(f"chr\t{start}\t{end}\n")
    (tmp_path / "evidence.tsv").write_text("cds_id\tevidence\ncds1\tab_initio\ncds2\thomology\n")
    row = KnownGenome(
        tmp_path / "a.fa", tmp_path / "a.gff", tmp_path / "mask.bed", tmp_path / "evidence.tsv"
    )
    example = example_of(row, KnowingScorer(chr=planted))
    known = example.labels.gene & (example.labels.weight > 0)
    assert known.sum() == len(planted.genes) - 1
    (tmp_path / "evidence.tsv").write_text("id\tkind\n")
    with pytest.raises(InputFormatError, match="columns cds_id and evidence"):
        doubtful_of(tmp_path / "evidence.tsv")
