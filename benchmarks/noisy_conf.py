"""What ``conf`` of genes with indels is worth, in reads and in noisy assemblies.

    python benchmarks/noisy_conf.py DATA BUNDLE [NAME ...] [--weights genes.json]
        [--lengths 600 20000] [--rates 0.05 0.2 1] [--bases 200000] [--rows FILE]

Pieces are cut and spoiled as ``noisy_reads.py`` does, so many bases of each genome, length and
rate, and ``genoseq genes --frameshifts`` calls their genes.  A gene is right where most of its
bases that are known code on its strand, in the frame in which it reads them.  Printed are, of genes
with indels and of others, how many there are, the mean of their ``conf``, and the share that is
right; at last reliability tables.  ``--rows`` keeps each gene: genome, length, rate, indels, bp,
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
                    facts = (len(gene.shifts), len(gene), f"{gene.log_odds:.4f}", int(right))
                    kept.append("\t".join(map(str, (name, length, rate, *facts))))
                title = f"{length:6}{rate:7}%  {name:24}"
                print_line(f"{title}{'broken':9}", [row for row in own if row[0].shifts])
                print_line(f"{title}{'whole':9}", [row for row in own if not row[0].shifts])
    if asked.rows is not None:
        asked.rows.write_text("\n".join(kept) + "\n")
    for title, broken in (("conf of genes with indels", True), ("of others", False)):
        table = np.array(
            [(gene.conf, right) for gene, right in rows if bool(gene.shifts) == broken]
        )
        reliability(title, table[:, 0], table[:, 1])


if __name__ == "__main__":
    main()
