"""Models that tell bases beside those of labels: what each learns from, and begins with."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from plans import plan_of, tokenize_options, wild

from genoseq.config.base import parse_settings
from genoseq.config.schema import RunSettings
from genoseq.errors import ConfigError
from genoseq.files.names import CONFIG
from genoseq.files.stored import read_json
from genoseq.plan.genomes import missing_files
from genoseq.plan.model_rules import teacher_files
from genoseq.pretrained.registry import model_folder

SHEET = """\
name\tfasta\tannotation\tmask\tsplit
one\tone.fa\tone.gff3\tone.bed\tblocks
bare\tbare.fa\t-\t-\tblocks
more\tmore.fa\t-\t-\ttrain
new\tnew.fa\t-\t-\tscore
"""
LABELLED = "name\tfasta\tannotation\tsplit\none\tone.fa\ta\tblocks\n"
CAUSAL = {
    "task": {"name": "causal-lm"},
    "model": {
        "tokenizer": {"k": 3, "stride": 3},
        "stem": None,
        "encoder": {"bidirectional": False},
    },
}
MASKED = {"task": {"name": "masked-lm"}, "model": {"embedding": 8}}
MODELS = {"classes": {}, "masked": MASKED, "tuned": {"init": "masked", "freeze": True}}


def test_language_models_learn_from_genomes_without_labels_too(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SHEET, models=MODELS)
    assert plan.learned() == ["one", "bare", "more"]
    assert plan.stores_of("test")(wild(model="masked")) == [
        f"<results>/stores/{name}" for name in ("one", "bare", "more")
    ]
    for model in ("classes", "tuned"):
        assert plan.stores_of("test")(wild(model=model)) == ["<results>/stores/one"]
    assert tokenize_options(plan, wild(genome="bare")) == "--name bare "
    assert plan.inputs("labels")(wild(genome="bare")) == []
    stores = [path for path in plan.report_input() if "/stores/" in path]
    assert len(stores) == 3


def test_models_without_labels_need_none_and_have_scores_of_their_own(tmp_path: Path) -> None:
    sheet = "name\tfasta\tsplit\none\tone.fa\tblocks\n"
    plan = plan_of(tmp_path, sheet, models={"a": CAUSAL})
    assert plan.learned() == ["one"]
    assert plan.tracks_options(wild(model="a")) == "--formats bigwig"
    score = {"by_phase": True, "formats": ["bigwig", "tsv"]}
    plan = plan_of(tmp_path, SHEET, models={"a": CAUSAL, "b": {}}, score=score, genes={})
    assert plan.score_options(wild(model="a")) == "--precision auto"
    assert plan.score_options(wild(model="b")) == "--precision auto --by-phase"
    assert plan.tracks_options(wild(model="a")) == "--formats bigwig,tsv"
    genes = [path for path in plan.report_input() if "/genes/" in path]
    assert len(genes) == 4
    assert all(path.endswith("/b") for path in genes)


def test_model_goes_on_from_another_with_its_network(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SHEET, models=MODELS)
    tuned, masked = plan.config.models["tuned"], plan.config.models["masked"]
    assert tuned.model == masked.model
    assert tuned.decisive().keys() == {"model", "training"}
    assert plan.init_bundle(wild(model="tuned")) == ["<results>/models/masked"]
    brought = wild(init=["storage/masked"])
    assert plan.init_options(wild(model="tuned"), brought) == "--init-from storage/masked"
    assert plan.freeze_option(wild(model="tuned")) == "--freeze"
    assert plan.init_options(wild(model="masked"), wild(init=[])) == ""
    assert plan.freeze_option(wild(model="masked")) == ""


def test_model_goes_on_from_one_in_the_box_or_from_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    network = read_json(model_folder("bacteria") / CONFIG)["model"]
    model = network | {"strands": "one", "dropout": 0}
    plan = plan_of(tmp_path, LABELLED, models={"a": {"init": "bacteria", "model": model}})
    assert plan.config.models["a"].model.strands == "one"
    assert plan.init_bundle(wild(model="a")) == []
    assert plan.init_options(wild(model="a"), wild(init=[])) == "--init-from bacteria"
    shutil.copytree(model_folder("bacteria"), "other/big")
    plan = plan_of(tmp_path, LABELLED, models={"a": {"init": "other/big", "model": model}})
    files = ["other/big/config.json", "other/big/model.safetensors"]
    assert plan.init_bundle(wild(model="a")) == files
    assert plan.init_options(wild(model="a"), wild(init=files)) == "--init-from other/big"


def test_entry_of_models_is_taken_before_a_model_in_the_box(tmp_path: Path) -> None:
    models = {"bacteria": {}, "a": {"init": "bacteria", "model": {"dropout": 0.3}}}
    plan = plan_of(tmp_path, LABELLED, models=models)
    assert plan.init_bundle(wild(model="a")) == ["<results>/models/bacteria"]
    assert plan.config.models["a"].model.dropout == 0.3
    assert plan.config.models["bacteria"].model.dropout == 0.1


@pytest.mark.parametrize(
    ("models", "said"),
    [
        ({"a": {"init": "b"}}, "models.a.init 'b': no such model: use a, one in the box (bacteria"),
        ({"a": {"init": "no/b"}}, "models.a.init 'no/b': no such model: use a, one in the box"),
        (
            {"a": {"init": "bacteria", "model": {"embedding": 9, "strands": "one"}}},
            "models.a.model is not that of bacteria, whose weights it goes on from: write model: {",
        ),
        ({"a": {"init": "b"}, "b": {"init": "a"}}, "b.init 'a': goes on from itself"),
        ({"a": {"freeze": True}}, "a.freeze: weights to freeze come from another model: name init"),
        (
            {"a": {}, "b": {"init": "a", "model": {"embedding": 9}}},
            "b.model is not that of a, whose weights it goes on from: leave it out",
        ),
    ],
)
def test_beginnings_that_cannot_be_are_refused(
    tmp_path: Path, models: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigError) as error:
        plan_of(tmp_path, SHEET, models=models)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("sheet", "settings", "said"),
    [
        (
            SHEET.replace("one.gff3\tone.bed", "-\t-"),
            {"models": MODELS},
            "no genome with labels to train on: give one",
        ),
        (
            SHEET.replace("bare.fa\t-\t-", "bare.fa\t-\tx.bed"),
            {"models": MODELS},
            "genome 'bare': it has no labels for its mask to tell of: write -",
        ),
        (SHEET, {"models": {"a": {}}}, "genome 'bare': split 'blocks' needs labels"),
        (SHEET, {"models": {"a": CAUSAL}, "genes": {}}, "none learns labels: leave genes out"),
        (
            SHEET,
            {"models": MODELS, "score": {"formats": ["bed"]}},
            "score.formats: none can hold what models.masked tells (signal): add bigwig",
        ),
    ],
)
def test_sheets_that_do_not_suit_the_models_are_refused(
    tmp_path: Path, sheet: str, settings: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigError) as error:
        plan_of(tmp_path, sheet, **settings)
    assert said in str(error.value)


def test_baselines_learn_from_the_stores_of_training(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SHEET, models=MODELS)
    name = next(iter(MODELS))
    learned = plan.baseline_stores(wild(model=name))
    assert learned == plan.stores("test", name)
    assert learned
    options = plan.baseline_options(wild(model=name), SimpleNamespace(learned=learned))
    assert shlex.split(options) == [word for path in learned for word in ("--learn-from", path)]
    off = plan_of(tmp_path, SHEET, models=MODELS, evaluate={"baselines": False})
    assert off.baseline_stores(wild(model=name)) == []
    assert off.baseline_options(wild(model=name), SimpleNamespace(learned=[])) == "--no-baselines"


def test_rules_of_calls_go_to_tracks_and_digits_to_scores(tmp_path: Path) -> None:
    score = {"digits": 2, "segments": {"CDS": {"min": 30}}, "peaks": {"CDS": {"threshold": 0.2}}}
    sheet = "name\tfasta\tannotation\tsplit\none\tone.fa\ta\tblocks\n"
    plan = plan_of(tmp_path, sheet, models={"a": {}}, score=score)
    binned = plan_of(tmp_path, sheet, models={"a": {}}, score={"bin": 25, "bin_by": "max"})
    assert binned.score_options(wild(model="a")) == "--precision auto"  # shards are joined before
    wanted = "--formats bigwig,bed --bin 25 --bin-by max"
    assert binned.tracks_options(wild(model="a")) == wanted
    assert plan.score_options(wild(model="a")) == "--precision auto --digits 2"
    assert plan.tracks_options(wild(model="a")) == (
        "--formats bigwig,bed --segments CDS:min=30,gap=0 --peaks CDS:threshold=0.2,distance=10"
    )


def test_files_of_a_teacher_are_inputs_unless_it_is_in_the_box(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def files(teacher: str | None) -> list[str]:
        return teacher_files(parse_settings(RunSettings, {"training": {"teacher": teacher}}))

    assert files(None) == files("bacteria") == []
    wanted = ["models/big/config.json", "models/big/model.safetensors"]
    assert files("models/big") == wanted
    Path("bacteria").mkdir()
    assert files("bacteria") == ["bacteria/config.json", "bacteria/model.safetensors"]
    taught = {"a": {"training": {"teacher": "models/big"}}}
    assert missing_files(plan_of(tmp_path, LABELLED, models=taught))[-2:] == wanted
