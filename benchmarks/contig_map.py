"""A map of contigs: do pieces of one genome lie together, by a model's states and by 4-mers?

    python benchmarks/contig_map.py DATA [--model bacteria] [--out docs/contig_map.png]

Pieces of SIZES bp are drawn from GENOMES of DATA, PIECES of each, half of them turned round, as
contigs are, and embedded by ``gs.embed`` as contigs of their own; a shorter piece is the beginning
of a longer one.  Beside the model stand the same network untrained, frequencies of 4-mers (136, of
both strands) and GC.  Columns are scaled to variance 1, distances are Euclidean.  ``same`` is the
share of pieces whose nearest other piece is of the same genome (one in ten by chance), and
``silhouette`` is Rousseeuw's (1987), mean over pieces.  The picture has the two first principal
components of the longest pieces, by SVD.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

import genoseq as gs
from genoseq.genome.sequences import ALPHABET, Codes, reverse_complement_codes
from genoseq.genome.tracks import OKABE_ITO
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle, save_bundle

Table = NDArray[np.float64]
GENOMES = {
    "ecoli_k12_mg1655": "E. coli",
    "paeruginosa_pao1": "P. aeruginosa",
    "pfluorescens_uk4": "P. fluorescens",
    "ccrescentus_cb15": "C. crescentus",
    "bsubtilis_best7003": "B. subtilis",
    "lmonocytogenes_egde": "L. monocytogenes",
    "saureus_asm59796": "S. aureus",
    "bburgdorferi_b31": "B. burgdorferi",
    "synechocystis_pcc6803": "Synechocystis",
    "npharaonis_dsm2160": "N. pharaonis",
}
SIZES, PIECES = (1_000, 4_000, 15_000), 40
KMER = 4


def pieces_of(path: Path, rng: np.random.Generator) -> list[Codes]:
    """Pieces of a genome's longest contig that do not overlap, half of them turned round."""
    with gs.open_fasta(path) as genome:
        chrom, length = max(genome.lengths.items(), key=lambda item: item[1])
        size = SIZES[-1]
        starts = rng.choice(length // size, PIECES, replace=False) * size
        found = [genome.codes(chrom, start, start + size) for start in map(int, starts)]
    turn = rng.random(PIECES) < 0.5
    return [
        reverse_complement_codes(codes) if back else codes
        for codes, back in zip(found, turn, strict=True)
    ]


def embedded(pieces: list[Codes], model: Path | str, **options: str) -> Table:
    """What a model makes of pieces as contigs, (pieces, D)."""
    alphabet = np.frombuffer(ALPHABET.encode(), np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        lines = [b">p%d\n%s\n" % (n, alphabet[c].tobytes()) for n, c in enumerate(pieces)]
        Path(folder, "a.fa").write_bytes(b"".join(lines))
        gs.embed(Path(folder, "a.fa"), model, Path(folder, "out"), per="contig", **options)
        vectors: Table = np.load(Path(folder, "out/embeddings.npy")).astype(np.float64)
    return vectors


def kmers(pieces: list[Codes]) -> Table:
    """Frequencies of k-mers, each counted with its reverse complement, (pieces, 136)."""
    place = 4 ** np.arange(KMER)[::-1]
    every = np.arange(4**KMER)
    letters = every[:, None] // place % 4
    canonical = np.minimum(every, ((3 - letters[:, ::-1]) * place).sum(1))
    rows = []
    for codes in pieces:
        words = np.lib.stride_tricks.sliding_window_view(codes, KMER)
        numbers = (words[(words < 4).all(1)] * place).sum(1)
        counts = np.bincount(canonical[numbers], minlength=4**KMER)
        rows.append(counts[np.unique(canonical)] / len(numbers))
    return np.array(rows)


def gc(pieces: list[Codes]) -> Table:
    return np.array([[np.isin(codes, (1, 2)).mean()] for codes in pieces])


def scaled(table: Table) -> Table:
    return (table - table.mean(0)) / table.std(0).clip(min=1e-12)


def distances(table: Table) -> Table:
    """Euclidean, (pieces, pieces)."""
    return np.sqrt(((table[:, None] - table[None]) ** 2).sum(2))


def same(far: Table, genome: NDArray[np.int64]) -> float:
    """Share of pieces whose nearest other piece is of the same genome."""
    nearest = (far + np.diag(np.full(len(far), np.inf))).argmin(1)
    return float((genome[nearest] == genome).mean())


def silhouette(far: Table, genome: NDArray[np.int64]) -> float:
    """Mean of (b - a) / max(a, b): distance to one's own genome, and to the nearest other."""
    sums = np.stack([far[:, genome == each].sum(1) for each in np.unique(genome)], axis=1)
    sizes = np.bincount(genome)
    rows = np.arange(len(far))
    own = sums[rows, genome] / (sizes[genome] - 1)
    others = sums / sizes
    others[rows, genome] = np.inf
    other = others.min(1)
    return float(((other - own) / np.maximum(own, other)).mean())


def untrained(model: str, out: Path) -> Path:
    """The network of a model as it was before it learned anything."""
    bundle = gs.load_bundle(model)
    torch.manual_seed(1)
    fresh = build_model(bundle.settings, bundle.task).eval()
    save_bundle(out, Bundle(fresh, bundle.settings, bundle.task, bundle.context))
    return out


def picture(tables: dict[str, Table], genome: NDArray[np.int64], path: Path) -> None:
    """Two components of each table, coloured by genome."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.8), layout="constrained", dpi=110)
    for axes, (title, table) in zip(figure.subplots(1, len(tables)), tables.items(), strict=True):
        left, values, _ = np.linalg.svd(scaled(table), full_matrices=False)
        share = values**2 / (values**2).sum()
        for number, name in enumerate(GENOMES.values()):
            x, y = (left[genome == number, :2] * values[:2]).T
            rgb = tuple(part / 255 for part in OKABE_ITO[number % 8])
            axes.scatter(x, y, s=14, color=rgb, marker="o^"[number // 8], label=name, alpha=0.8)
        axes.set(title=title, xlabel=f"{share[0]:.0%} of variance", ylabel=f"{share[1]:.0%}")
        axes.spines[["top", "right"]].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False, fontsize=8)
    figure.savefig(path)


def main() -> None:
    """Print the table and draw the map."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="bacteria")
    parser.add_argument("--out", type=Path, help="picture")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(1)
    whole = [piece for name in GENOMES for piece in pieces_of(asked.data / f"{name}.fa.gz", rng)]
    genome = np.repeat(np.arange(len(GENOMES)), PIECES)
    print(f"{'':36}" + "".join(f"{f'{size:,} bp: same, silhouette':>30}" for size in SIZES))
    rows: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        fresh = untrained(asked.model, Path(folder, "fresh"))
        for size in SIZES:
            pieces = [piece[:size] for piece in whole]
            tables = {
                f"{asked.model}, mean of both strands": embedded(pieces, asked.model),
                f"{asked.model}, forward strand": embedded(pieces, asked.model, strand="own"),
                "the same network, untrained": embedded(pieces, fresh),
                f"{KMER}-mers": kmers(pieces),
                "GC": gc(pieces),
            }
            tables["model and 4-mers"] = np.hstack(
                [scaled(each) / each.shape[1] ** 0.5 for each in (*tables.values(),)[:4:3]]
            )
            for name, table in tables.items():
                far = distances(table if name.startswith("model") else scaled(table))
                found = f"{same(far, genome):.3f}, {silhouette(far, genome):.3f}"
                rows[name] = rows.get(name, f"{name:36}") + f"{found:>30}"
    print("\n".join(rows.values()))
    if asked.out is not None:
        both, _, _, of_kmers, *_ = tables
        picture({name: tables[name] for name in (both, of_kmers)}, genome, asked.out)


if __name__ == "__main__":
    main()
