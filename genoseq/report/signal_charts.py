"""Plots and tables of models of signals: r by bin, what replicates allow, and bins as points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from genoseq.report.charts import Axis, Chart, Data, Number, Series, lines
from genoseq.report.results import ModelResult
from genoseq.report.tables import Field, Shown, Table

_MOST_SIGNALS = 12
"""Signals with plots of their own; all are in the tables."""
_MOST_POINTS = 300
"""Of a plot of points."""
_CEILING = 7
"""Number of the colour of what replicates allow."""


def by_bin_charts(models: Sequence[ModelResult]) -> list[Chart]:
    """For each signal Pearson's r by bin, of every model, and the ceiling of replicates."""
    rows = {model.name: _pooled(model) for model in models}
    labels = list(dict.fromkeys(row["signal"] for own in rows.values() for row in own))
    return [
        _by_bin(label, number, {name: _of(own, label) for name, own in rows.items()})
        for number, label in enumerate(labels[:_MOST_SIGNALS])
    ]


def _by_bin(label: str, number: int, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> Chart:
    series = [
        Series(name, _curve(own, "pearson"), at, at, dots=True)
        for at, (name, own) in enumerate(rows.items())
    ]
    limits = next((found for own in rows.values() if (found := _curve(own, "ceiling"))), [])
    if limits:
        series.append(Series("ceiling of replicates", limits, _CEILING, 2, dots=True))
    series = [each for each in series if each.points]
    values = [y for each in series for _, y in each.points]
    ends = [x for each in series for x, _ in each.points]
    low = min(0.0, *values) if values else 0.0
    drawing = lines(
        series, Axis("bin, log10 bp", 0.0, max([1.0, *ends])), Axis("Pearson r", low, 1.0)
    )
    told = "; ".join(
        f"{each.name} {', '.join(f'{y:.3f} at {10**x:,.0f} bp' for x, y in each.points)}"
        for each in series
    )
    data: list[list[str | Number]] = [
        [name, row["bin"], row["pearson"], row["low"], row["high"], row["ceiling"]]
        for name, own in rows.items()
        for row in own
    ]
    return Chart(
        f"by-bin-{number}",
        f"Correlation by bin: {label}",
        f"Pearson r of {label} by size of bins: {told or 'not defined'}",
        drawing,
        Data(["model", "bin", "pearson", "low", "high", "ceiling"], data),
        [(each.name, each.colour, each.dash) for each in series],
    )


def scatter_charts(models: Sequence[ModelResult]) -> list[Chart]:
    """For each model and signal, bins predicted and measured, by genome, on the log1p scale."""
    return [
        _scatter(model, label, f"scatter-{number}-{at}")
        for number, model in enumerate(models)
        for at, label in enumerate(list(dict.fromkeys(p.signal for p in model.scatter)))
        if at < _MOST_SIGNALS
    ]


def _scatter(model: ModelResult, label: str, key: str) -> Chart:
    own = [point for point in model.scatter if point.signal == label]
    sizes = sorted({point.bin for point in own})
    size = sizes[len(sizes) // 2]
    kept = [point for point in own if point.bin == size]
    genomes = list(dict.fromkeys(point.genome for point in kept))
    step = -(-len(kept) // _MOST_POINTS)
    series = [
        Series(
            genome,
            [(_log(p.measured), _log(p.predicted)) for p in kept[::step] if p.genome == genome],
            number,
            dots=True,
            joined=False,
        )
        for number, genome in enumerate(genomes)
    ]
    ends = [_log(value) for point in kept for value in (point.measured, point.predicted)]
    low, high = min(0.0, *ends), max(1.0, *ends)
    data: list[list[str | Number]] = [[p.genome, p.measured, p.predicted] for p in kept]
    return Chart(
        key,
        f"{model.name}: {label} in bins of {size:,} bp",
        f"Predicted and measured {label} of {len(kept):,} bins of {size:,} bp, log10 of 1 + value",
        lines(
            series, Axis("measured, log10(1 + x)", low, high), Axis("predicted", low, high), True
        ),
        Data(["genome", "measured", "predicted"], data),
        [(each.name, each.colour, each.dash) for each in series],
    )


def by_bin_table(models: Sequence[ModelResult]) -> Table | None:
    """A row for each model, genome, signal and bin; None without signals."""
    rows: list[list[Field]] = [
        [
            *(model.name, row["genome"], row["signal"], row["bin"], row["bins"]),
            _with_ends(row),
            *(row["pearson_log1p"], row["spearman"], row["replicates"], row["ceiling"]),
        ]
        for model in models
        for row in model.metrics.get("by_bin", [])
    ]
    head = ["model", "genome", "signal", "bin", "bins", "pearson", "pearson log1p", "spearman"]
    caption = "Signals by bin and genome (* is all), and what replicates of them allow"
    return Table("bins", caption, [*head, "replicates", "ceiling"], rows) if rows else None


def grouped_table(models: Sequence[ModelResult], group: str, caption: str) -> Table | None:
    """A row for each model, genome and signal: correlations over its genes or regions.

    Parameters
    ----------
    group
        ``gene`` or ``region``.

    Returns
    -------
    None where nothing was measured of such groups.
    """
    found = [(model.name, row) for model in models for row in model.metrics.get(f"by_{group}", [])]
    columns = ["genome", "signal", f"{group}s", "pearson", "pearson_log1p", "spearman"]
    columns += ["inside"] if group == "region" else []
    rows: list[list[Field]] = [[name, *(row[each] for each in columns)] for name, row in found]
    head = ["model", *(name.replace("_", " ") for name in columns)]
    return Table(f"by-{group}", caption, head, rows) if rows else None


def _with_ends(row: Mapping[str, Any]) -> Field:
    if row["pearson"] is None or row["low"] is None:
        return row["pearson"]  # type: ignore[no-any-return]
    return Shown(row["pearson"], f"{row['pearson']:.4f} ({row['low']:.3f} to {row['high']:.3f})")


def _pooled(model: ModelResult) -> list[Mapping[str, Any]]:
    return [row for row in model.metrics.get("by_bin", []) if row["genome"] == "*"]


def _of(rows: Sequence[Mapping[str, Any]], label: str) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["signal"] == label]


def _curve(rows: Sequence[Mapping[str, Any]], figure: str) -> list[tuple[float, float]]:
    return [(math.log10(row["bin"]), row[figure]) for row in rows if row[figure] is not None]


def _log(value: float) -> float:
    return math.copysign(math.log10(1 + abs(value)), value)
