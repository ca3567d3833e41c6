"""Genes of noisy reads: best paths are what is called, cut off or whole, and of reads alone."""

from __future__ import annotations

import numpy as np
import pytest
from planted_genes import KnowingScorer, PlantedGenome, planted_genome, simple_weights

from genoseq.genes import broken
from genoseq.genes.bacteria_files import better_model
from genoseq.genes.call import GeneCalls, call_genes
from genoseq.genes.layout import contig
from genoseq.genes.shifts import USUAL_SHIFTS, ShiftSettings
from genoseq.pretrained.registry import OF_READS, model_folder, shipped_models

SHORTEST = 90


def noisy(rate: float) -> PlantedGenome:
    """A genome with indels at ``rate`` of its bases; states stay with their bases."""
    genome = planted_genome(genes=60, seed=4)
    rng = np.random.default_rng(5)
    inserted, deleted = rng.random((2, len(genome.codes))) < rate / 2
    copies = np.where(inserted, 2, 1) - deleted
    source = np.repeat(np.arange(len(copies)), copies)
    codes = genome.codes[source]
    new = np.concatenate([[False], source[1:] == source[:-1]])
    codes[new] = rng.integers(0, 4, int(new.sum()))
    return PlantedGenome(codes, (), genome.states[source])


def calls_of(genome: PlantedGenome, piece: int, shifts: ShiftSettings | None) -> GeneCalls:
    contigs = [
        contig(f"g:{at}", genome.codes[at : at + piece])
        for at in range(0, len(genome.codes), piece)
    ]
    return call_genes(
        contigs, KnowingScorer(g=genome), simple_weights(), code=11, together=True,
        shortest=SHORTEST, shifts=shifts,
    )  # fmt: skip


def share_read(genome: PlantedGenome, calls: GeneCalls) -> float:
    """Share of the coding bases that are called, strand and codon phase right."""
    found = np.zeros(len(genome.codes), np.int64)
    for each in calls.genes:
        gene, first = each.gene, int(each.gene.chrom.partition(":")[2])
        for part in gene.transcript.coding[0].parts:
            at = np.arange(part.start, part.end)
            if gene.strand == "-":
                states = 4 + (part.end - 1 - at - (part.phase or 0)) % 3
            else:
                states = 1 + (at - part.start - (part.phase or 0)) % 3
            found[first + at] = states
    coding = genome.states > 0
    return float((found[coding] == genome.states[coding]).mean())


def test_reads_with_many_indels_are_read_by_their_best_paths() -> None:
    genome = noisy(0.01)
    alone = share_read(genome, calls_of(genome, 600, None))
    assert alone < 0.7
    assert share_read(genome, calls_of(genome, 600, USUAL_SHIFTS)) > max(0.85, alone + 0.2)


def test_noisy_reads_are_told_of_the_model_for_them() -> None:
    calls, quiet = (calls_of(noisy(rate), 600, USUAL_SHIFTS) for rate in (0.01, 0.0))
    assert better_model(model_folder(), calls) == OF_READS
    assert OF_READS in shipped_models()
    assert better_model(model_folder(OF_READS), calls) is None
    assert better_model(model_folder(), quiet) is None


def test_genes_that_a_noisy_read_cuts_off_may_be_shorter_than_whole_ones() -> None:
    genome = noisy(0.01)
    short = [
        each.gene for each in calls_of(genome, 600, USUAL_SHIFTS).genes
        if len(each.letters) < SHORTEST
    ]  # fmt: skip
    assert short
    assert all(any(gene.partial) for gene in short)
    assert min(map(len, short)) >= SHORTEST // 3 - 1
    quiet = calls_of(noisy(0.0), 600, USUAL_SHIFTS)
    assert all(len(each.letters) >= SHORTEST for each in quiet.genes)


def test_assemblies_with_many_indels_keep_the_shortest_length() -> None:
    genome = noisy(0.01)
    assert len(genome.codes) > 12_000
    calls = calls_of(genome, len(genome.codes), USUAL_SHIFTS)
    assert sum(bool(each.gene.shifts) for each in calls.genes) > 10
    assert all(len(each.letters) >= SHORTEST for each in calls.genes)


def test_reads_without_indels_are_called_as_without_frameshifts() -> None:
    genome = noisy(0.0)
    assert calls_of(genome, 600, USUAL_SHIFTS).genes == calls_of(genome, 600, None).genes


def test_of_genes_that_no_path_reads_only_certain_ones_stay_in_noisy_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    genome = noisy(0.01)

    def beside_paths(least: float) -> list[float]:
        monkeypatch.setattr(broken, "_CERTAIN", least)
        monkeypatch.setattr(broken, "_IN_FRAME", 0.25)
        calls = calls_of(genome, 600, USUAL_SHIFTS)
        return [each.gene.conf for each in calls.genes if each.gene.conf == 0.25]

    everything, certain = beside_paths(0.0), beside_paths(0.999)
    assert len(everything) > len(certain)


def test_conf_of_noisy_sequence_is_less_where_fewer_bases_were_learned_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    genome = noisy(0.01)
    few = calls_of(genome, 600, USUAL_SHIFTS).genes
    monkeypatch.setattr(broken, "_ENOUGH", len(genome.codes))
    enough = calls_of(genome, 600, USUAL_SHIFTS).genes
    assert [each.letters for each in few] == [each.letters for each in enough]
    pairs = [(one.gene.conf, other.gene.conf) for one, other in zip(few, enough, strict=True)]
    assert all(one <= other for one, other in pairs)
    assert np.mean([one < other for one, other in pairs]) > 0.9
