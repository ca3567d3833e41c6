"""``summary.json``: what was called, in a few numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from genoseq.genes.call import GeneCalls
from genoseq.genes.decode import Decoded
from genoseq.genes.organisms import Organism
from genoseq.genes.selenocysteine import selenocysteine_candidates
from genoseq.genome.called_genes import CalledGene

_BINS = 10


def summary_of(
    calls: GeneCalls, lengths: Mapping[str, int], frameshifts: bool = False
) -> dict[str, Any]:
    """Numbers of genes, coding density, start codons, motif, confidence; plain JSON data.

    Parameters
    ----------
    lengths
        bp of each contig.
    frameshifts
        Whether genes were read across indels, which is then told of.
    """
    genes = [each.gene for each in calls.genes]
    bases = sum(lengths.values())
    found = {
        "contigs": len(lengths),
        "bases": bases,
        "genes": len(genes),
        "partial_genes": sum(any(gene.partial) for gene in genes),
        "coding_density": round(sum(map(len, genes)) / max(bases, 1), 4),
        "genetic_code": calls.code,
        "organisms": [_organism(one, genes) for one in calls.organisms],
        "selenocysteine_candidates": [
            {"contig": each.chrom, "start": each.start, "end": each.end, "strand": each.strand}
            for one in calls.organisms
            for each in selenocysteine_candidates(one.decoded)
        ],
        "start_types": dict(sorted(Counter(gene.start_type for gene in genes).items())),
        "motif": _motif(calls.decoded),
        **confidence_of(genes),
    }
    return found | ({"frameshifts": frameshifts_of(calls)} if frameshifts else {})


def _motif(decoded: Decoded) -> dict[str, Any]:
    """The motif before starts; ``columns``: of A, C, G and T, and ``background`` elsewhere."""
    motif = decoded.last.sites.motif
    return {
        "consensus": motif.consensus,
        "share_of_starts": round(float(motif.share), 3),
        "columns": motif.probabilities.round(4).tolist(),
        "background": motif.background.round(4).tolist(),
    }


def confidence_of(genes: Sequence[CalledGene]) -> dict[str, Any]:
    """How many of the genes are to be expected true, and how many there are of each ``conf``."""
    conf = [gene.conf for gene in genes]
    counts, _ = np.histogram(conf, bins=_BINS, range=(0.0, 1.0))
    return {
        "expected_true_genes": round(float(sum(conf)), 1),
        "confidence": {
            f"{index / _BINS:.1f}-{(index + 1) / _BINS:.1f}": int(count)
            for index, count in enumerate(counts)
        },
    }


def frameshifts_of(calls: GeneCalls) -> dict[str, Any]:
    """Numbers of genes that are read across indels, and those that may be pseudogenes."""
    genes = [each.gene for each in calls.genes]
    kinds = Counter(shift.kind for gene in genes for shift in gene.shifts)
    return {
        "genes": sum(bool(gene.shifts) for gene in genes),
        "insertions": kinds["ins1"],
        "deletions": kinds["del1"],
        "pseudo_candidates": [gene.name for gene in genes if gene.pseudo],
    }


def _organism(one: Organism, genes: Sequence[CalledGene]) -> dict[str, Any]:
    names = {contig.name for contig in one.contigs}
    posterior = one.posterior or {}
    return {
        "contigs": len(names),
        "first_contig": one.contigs[0].name if one.contigs else None,
        "bases": one.bases,
        "genes": sum(gene.chrom in names for gene in genes),
        "genetic_code": one.code,
        "code_posterior": {str(code): round(p, 6) for code, p in posterior.items()} or None,
        "motif": _motif(one.decoded),
    }
