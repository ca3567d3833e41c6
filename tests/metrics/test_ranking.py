"""By what models are compared: what suits the rarest class."""

from __future__ import annotations

from typing import Any

import pytest

from genoseq.metrics.ranking import headline, headline_of, never_called


def report(sites: int, confusion: list[list[int]] | None = None) -> dict[str, Any]:
    rows = [
        {"name": "none", "strand": ".", "support": 1_000 - sites, "auprc": 0.9},
        {"name": "site", "strand": "+", "support": sites, "auprc": 0.2},
        {"name": "other", "strand": ".", "support": 0, "auprc": None},
    ]
    level = {"classes": rows, "macro_f1": 0.5, "confusion": confusion or [[1, 1, 1]] * 3}
    return {"kind": "classes", "channels": level}


@pytest.mark.parametrize(
    ("sites", "figure", "value"), [(9, "macro_auprc", 0.2), (10, "macro_f1", 0.5)]
)
def test_headline_is_macro_auprc_below_one_percent(sites: int, figure: str, value: float) -> None:
    assert headline_of(report(sites)) == figure
    assert headline(report(sites), figure) == value


def test_headline_of_a_class_that_is_nowhere_is_macro_f1() -> None:
    assert headline_of(report(0)) == "macro_f1"
    assert headline_of({"kind": "letters"}) is None


def test_never_called_is_what_is_there_and_no_most_probable_class() -> None:
    assert never_called(report(9, [[991, 0, 0], [9, 0, 0], [0, 0, 0]])) == ["site+"]
    assert never_called(report(9)) == []
    assert never_called({"kind": "independent", "classes": []}) == []
