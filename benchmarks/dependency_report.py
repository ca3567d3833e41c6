"""Part of dependency.py: its tables and its picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from genoseq.genome.tracks import OKABE_ITO

Runs = Sequence[Mapping[str, Any]]
Costs = Mapping[str, Mapping[str, float]]


def values_of(runs: Runs, name: str, distance: int, column: str) -> list[float]:
    """Of all seeds of a model at a distance."""
    return [
        float(each[column])
        for each in runs
        if (each["model"], each["distance"]) == (name, distance)
    ]


def distances_of(runs: Runs) -> list[int]:
    return sorted({each["distance"] for each in runs})


def print_tables(runs: Runs, costs: Costs) -> None:
    """Markdown: accuracy (all seeds), gradients before and after training, costs."""
    distances = distances_of(runs)
    head = "".join(f" {each:,} bp |" for each in distances)
    shown = {
        "accuracy": ("right answers, each seed", "{:.0%}"),
        "gradient_before": ("gradient before training", "{:.0e}"),
        "gradient_after": ("gradient after training", "{:.0e}"),
    }
    for column, (title, form) in shown.items():
        print(f"\n| {title} |{head}\n|---|" + "---|" * len(distances))
        for name in costs:
            row = f"| {name} |"
            for distance in distances:
                found = values_of(runs, name, distance, column)
                if column != "accuracy" and found:
                    found = [mean(found)]
                row += " " + (", ".join(map(form.format, found)) or "-") + " |"
            print(row)
    print_costs(costs)
    print(f"\n{len(runs)} trainings, {sum(each['cpu_seconds'] for each in runs) / 60:.0f} CPU min")


def print_costs(costs: Costs) -> None:
    """Times as multiples of the LSTM's, which are said as they are."""
    timed = [name for name in costs["LSTM"] if name.split()[-1].isdigit()]
    others = [name for name in costs["LSTM"] if name not in timed]
    head = "".join(f" {name} |" for name in [*timed, *others])
    print(f"\n| times of the LSTM's |{head}\n|---|" + "---|" * (len(timed) + len(others)))
    for name, found in costs.items():
        row = "".join(f" {found[each] / costs['LSTM'][each]:.1f} |" for each in timed)
        print(f"| {name} |{row}" + "".join(f" {found[each]:,.0f} |" for each in others))
    per_base = ", ".join(f"{each} {costs['LSTM'][each]:.2f}" for each in timed)
    print(f"\nLSTM, CPU microseconds per base: {per_base}")


def plot(runs: Runs, path: Path) -> None:
    """Accuracy and gradients against distance."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.2), layout="constrained", dpi=110)
    panels = figure.subplots(1, 3)
    columns = {
        "accuracy": "right answers",
        "gradient_before": "gradient at the answer, untrained",
        "gradient_after": "gradient at the answer, trained",
    }
    names = list(dict.fromkeys(each["model"] for each in runs))
    for axes, (column, label) in zip(panels, columns.items(), strict=True):
        for index, name in enumerate(names):
            rgb = tuple(part / 255 for part in OKABE_ITO[index])
            there = [d for d in distances_of(runs) if values_of(runs, name, d, column)]
            means = [mean(values_of(runs, name, d, column)) for d in there]
            axes.plot(there, means, "-o", label=name, color=rgb, markersize=3, linewidth=1.4)
            for distance in there:
                found = values_of(runs, name, distance, column)
                axes.plot([distance] * len(found), found, "_", color=rgb, markersize=6)
        axes.set_xscale("log", base=2)
        axes.set_xticks(distances_of(runs), map(str, distances_of(runs)))
        axes.set_xlabel("bp between base and question")
        axes.set_ylabel(label)
        axes.grid(alpha=0.3, linewidth=0.5)
        axes.spines[["top", "right"]].set_visible(False)
        if column == "accuracy":
            axes.axhline(0.25, color="grey", linestyle=":", linewidth=1)
            axes.set_ylim(0, 1.03)
        else:
            # Gradients that are 0 exactly, beyond a window's reach, lie on the axis.
            axes.set_yscale("symlog", linthresh=1e-12)
            axes.set_ylim(0, 3)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(names), frameon=False)
    figure.savefig(path)
