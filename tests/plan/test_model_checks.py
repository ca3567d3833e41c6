"""Settings, models and sheet against one another."""

from __future__ import annotations

from pathlib import Path

import pytest
from plans import plan_of

from genoseq.errors import ConfigError


def test_make_plan_refuses_files_that_the_scheme_does_not_read(tmp_path: Path) -> None:
    sheet = "name\tfasta\tannotation\tsignal\tsplit\none\tone.fa\tone.gff3\ta.bw\tblocks\n"
    with pytest.raises(ConfigError, match="'one': its signal files are not read by a scheme of cl"):
        plan_of(tmp_path, sheet)
    other = "name\tfasta\tannotation\tcontrol\tsplit\none\tone.fa\tone.gff3\ta.bw\tblocks\n"
    with pytest.raises(ConfigError, match="'one': its control is taken off signals, and it has no"):
        plan_of(tmp_path, other)


def test_make_plan_refuses_bins_of_classes_and_of_another_step(tmp_path: Path) -> None:
    models = {"a": {"task": {"name": "per-base", "bin": 3}, "model": {"stem": {"stride": 3}}}}
    classes = "name\tfasta\tannotation\tsplit\none\tone.fa\ta\tblocks\n"
    with pytest.raises(
        ConfigError, match=r"models\.a\.task\.bin: is for signals, labels\.scheme is c"
    ):
        plan_of(tmp_path, classes, models=models)
    signals, labels = classes.replace("annotation", "signal"), {"scheme": "signal"}
    plan_of(tmp_path, signals, models=models, labels=labels)
    models["a"]["task"] = {"name": "per-base", "bin": 4}
    with pytest.raises(ConfigError, match=r"models\.a\.task\.bin 4: a step of the model has 3 bp"):
        plan_of(tmp_path, signals, models=models, labels=labels)
    with pytest.raises(
        ConfigError, match="labels: signals: are of scheme signal, not of cds-phase"
    ):
        plan_of(tmp_path, classes, labels={"signals": {"gaps": "zero"}})


@pytest.mark.parametrize(
    ("training", "scheme", "message"),
    [
        ({"class_weights": [1, 2]}, "cds-phase", r"class_weights: 2 weights, but .* has 7 states"),
        ({"class_weights": [0] * 7}, "cds-phase", "class_weights: all are 0: one must be above 0"),
        ({"class_weights": "balanced"}, "signal", "class_weights: are for classes"),
        ({"loss": "mse"}, "cds-phase", "loss: mse is not for classes: use cross-entropy or focal"),
        ({"sampling": {}}, "signal", "sampling: is of classes, labels.scheme is signal"),
        (
            {"sampling": {"classes": ["cds"]}},
            "cds-phase",
            r"sampling\.classes: cds: the classes of labels.scheme cds-phase are CDS",
        ),
        ({"loss": "focal"}, "signal", "loss: focal is not for signals: use mse or poisson"),
    ],
)
def test_make_plan_refuses_models_that_do_not_suit_the_labels(
    tmp_path: Path, training: dict[str, object], scheme: str, message: str
) -> None:
    column = "signal" if scheme == "signal" else "annotation"
    sheet = f"name\tfasta\t{column}\tsplit\none\tone.fa\ta\tblocks\n"
    settings = {"labels": {"scheme": scheme}, "models": {"a": {"training": training}}}
    with pytest.raises(ConfigError, match=rf"models\.a\.training\.{message}"):
        plan_of(tmp_path, sheet, **settings)


@pytest.mark.parametrize(
    ("task", "settings", "message"),
    [
        (
            "causal-lm",
            {},
            r"model\.encoder sees what comes next \(bidirectional lstm, 1 x 64\): wr",
        ),
        (
            "causal-lm",
            {},
            r"model\.tokenizer: k 3 at stride 1 gives the next base away: write k: 3",
        ),
        ("masked-lm", {"model": {"tied_strands": True}}, r"model\.tied_strands: a masked-lm reads"),
        (
            "masked-lm",
            {"model": {"strands": "one"}},
            r"model\.strands one: bits of a masked-lm are",
        ),
        (
            "masked-lm",
            {"training": {"teacher": "bacteria"}},
            r"training\.teacher: is for labels of bases, which a masked-lm has none of",
        ),
        ("masked-lm", {"training": {"loss": "mse"}}, r"training\.loss mse: is for labels of bases"),
        (
            "masked-lm",
            {"training": {"class_weights": "balanced"}},
            r"training\.class_weights: is for labels of bases, which a masked-lm has none of",
        ),
    ],
)
def test_make_plan_refuses_networks_that_a_task_cannot_be_learned_with(
    tmp_path: Path, task: str, settings: dict[str, object], message: str
) -> None:
    sheet = "name\tfasta\tsplit\none\tone.fa\tblocks\n"
    with pytest.raises(ConfigError, match=rf"models\.a\.{message}"):
        plan_of(tmp_path, sheet, models={"a": {"task": {"name": task}, **settings}})


def test_make_plan_refuses_rules_of_calls_that_do_not_suit_the_labels(tmp_path: Path) -> None:
    sheet = "name\tfasta\tannotation\tsplit\none\tone.fa\ta\tblocks\n"
    for score, message in (
        ({"peaks": {"TSS": {}}}, r"score\.peaks TSS: no such class; there are CDS"),
        ({"segments": {"CDS": {"threshold": 1e-4}}}, r"score\.segments CDS: .* steps of 0\.001"),
    ):
        with pytest.raises(ConfigError, match=message):
            plan_of(tmp_path, sheet, score=score)


def test_make_plan_refuses_what_one_strand_or_a_teacher_cannot_do(tmp_path: Path) -> None:
    sheet = "name\tfasta\tannotation\tsplit\none\tone.fa\ta\tblocks\n"
    one = {"a": {"model": {"strands": "one"}}}
    with pytest.raises(ConfigError, match=r"models\.a\.model\.strands one: score\.confidence dis"):
        plan_of(tmp_path, sheet, models=one, score={"confidence": ["disagreement"]})
    plan_of(tmp_path, sheet, models=one, score={"confidence": ["margin"]})
    signals, taught = sheet.replace("annotation", "signal"), {"teacher": "bacteria"}
    with pytest.raises(ConfigError, match=r"models\.a\.training\.teacher: teaches classes"):
        plan_of(tmp_path, signals, models={"a": {"training": taught}}, labels={"scheme": "signal"})
