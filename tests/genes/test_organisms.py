"""Organisms in one file: their genetic codes are inferred, and they teach themselves alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import lgamma, log
from pathlib import Path

import numpy as np
import pytest
from command import Genoseq
from numpy.typing import NDArray
from planted_genes import KnowingScorer, PlantedGenome, planted_genome, simple_weights

from genoseq.errors import ConfigError
from genoseq.genes.call import call_genes
from genoseq.genes.content import Values
from genoseq.genes.grouping import group_contigs, tetranucleotides
from genoseq.genes.infer_code import PRIOR, CodonCounter, code_posterior
from genoseq.genes.layout import Contig, contig
from genoseq.genes.organisms import parse_code
from genoseq.genome.sequences import Codes, encode, reverse_complement_codes
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.readers.fasta import write_fasta


def recoded(genome: PlantedGenome, codon: str, share: float, seed: int = 1) -> PlantedGenome:
    """The same genes, with a stop codon in place of some of their inner codons."""
    rng = np.random.default_rng(seed)
    codes = genome.codes.copy()
    for start, end, strand in genome.genes:
        for at in range(start + 30, end - 30, 3):
            if rng.random() < share:
                letters = encode(codon.encode())
                codes[at : at + 3] = letters if strand == "+" else reverse_complement_codes(letters)
    return PlantedGenome(codes, genome.genes, genome.states)


def random_genome(shares: Sequence[float], bases: int, seed: int) -> Codes:
    """Bases each of which depends on the one before, in a way of its own."""
    rng = np.random.default_rng(seed)
    return rng.choice(4, bases, p=shares).astype(np.uint8)


def pieces(codes: Codes, bases: int) -> list[Codes]:
    return [codes[at : at + bases] for at in range(0, len(codes), bases)]


@pytest.mark.parametrize(("stop", "number"), [("TGA", 4), ("TAG", 15)])
def test_call_genes_infers_the_code_of_recoded_genes(stop: str, number: int) -> None:
    genome = recoded(planted_genome(80, seed=2, stops=("TAA",)), stop, 0.02)
    calls = call_genes([contig("a", genome.codes)], KnowingScorer(a=genome), simple_weights())
    (organism,) = calls.organisms
    assert organism.code == number
    assert organism.posterior is not None
    assert organism.posterior[number] > 0.99
    assert [(g.gene.start, g.gene.end, g.gene.strand) for g in calls.genes] == list(genome.genes)
    assert {each.gene.code for each in calls.genes} == {number}
    given = call_genes(
        [contig("a", genome.codes)], KnowingScorer(a=genome), simple_weights(), code=number
    )
    assert given.genes == calls.genes
    assert given.organisms[0].posterior is None


def test_call_genes_of_code_11_are_the_same_whether_it_is_given_or_inferred() -> None:
    genome = planted_genome(80, seed=3)
    one, other = (
        call_genes(
            [contig("a", genome.codes)], KnowingScorer(a=genome), simple_weights(), code=code
        )
        for code in (11, "auto")
    )
    assert one.genes == other.genes
    assert other.organisms[0].code == 11


def test_call_genes_parts_a_contig_whose_own_bases_gainsay_the_others() -> None:
    genomes = {name: planted_genome(60, seed=seed) for seed, name in enumerate("abc")}
    genomes["d"] = recoded(planted_genome(60, seed=9, stops=("TAA",)), "TGA", 0.03)
    genomes["e"] = planted_genome(2, seed=10)
    contigs = [contig(name, each.codes) for name, each in genomes.items()]
    calls = call_genes(contigs, KnowingScorer(**genomes), simple_weights())
    found = {one.code: sorted(each.name for each in one.contigs) for one in calls.organisms}
    assert found == {4: ["d"], 11: ["a", "b", "c", "e"]}
    assert [each.gene.chrom for each in calls.genes] == sorted(
        each.gene.chrom for each in calls.genes
    )
    for name, genome in genomes.items():
        own = [(g.gene.start, g.gene.end) for g in calls.genes if g.gene.chrom == name]
        assert own == [(start, end) for start, end, _ in genome.genes]


def counted(*genomes: PlantedGenome) -> list[list[int]]:
    counter = CodonCounter()
    for genome in genomes:
        counter.add(genome.codes, genome.values())
    return counter.counts().tolist()


def test_codon_counter_counts_within_coding_stretches_on_either_strand() -> None:
    genome, tiny = planted_genome(40, seed=5), planted_genome(0)
    tiny = PlantedGenome(tiny.codes[:1], (), tiny.states[:1])
    changed = recoded(genome, "TGA", 0.05)
    ((codons, tga, tag),) = counted(genome)
    inner = sum((end - start) // 3 - 20 for start, end, _ in genome.genes)
    assert 0.9 * inner <= codons <= sum((e - s) // 3 for s, e, _ in genome.genes)
    assert (tga, tag) == (0, 0)
    assert counted(genome.reversed()) == counted(genome)
    assert counted(changed)[0][1] > 20
    # Contigs that are counted together do not touch.
    parts = counted(tiny, changed, genome, changed.reversed(), tiny)
    assert parts[1:4] == [counted(changed)[0], counted(genome)[0], counted(changed)[0]]
    assert parts[0] == parts[4] == [0, 0, 0]
    counter = CodonCounter()
    assert counter.counts().shape == (0, 3)
    counter.add(genome.codes, np.full_like(genome.values(), np.nan))
    assert counter.counts().tolist() == [[0, 0, 0]]


def test_code_posterior_of_nothing_is_the_prior_and_grows_with_what_is_seen() -> None:
    assert code_posterior(np.zeros(3, np.int64)) == pytest.approx(PRIOR)
    assert code_posterior(np.array([10_000, 0, 0]))[0] > 0.999
    seen = code_posterior(np.array([[10_000, tga, 0] for tga in (5, 10, 20, 40)]))[:, 1]
    assert seen.tolist() == sorted(seen)
    assert seen[0] < 0.1
    assert seen[-1] > 0.999
    assert code_posterior(np.array([10_000, 0, 40]))[2] > 0.999


def test_code_posterior_is_that_of_negative_binomials() -> None:
    def log_probability(count: int, shape: float, mean: float) -> float:
        ways = lgamma(shape + count) - lgamma(shape) - lgamma(count + 1)
        return ways + shape * log(shape / (shape + mean)) + count * log(mean / (shape + mean))

    codons, tga = 5_000, 7
    logs = [
        log(0.949)
        + log_probability(tga, 1, 1.2e-4 * codons)
        + log_probability(0, 1, 1.2e-4 * codons),
        log(0.05)
        + log_probability(tga, 4, 45e-4 * codons)
        + log_probability(0, 1, 1.2e-4 * codons),
    ]
    found = code_posterior(np.array([codons, tga, 0]))
    assert log(found[0] / found[1]) == pytest.approx(logs[0] - logs[1])


def test_parse_code_takes_numbers_and_auto() -> None:
    assert [parse_code(each) for each in ("auto", "25", 4)] == ["auto", 25, 4]
    with pytest.raises(ConfigError, match="genetic code 'x': use auto, 11, 4, 25 or 15"):
        parse_code("x")
    with pytest.raises(ConfigError, match="genetic code 1: genes are called by"):
        parse_code("1")


def test_tetranucleotides_are_of_both_strands_and_leave_out_n() -> None:
    codes = random_genome((0.3, 0.2, 0.2, 0.3), 1000, 1)
    counts = tetranucleotides(codes)
    assert counts.shape == (136,)
    assert counts.sum() == 997
    assert tetranucleotides(reverse_complement_codes(codes)).tolist() == counts.tolist()
    codes[500] = 4
    assert tetranucleotides(codes).sum() == 993
    assert tetranucleotides(codes[:3]).sum() == 0


MIXED = {"poor": (0.34, 0.16, 0.16, 0.34), "even": (0.25,) * 4, "rich": (0.15, 0.35, 0.35, 0.15)}


def test_group_contigs_keeps_one_composition_together() -> None:
    codes = random_genome(MIXED["poor"], 1_500_000, 3)
    assert not group_contigs(pieces(codes, 12_000)).any()
    assert not group_contigs([codes]).any()
    assert not group_contigs(pieces(codes[:100_000], 300)).any()
    assert group_contigs([]).shape == (0,)
    assert group_contigs([codes[:2], codes[:0]]).tolist() == [0, 0]


def test_group_contigs_takes_compositions_apart_whatever_the_order() -> None:
    contigs, truth = [], []
    for number, shares in enumerate(MIXED.values()):
        codes = random_genome(shares, 700_000, number)
        own = [*pieces(codes[:600_000], 15_000), *pieces(codes[600_000:], 2_000)]
        contigs += own
        truth += [number] * len(own)
    assert group_contigs(contigs).tolist() == truth
    order = np.random.default_rng(1).permutation(len(contigs))
    shuffled = group_contigs([contigs[index] for index in order])
    assert len({*zip(shuffled, np.array(truth)[order], strict=True)}) == 3


def test_group_contigs_leaves_little_of_another_composition_where_it_is() -> None:
    contigs = pieces(random_genome(MIXED["poor"], 900_000, 3), 10_000)
    contigs += pieces(random_genome(MIXED["rich"], 200_000, 4), 10_000)
    assert not group_contigs(contigs).any()


def test_group_contigs_is_not_misled_by_islands_that_many_organisms_have() -> None:
    rng = np.random.default_rng(1)

    def stretch(shares: NDArray[np.float64]) -> Codes:
        either = shares + shares[::-1]
        return rng.choice(4, 10_000, p=either / either.sum()).astype(np.uint8)

    def genome(shares: NDArray[np.float64]) -> Codes:
        islands = [stretch(each) for each in rng.dirichlet(np.full(4, 20), 8)]
        own = [stretch(shares * np.exp(rng.normal(0, 0.04, 4))) for _ in range(52)]
        return np.concatenate([*islands, *own])

    groups = group_contigs([genome(each) for each in rng.dirichlet(np.full(4, 20), 8)])
    assert len({*groups.tolist()}) >= 3


class EmptyScorer:
    """Says of every base that it codes for nothing, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, contigs: Sequence[Contig]) -> Sequence[Values]:
        self.asked.append([one.name for one in contigs])
        values = np.full((7, 1), 0.01, np.float32)
        values[0] = 0.94
        return [np.repeat(values, one.length, axis=1) for one in contigs]


def test_call_genes_scores_all_groups_at_once_and_keeps_them_apart_unless_told() -> None:
    contigs = [
        contig(f"{name}{index}", codes)
        for name, shares in MIXED.items()
        for index, codes in enumerate(pieces(random_genome(shares, 400_000, 7), 20_000))
    ]
    scorer = EmptyScorer()
    calls = call_genes(contigs[::-1], scorer, simple_weights())
    assert [
        {one.name.rstrip("0123456789") for one in each.contigs} for each in calls.organisms
    ] == [
        {"rich"},
        {"even"},
        {"poor"},
    ]
    assert len(scorer.asked) == 1
    together = call_genes(contigs, scorer, simple_weights(), together=True)
    assert len(together.organisms) == 1


def test_genes_summary_tells_organisms(genoseq: Genoseq, bundle: Bundle, tmp_path: Path) -> None:
    save_bundle(tmp_path / "model", bundle)
    path, out = tmp_path / "g.fa", tmp_path / "out"
    write_fasta(path, [("one", b"ACGTTGCA" * 100), ("two", b"ACGT")])
    run = genoseq("genes", path, "-m", tmp_path / "model", "-o", out)
    assert run.returncode == 0, run.stderr
    (organism,) = json.loads((out / "summary.json").read_text())["organisms"]
    assert (organism["contigs"], organism["bases"], organism["first_contig"]) == (2, 804, "one")
    assert organism["genetic_code"] == 11
    assert sum(organism["code_posterior"].values()) == pytest.approx(1, abs=1e-5)
    run = genoseq("genes", path, "-m", tmp_path / "model", "-o", out, "--code", "x")
    assert run.returncode == 1
    assert "genetic code 'x': use auto, 11, 4, 25 or 15" in run.stderr
