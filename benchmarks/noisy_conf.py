"""What ``conf`` of genes with indels is worth, in reads and in noisy assemblies.

    python benchmarks/noisy_conf.py DATA BUNDLE [NAME ...] [--weights genes.json]
        [--lengths 600 20000] [--rates 0.05 0.2 1] [--bases 200000] [--rows FILE]

Pieces are cut and spoiled as ``noisy_reads.py`` does, so many bases of each genome, length and
rate, and ``genoseq genes --frameshifts`` calls their genes.  A gene is right where most of its
bases that are known code on its strand, in the frame in which it reads them.  Printed are, of genes
of best paths with indels (broken) and without (whole) and of those that the decoder alone called,
how many there are, the mean of their ``conf``, and the share that is right; at last reliability
tables, each with the slopes and offsets by which log-odds would fit what is right best (1 and 0 of
those that are calibrated; constants of ``genoseq/genes/broken.py`` are to be multiplied by the
slope, and the offset added to theirs).  ``--rows`` keeps each gene: genome, length, rate, kind, bp,
log-odds, right.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from gene_conf import reliability
from noisy_reads import NAMES, UNKNOWN, Piece, called_states, cut, genes_of, known_states

from genoseq.genes.bacteria_files import decoder_path
from genoseq.genes.state_values import Scorer, model_scorer
from genoseq.genes.weights import DecoderWeights, load_weights
from genoseq.genome.called_genes import CalledGene
from genoseq.models.bundle import load_bundle

Judged = tuple[CalledGene, bool]
KINDS = ("broken", "whole", "alone")
"""Genes of best paths, with an indel and without, and those that only the decoder called."""
_UNWEIGHED = 0.5
"""``start_conf`` of genes of best paths."""


def kind(gene: CalledGene) -> str:
    """One of :data:`KINDS`."""
    if gene.shifts:
        return "broken"
    return "whole" if gene.start_conf == _UNWEIGHED and gene.motif is None else "alone"


def log_odds(gene: CalledGene) -> float:
    """Of a gene's ``conf``."""
    return float(np.log(gene.conf + 1e-9) - np.log(1 - gene.conf + 1e-9))


def judged(scorer: Scorer, weights: DecoderWeights, pieces: Sequence[Piece]) -> Iterator[Judged]:
    """Genes of pieces, and whether each is right; those of masked bases alone are left out."""
    genes = genes_of(scorer, weights, True, [piece.codes for piece in pieces])
    for piece, own in zip(pieces, genes, strict=True):
        for gene in own:
            ours = called_states(len(piece.codes), [gene])
            known = (ours > 0) & (piece.states & UNKNOWN == 0)
            if known.any():
                yield gene, bool(((ours & piece.states)[known] > 0).mean() > 0.5)


def print_line(title: str, rows: Sequence[Judged]) -> None:
    """How many genes, what is said of them, and what is so."""
    if rows:
        said, right = np.array([(gene.conf, own) for gene, own in rows]).mean(0)
        print(f"{title}{len(rows):7}{said:8.3f}{right:8.3f}", flush=True)


def calibration(log_odds: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Slope and offset of the logistic regression of what is right on log-odds, by Newton's method.

    A prior of a 10,000th of a gene keeps both finite where log-odds part right and wrong."""
    rows = np.stack([log_odds, np.ones_like(log_odds)], axis=1)
    found = np.array([1.0, 0.0])
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(rows @ found, -30, 30)))
        slope = rows.T @ (right - p) - 1e-4 * found
        curve = (rows * (p * (1 - p))[:, None]).T @ rows + 1e-4 * np.eye(2)
        found = found + np.linalg.solve(curve, slope)
    return float(found[0]), float(found[1])


def main() -> None:
    """Print the lines and tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("names", nargs="*", default=list(NAMES))
    parser.add_argument("--weights", type=Path, help="of the decoder, if not the bundle's own")
    parser.add_argument("--lengths", type=int, nargs="+", default=[600, 20_000])
    parser.add_argument("--rates", type=float, nargs="+", default=[0.05, 0.2, 1.0], help="percent")
    parser.add_argument("--bases", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=Path)
    asked = parser.parse_args()
    scorer = model_scorer(load_bundle(asked.bundle), precision="fp32")
    weights = load_weights(decoder_path(asked.bundle, asked.weights)[0])
    print(f"{'bp':>6}{'indels':>8}  {'':24}{'':9}{'genes':>7}{'said':>8}{'right':>8}")
    rows: list[Judged] = []
    kept = []
    for name in asked.names:
        genome = known_states(asked.data, name)
        for length in asked.lengths:
            for rate in asked.rates:
                pieces = cut(genome, length, asked.bases // length, rate, asked.seed)
                own = list(judged(scorer, weights, pieces))
                rows += own
                for gene, right in own:
                    facts = (kind(gene), len(gene), f"{log_odds(gene):.4f}", int(right))
                    kept.append("\t".join(map(str, (name, length, rate, *facts))))
                title = f"{length:6}{rate:7}%  {name:24}"
                for each in KINDS:
                    print_line(f"{title}{each:9}", [row for row in own if kind(row[0]) == each])
    if asked.rows is not None:
        asked.rows.write_text("\n".join(kept) + "\n")
    for title, kinds in (("conf of genes with indels", KINDS[:1]), ("of others", KINDS[1:])):
        table = np.array([(gene.conf, right) for gene, right in rows if kind(gene) in kinds])
        if not len(table):
            print(f"\n{title}: none")
            continue
        reliability(title, table[:, 0], table[:, 1])
        for each in kinds:
            own = np.array([(log_odds(gene), right) for gene, right in rows if kind(gene) == each])
            if len(own):
                slope, offset = calibration(own[:, 0], own[:, 1])
                print(f"{each}: slope {slope:.3f}, offset {offset:+.3f} of log-odds")


if __name__ == "__main__":
    main()
