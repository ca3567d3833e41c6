"""Labels of bases that may be of several classes: each class and strand by itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from test_priority import SPLICED

from genoseq.config.labels import LabelSettings
from genoseq.errors import InputFormatError
from genoseq.genome.annotation import Annotation
from genoseq.genome.features import Feature
from genoseq.genome.regions import Region
from genoseq.labels.classes import plan_labels
from genoseq.store.build import tokenize

CLASSES = ("intron", "splice_donor", "exon", "CDS", "TSS")


def settings(*classes: str, scheme: str = "stranded", **rest: object) -> LabelSettings:
    return LabelSettings.model_validate(
        {"scheme": scheme, "classes": classes, "exclusive": False, **rest}
    )


def bases(
    features: list[Feature], asked: LabelSettings, mask: list[Region] | None = None
) -> dict[str, list[int]]:
    """Bases of each state, by its class and strand; unknown ones behind a ``?``."""
    labels = plan_labels(Annotation(features), asked, mask or (), {"c": 64})
    found = labels.of("c", 0, 64)
    assert found.shape == (64, len(labels.scheme))
    assert np.array_equal(labels.of("c", 17, 41), found[17:41])
    told = {}
    for column, state in zip(found.T, labels.scheme.states, strict=True):
        name = state.name + state.strand.strip(".")
        told[name] = np.flatnonzero(column == 1).tolist()
        told[f"{name}?"] = np.flatnonzero(column == 255).tolist()
    return told


def test_a_base_is_of_every_class_that_it_has() -> None:
    found = bases(SPLICED, settings(*CLASSES))
    assert found["intron+"] == list(range(20, 40))
    assert found["splice_donor+"] == [20, 21]
    assert found["exon+"] == [*range(2, 20), *range(40, 60)]
    assert found["CDS+"] == [*range(5, 20), *range(40, 46)]
    assert (found["TSS+"], found["TSS-"]) == ([25], [30])
    assert not any(found[name] for name in found if name.endswith("?"))
    assert bases(SPLICED, settings(*CLASSES[::-1])) == found


def test_strands_do_not_exclude_one_another() -> None:
    features = [Feature("c", 4, 9, "+", "x"), Feature("c", 6, 12, "-", "x")]
    found = bases(features, settings("x"))
    assert (found["x+"], found["x-"]) == (list(range(4, 9)), list(range(6, 12)))
    assert bases(features, settings("x", scheme="unstranded"))["x"] == list(range(4, 12))


def test_what_is_not_known_is_unknown_of_its_class_alone() -> None:
    features = [
        Feature("c", 4, 9, "+", "x"),
        Feature("c", 7, 12, ".", "x"),
        Feature("c", 0, 30, "-", "y"),
    ]
    found = bases(features, settings("x", "y"), [Region("c", 28, 40)])
    assert (found["x+"], found["x+?"]) == (list(range(4, 9)), [9, 10, 11, *range(28, 40)])
    assert found["x-?"] == [*range(7, 12), *range(28, 40)]
    assert (found["y-"], found["y-?"]) == (list(range(28)), list(range(28, 40)))


def test_a_class_without_a_base_is_refused() -> None:
    with pytest.raises(InputFormatError, match="no base is labelled TSS: its bases are masked"):
        bases(SPLICED, settings(*CLASSES), [Region("c", 24, 32)])
    with pytest.raises(InputFormatError, match="no feature to label as peak"):
        bases(SPLICED, settings("peak"))


@pytest.mark.parametrize(
    "asked",
    [
        {"scheme": "cds-phase", "exclusive": False},
        {"scheme": "stranded", "classes": ["a"], "exclusive": False, "overlap": "unknown"},
    ],
)
def test_exclusive_is_of_listed_classes(asked: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="exclusive: false is for schemes stranded and unst"):
        LabelSettings.model_validate(asked)


def test_store_holds_a_label_for_each_class(tmp_path: Path) -> None:
    (tmp_path / "g.fa").write_text(">c\nACGTNACGTACGTACGTACG\n")
    (tmp_path / "a.bed").write_text("c\t2\t8\tx\t0\t+\nc\t6\t12\ty\t0\t-\n")
    store = tokenize(
        tmp_path / "g.fa", tmp_path / "a.bed", out=tmp_path / "s", labels=settings("x", "y")
    )
    labels = store.labels("c", 0, 20)
    assert labels.shape == (20, 4)
    assert (labels[4] == 255).all()
    assert labels[7].tolist() == [1, 0, 0, 1]
    assert (tmp_path / "s/labels.bin").stat().st_size == 80
