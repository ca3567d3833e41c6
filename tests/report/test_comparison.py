"""Models side by side, by the figure that suits their classes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from run_folders import make_bundle, make_evaluation

from genoseq.report.comparison import by_genome_table, comparison_table, sites_table
from genoseq.report.curves import Curve
from genoseq.report.model_charts import learning_charts
from genoseq.report.results import ModelResult, read_model
from genoseq.report.tables import metrics_table, shown


@pytest.fixture
def model(tmp_path: Path) -> ModelResult:
    return read_model(make_bundle(tmp_path), make_evaluation(tmp_path), "m")


def rare(model: ModelResult, name: str, macro_f1: float, auprc: float, called: int) -> ModelResult:
    """A model of which plus is rare, and is ``called`` so many times."""
    metrics = json.loads(json.dumps(model.metrics))
    level = metrics["channels"]
    level["macro_f1"] = macro_f1
    for row, support in zip(level["classes"], (9_900, 10, 90), strict=True):
        row |= {"support": support, "auprc": auprc, "f1": macro_f1}
    level["confusion"] = [[9_900 - called, called, 0], [10, 0, 0], [0, 0, 90]]
    return replace(model, name=name, metrics=metrics)


def rows_of(models: list[ModelResult]) -> tuple[str, list[dict[str, Any]]]:
    table = comparison_table(models)
    return table.caption, [dict(zip(table.headings, row, strict=True)) for row in table.rows]


def test_models_of_rare_classes_are_ranked_by_macro_auprc(model: ModelResult) -> None:
    misleading = rare(model, "misleading", 0.9, 0.002, 0)
    caption, rows = rows_of([misleading, rare(model, "better", 0.5, 0.3, 40)])
    assert [row["model"] for row in rows] == ["better", "misleading"]
    assert [row["macro AUPRC"] for row in rows] == [0.3, 0.002]
    assert [row["macro F1"] for row in rows] == [0.5, 0.9]
    assert [row["never called"] for row in rows] == ["none", "CDS+"]
    assert rows[0]["AUPRC CDS.plus"] == 0.3
    assert caption.endswith("the best macro AUPRC first: a class is less than 1% of the bases")


def test_models_of_common_classes_are_ranked_by_macro_f1(model: ModelResult) -> None:
    other = json.loads(json.dumps(model.metrics))
    other["channels"]["macro_f1"] = 0.7
    caption, rows = rows_of([replace(model, name="worse", metrics=other), model])
    assert [row["model"] for row in rows] == ["m", "worse"]
    assert "never called" not in rows[0]
    assert caption.endswith("the best macro F1 first")


def test_an_earlier_evaluation_has_what_it_has(model: ModelResult) -> None:
    metrics = json.loads(json.dumps(model.metrics))
    for row in metrics["channels"]["classes"]:
        for name in ("prevalence", "lift", "best_f1", "threshold", "top_k"):
            del row[name]
    del metrics["channels"]["macro_auprc"]
    earlier = replace(model, metrics=metrics)
    assert all(
        list(row[7:]) == [1.0, None, None, None, None] for row in metrics_table(earlier, 0).rows
    )
    assert comparison_table([earlier]).rows


def test_genomes_have_rows_of_their_own(model: ModelResult) -> None:
    figures = {"support": 5, "prevalence": 5e-4, "auprc": 0.2, "lift": 400.0, "best_f1": 0.3}
    rows = [
        {"genome": name, "contig": "*", "class": "site.plus", "threshold": 0.1, **figures}
        for name in ("one", "two")
    ]
    table = by_genome_table([replace(model, metrics=model.metrics | {"by_genome": rows})])
    assert table is not None
    assert [row[1] for row in table.rows] == ["one", "two"]
    assert [shown(field) for field in table.rows[0][3:6]] == ["5", "0.0005", "0.2000"]
    assert by_genome_table([model]) is None


def test_sites_have_recall_and_precision_by_distance(model: ModelResult) -> None:
    rows = [
        {
            **{"genome": name, "contig": "*", "class": "site.plus", "threshold": 4e-4, "sites": 8},
            **{"called": 4, "tolerance": bp, "recall": bp / 20, "precision": bp / 10, "f1": 0.1},
        }
        for name in ("*", "one")
        for bp in (0, 1, 3, 5, 10)
    ]
    table = sites_table([replace(model, metrics=model.metrics | {"sites": rows})])
    assert table is not None
    (row,) = table.rows  # of a single genome all of them are no row of their own
    assert row[:5] == ["m", "one", "site.plus", 8, 4]
    assert [shown(field) for field in row[5:]] == [
        *("0.0004", "0.0000", "0.0000", "0.1500", "0.3000", "0.5000", "1.0000")
    ]
    assert sites_table([model]) is None


def test_learning_curve_of_rare_classes_is_of_auprc(model: ModelResult) -> None:
    learned = Curve({"macro_f1": ((50, 0.7),), "macro_auprc": ((50, 0.2),)})
    of = replace(rare(model, "m", 0.5, 0.3, 40), learning=learned)
    (chart,) = learning_charts([of])
    assert (chart.title, chart.said[:11]) == ("Macro AUPRC of validation", "macro AUPRC")
    (chart,) = learning_charts([replace(model, learning=learned)])
    assert chart.title == "Macro F1 of validation"


def test_figures_have_their_intervals_behind_them(model: ModelResult) -> None:
    ends = {"f1": [0.25, 0.5], "auprc": [2e-4, 9e-4], "best_f1": None, "lift": [80.0, 1234.5]}
    intervals = {"macro_auprc": [0.2, 0.4], "classes": [{"name": "CDS+", **ends}]}
    of = rare(model, "m", 0.5, 0.0005, 40)
    of = replace(of, metrics=of.metrics | {"intervals": intervals})
    table = metrics_table(of, 0)
    row = dict(zip(table.headings, map(shown, table.rows[0]), strict=True))
    assert row["AUPRC"] == "0.0005 (0.0002 to 0.0009)"
    assert row["F1"] == "0.5000 (0.250 to 0.500)"
    assert row["lift"] == f"{of.rows[0]['lift']:.4f} (80.000 to 1,234)"
    assert row["best F1"] == "1.0000"
    assert "95% intervals" in table.caption
    data = table.download()
    told = dict(zip(data.columns, data.rows[0], strict=True))
    assert (told["auprc low"], told["auprc high"], told["best_f1 low"]) == (2e-4, 9e-4, None)
    _, rows = rows_of([of])
    assert shown(rows[0]["macro AUPRC"]) == "0.0005 (0.200 to 0.400)"


def test_sites_have_their_intervals_behind_them(model: ModelResult) -> None:
    ends = {"recall_low": 0.1, "recall_high": 0.3, "precision_low": None, "precision_high": None}
    row = {
        **{"genome": "one", "contig": "*", "class": "s", "threshold": 0.5, "sites": 8, "called": 4},
        **{"recall": 0.2, "precision": 0.5, "f1": 0.1, **ends},
    }
    rows = [row | {"tolerance": bp} for bp in (0, 3, 10)]
    table = sites_table([replace(model, metrics=model.metrics | {"sites": rows})])
    assert table is not None
    assert [shown(field) for field in table.rows[0][6:8]] == ["0.2000 (0.100 to 0.300)", "0.5000"]
