"""Coverage told from sequence: correlation by size of bins, and what replicates allow.

    python benchmarks/signals.py DATA OUT [--steps 500] [--loss poisson] [--only "yeast RNA"]

A model of the example ``config/examples/rna`` learns RNA of yeast (chromosomes II and IV, both
strands), by its own loss and by ``multinomial``, and the same network R-loops of human chromosome 1
(3 Mb, both strands, two replicates), in blocks of which a part is tested: a minute of a core for
each.  The RNase H control of the R-loops is left out, taken off (``less control``), or learned:
then the signal is told with it (``given control``), and without it (``control learned``).

``r`` is Pearson's, mean of both strands, ``low`` and ``high`` the ends of their 95% intervals;
``log1p`` that of log1p; ``ceiling`` the largest r that two replicates which agree as ``replicates``
allow; ``words`` a linear regression on the words around a base, at 1 bp; ``total`` the sum of what
is predicted, as a part of what is measured.  ``factor`` is by how much tracks of the loss mse would
be too low without it, by ``--loss mse``.  OUT gets the table, stores, models, evaluations and
``signals.png``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

import genoseq as gs
from genoseq.config.base import read_mapping
from genoseq.config.schema import load_config
from genoseq.extraction.requested import RegionRequest
from genoseq.files.atomic import atomic_file
from genoseq.genome.tracks import OKABE_ITO, fractions
from genoseq.inference.evaluation import Evaluation

EXAMPLE = Path(__file__).parents[1] / "config/examples/rna/config.yaml"
YEAST, HUMAN = "scerevisiae_s288c", "human_hg19_chr1_0-3Mb"
LIBRARIES = ("LS61A.rep1", "LS61C.rep2")
_FIGURES = ("r", "low", "high", "log1p", "spearman", "replicates", "ceiling")
COLUMNS = ("bin", *_FIGURES, "words", "total", "factor")


def strands(name: str, stem: Path, plus: str, minus: str) -> list[str]:
    """Both strands of a signal as arguments."""
    return [f"{name}+={stem}.{plus}.bw", f"{name}-={stem}.{minus}.bw"]


def stores(data: Path, out: Path) -> dict[str, Path]:
    """Blocks of both genomes with their signals."""
    settings = load_config(EXAMPLE)
    found = {}
    signal = data / "signal"
    libraries = [strands("R", signal / f"{HUMAN}.{each}", "pos", "neg") for each in LIBRARIES]
    loops = [text for library in libraries for text in library]
    control = strands("RNaseH", signal / f"{HUMAN}.RNaseH", "pos", "neg")
    rna = strands("RNA", signal / f"{YEAST}.RNA", "fwd", "rev")
    human = signal / f"{HUMAN}.fa.gz"
    for name, fasta, signals, gaps, controls, use in (
        ("yeast RNA", data / f"{YEAST}.fa.gz", rna, "unknown", [], "subtract"),
        ("R-loops", human, loops, "zero", [], "subtract"),
        ("R-loops less control", human, loops, "zero", control, "subtract"),
        ("R-loops given control", human, loops, "zero", control, "learn"),
    ):
        found[name] = out / f"{name.replace(' ', '_')}.store"
        bed = found[name].with_suffix(".bed")
        request = RegionRequest(
            split="blocks",
            min_length=settings.regions.min_length,
            max_n_fraction=settings.regions.max_n_fraction,
            **settings.split.model_dump(),
        )
        gs.extract_files(fasta, found[name].with_suffix(".fa"), request, bed=bed)
        labels = {"scheme": "signal", "signals": {"gaps": gaps, "control": use}}
        gs.tokenize(
            fasta, out=found[name], regions=bed, signals=signals, controls=controls, labels=labels
        )
    return found


def total_of(found: Evaluation) -> float:
    """Sum of what is predicted in the regions, as a part of what is measured."""
    _, rows = found.tables["regions.tsv"]
    bases, told, true = np.array([row[5:8] for row in rows], np.float64).T
    return float((bases * told).sum() / (bases * true).sum())


def rows_of(metrics: dict[str, Any], **more: float) -> list[dict[str, Any]]:
    """A row for each bin, the mean of both strands; ``words`` are of bins of 1 bp."""
    named = {"r": "pearson", "log1p": "pearson_log1p"}
    own = [row for row in metrics["by_bin"] if row["genome"] == "*"]
    found = []
    for size in dict.fromkeys(row["bin"] for row in own):
        both = [row for row in own if row["bin"] == size]
        means: dict[str, Any] = {"bin": size}
        for name in _FIGURES:
            values = [row[named.get(name, name)] for row in both]
            means[name] = np.nan if None in values else float(np.mean(values))
        found.append(means | more | ({} if size == 1 else {"words": np.nan}))
    return found


def draw(path: Path, rows: dict[str, list[dict[str, Any]]]) -> None:
    """r by bin, filled between the ends of its interval, and the ceiling as dashes."""
    from matplotlib.figure import Figure

    across = -(-len(rows) // 2)
    figure = Figure(figsize=(4 * across, 6.4), layout="constrained")
    axes = figure.subplots(2, across, sharey=True, squeeze=False).ravel()
    for axis in axes[len(rows) :]:
        axis.set_axis_off()
    for axis, (name, own) in zip(axes, rows.items(), strict=False):
        bins = [row["bin"] for row in own]
        colour, limit = fractions(OKABE_ITO[0]), fractions(OKABE_ITO[7])
        axis.fill_between(
            bins, [r["low"] for r in own], [r["high"] for r in own], color=colour, alpha=0.2
        )
        axis.plot(bins, [r["r"] for r in own], "o-", color=colour, label="model")
        if not np.isnan(own[0]["ceiling"]):
            ceilings = [r["ceiling"] for r in own]
            axis.plot(bins, ceilings, "s--", color=limit, label="ceiling of two replicates")
        if not np.isnan(words := own[0]["words"]):
            axis.axhline(words, color=fractions(OKABE_ITO[1]), ls=":", label="words, 1 bp")
        axis.set(xscale="log", xlabel="bin, bp", title=name, ylim=(0, 1))
        axis.legend(frameon=False, fontsize=8)
    for axis in axes[::across]:
        axis.set_ylabel("Pearson r, mean of both strands")
    with atomic_file(path) as partial:
        figure.savefig(partial, format="png", dpi=120)


def _measured(model: gs.Bundle, folder: Path, store: Path, words: bool) -> list[dict[str, Any]]:
    """Figures of a model on the test blocks of a store, and of words where they are asked for."""
    out = folder.with_suffix(".evaluation" if words else ".other_evaluation")
    found = gs.evaluate_files(folder, [store], out, device="cpu", baselines=words)
    kmers = [one.figures or {} for one in found.baselines or () if one.name == "kmers"]
    told = [row["pearson"] for figures in kmers for row in figures.get("signals", [])]
    factors = getattr(model.task, "factors", None) or (1.0,)
    return rows_of(
        dict(found.metrics),
        words=float(np.mean(told)) if told else np.nan,
        total=total_of(found),
        factor=factors[0],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--loss")
    parser.add_argument("--only", help="one of the runs, and no figure")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    settings = read_mapping(EXAMPLE)["models"]["rna"]
    settings["training"] |= {"steps": asked.steps} if asked.steps else {}
    losses = {"loss": asked.loss} if asked.loss else {}
    found = stores(asked.data, asked.out)
    runs = [(name, store, losses) for name, store in found.items()]
    if not losses:
        runs.insert(1, ("yeast RNA, multinomial", found["yeast RNA"], {"loss": "multinomial"}))
    rows: dict[str, list[dict[str, Any]]] = {}
    print("data", *COLUMNS, sep="\t")
    for name, store, loss in [run for run in runs if asked.only in (None, run[0])]:
        folder = asked.out / f"{name.replace(' ', '_')}.model"
        run = settings | {"training": settings["training"] | loss}
        model = gs.fit([store], run, folder, device="cpu")
        tested = {name: store}
        if getattr(model.task, "control", None) is not None:
            tested["R-loops, control learned"] = found["R-loops"]
        for title, test in tested.items():
            rows[title] = _measured(model, folder, test, title == name)
            for row in rows[title]:
                print(title, *(f"{row[column]:.4g}" for column in COLUMNS), sep="\t", flush=True)
    if asked.only is None:
        draw(asked.out / "signals.png", rows)


if __name__ == "__main__":
    main()
