import json
import math
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from sealing import edit

from genoseq.config.encoders import RecurrentSettings, TransformerSettings
from genoseq.config.schema import ModelSettings, StemSettings
from genoseq.errors import BundleError
from genoseq.files.provenance import make_record
from genoseq.genome.schemes import cds_phase_scheme, signal_scheme, unstranded_scheme
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle, bundle_identity, load_bundle, save_bundle
from genoseq.tasks.per_base import PerBase

torch.set_num_threads(1)
SETTINGS = ModelSettings(
    embedding=4, stem=StemSettings(width=8), encoder=RecurrentSettings(width=6)
)


@pytest.fixture
def bundle():
    torch.manual_seed(1)
    scheme = cds_phase_scheme()
    return Bundle(
        build_model(SETTINGS, PerBase(scheme)).eval(),
        SETTINGS,
        PerBase(scheme),
        context=300,
        provenance=make_record("train", {}, {"ecoli": {"ids.bin": "ab12"}}, seed=4, steps=10),
        metrics={"macro_f1": 0.5, "auprc": None},
    )


@pytest.fixture
def folder(bundle, tmp_path):
    save_bundle(tmp_path / "model", bundle)
    return tmp_path / "model"


def _edit_config(folder: Path, **changes):
    edit(folder / "config.json", **changes)


def test_a_changed_entry_is_refused(folder):
    config = folder / "config.json"
    assert '"context": 300' in config.read_text()
    config.write_text(config.read_text().replace('"context": 300', '"context": 301'))
    message = r"config.json: its checksum is not that of its entries, some were changed: copy"
    with pytest.raises(BundleError, match=message):
        load_bundle(folder)
    with pytest.raises(BundleError, match=message):
        bundle_identity(folder)


def _edit_weights(folder: Path, name: str, tensor: torch.Tensor | None):
    tensors = load_file(folder / "model.safetensors")
    tensors.pop(name, None)
    if tensor is not None:
        tensors[name] = tensor
    save_file(tensors, folder / "model.safetensors")


def test_loaded_bundle_gives_the_same_outputs(bundle, folder):
    loaded = load_bundle(folder)
    ids = torch.randint(0, 69, (2, 60))
    assert torch.equal(loaded.model(ids), bundle.model(ids))
    assert not loaded.model.training
    assert loaded.settings == SETTINGS
    assert loaded.task == PerBase(cds_phase_scheme())
    assert loaded.context == 300
    assert loaded.metrics == {"macro_f1": 0.5, "auprc": None}
    assert loaded.provenance == bundle.provenance
    assert loaded.provenance["inputs"] == {"ecoli": {"ids.bin": "ab12"}}
    assert loaded.provenance["seed"] == 4
    assert loaded.provenance["software"][0]["torch"] == torch.__version__


def test_bundle_needs_no_provenance(folder):
    (folder / "provenance.json").unlink()
    assert load_bundle(folder).provenance == {}


def test_folder_holds_weights_and_json(folder):
    names = ["config.json", "model.safetensors", "provenance.json"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert json.loads((folder / "config.json").read_text())["format"] == 2
    assert load_file(folder / "model.safetensors")["embedding.weight"].shape == (69, 4)


def test_saving_twice_gives_the_same_bytes_and_replaces(bundle, folder, tmp_path):
    save_bundle(tmp_path / "again", bundle)
    for name in ("config.json", "model.safetensors"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()
    (folder / "stray").touch()
    save_bundle(folder, bundle)
    assert not (folder / "stray").exists()


def test_bf16_weights_are_saved_as_float32(bundle, tmp_path):
    bundle.model.bfloat16()
    save_bundle(tmp_path / "half", bundle)
    loaded = load_bundle(tmp_path / "half").model.state_dict()
    assert all(weight.dtype == torch.float32 for weight in loaded.values())


def test_loading_leaves_the_random_numbers_alone(folder):
    torch.manual_seed(9)
    expected = torch.rand(3)
    torch.manual_seed(9)
    load_bundle(folder)
    assert torch.equal(torch.rand(3), expected)


def test_bundle_of_a_transformer_gives_the_same_outputs(tmp_path):
    encoder = TransformerSettings(layers=2, width=8, heads=2, window=5, registers=2)
    settings = ModelSettings(embedding=4, encoder=encoder, tied_strands=True)
    scheme = cds_phase_scheme()
    made = Bundle(build_model(settings, PerBase(scheme)).eval(), settings, PerBase(scheme), 768)
    save_bundle(tmp_path / "model", made)
    loaded = load_bundle(tmp_path / "model")
    ids = torch.randint(0, 69, (2, 60))
    assert torch.equal(loaded.model(ids), made.model(ids))
    assert loaded.settings == settings


def test_bundle_from_before_there_were_transformers_loads(bundle, folder):
    settings = json.loads((folder / "config.json").read_text())["model"]
    del settings["tied_strands"]
    _edit_config(folder, model=settings)
    ids = torch.randint(0, 69, (2, 60))
    assert torch.equal(load_bundle(folder).model(ids), bundle.model(ids))


def test_signal_bundle_keeps_how_its_outputs_are_read(tmp_path):
    task = PerBase(signal_scheme([("coverage", ".")]), "poisson")
    save_bundle(tmp_path / "m", Bundle(build_model(SETTINGS, task), SETTINGS, task, 0))
    loaded = load_bundle(tmp_path / "m").task
    assert loaded == task
    assert loaded.activation == "exp"


@pytest.mark.parametrize(
    ("activation", "loss", "scheme"),
    [
        ("softmax", "cross-entropy", cds_phase_scheme()),
        ("expm1", "mse", signal_scheme([("coverage", ".")])),
        ("exp", "poisson", signal_scheme([("coverage", ".")])),
    ],
)
def test_bundle_from_before_there_were_tasks_loads(tmp_path, activation, loss, scheme):
    task = PerBase(scheme, loss)
    made = Bundle(build_model(SETTINGS, task).eval(), SETTINGS, task, 300)
    save_bundle(tmp_path / "m", made)
    config = json.loads((tmp_path / "m/config.json").read_text())
    old = {name: value for name, value in config.items() if name not in ("task", "seal")}
    old |= {"format": 1, "scheme": scheme.to_json(), "activation": activation}
    (tmp_path / "m/config.json").write_text(json.dumps(old))
    loaded = load_bundle(tmp_path / "m")
    ids = torch.randint(0, 69, (2, 60))
    assert loaded.task == task
    assert torch.equal(loaded.model(ids), made.model(ids))


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_missing_file_is_refused(folder, name):
    (folder / name).unlink()
    with pytest.raises(BundleError, match=rf"{name}: cannot be read \(No such file"):
        load_bundle(folder)


def test_a_folder_that_is_none_is_refused(tmp_path):
    with pytest.raises(BundleError, match=r"nowhere: no such folder: a model is a folder that"):
        load_bundle(tmp_path / "nowhere")


def test_broken_json_is_refused(folder):
    (folder / "config.json").write_text('{"format": 1,')
    with pytest.raises(BundleError, match=r"config.json: not JSON"):
        load_bundle(folder)


@pytest.mark.parametrize("version", [3, "1", None])
def test_an_unknown_format_is_refused(folder, version):
    _edit_config(folder, format=version)
    with pytest.raises(BundleError, match=rf"bundle format {version!r}: genoseq .* reads format 2"):
        load_bundle(folder)


def test_a_missing_entry_is_refused(folder):
    _edit_config(folder, context=None)
    with pytest.raises(BundleError, match="'context' is missing or not int"):
        load_bundle(folder)


def test_settings_that_do_not_hold_are_refused(folder):
    _edit_config(folder, model={"embedding": 0, "colour": "red"})
    with pytest.raises(BundleError, match=r"embedding: .*; colour: "):
        load_bundle(folder)


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"name": "poetry"}, "task 'poetry' is not known here; known: per-base"),
        (
            {"name": "per-base", "loss": "sigmoid"},
            "not a per-base task: it has a scheme and a loss",
        ),
    ],
)
def test_an_unknown_task_is_refused(folder, task, message):
    _edit_config(folder, task=task)
    with pytest.raises(BundleError, match=message):
        load_bundle(folder)


def test_weights_of_another_width_are_refused_by_name(folder):
    other = SETTINGS.model_copy(update={"encoder": RecurrentSettings(width=7)})
    _edit_config(folder, model=other.model_dump(mode="json"))
    message = r"weight_ih_l0 is \[24, 8\], the settings in config.json need \[28, 8\]"
    with pytest.raises(BundleError, match=message):
        load_bundle(folder)


def test_a_scheme_of_another_size_is_refused(folder):
    _edit_config(folder, task=PerBase(unstranded_scheme(["exon"])).to_json())
    message = r"head.projection.weight is \[21, 12\], the task in config.json need \[6, 12\]"
    with pytest.raises(BundleError, match=message):
        load_bundle(folder)


def test_a_missing_tensor_is_refused(folder):
    _edit_weights(folder, "stem.convolution.bias", None)
    with pytest.raises(BundleError, match=r"tensor stem.convolution.bias is missing"):
        load_bundle(folder)


def test_a_tensor_too_many_is_refused(folder):
    _edit_weights(folder, "tail.weight", torch.zeros(2))
    with pytest.raises(BundleError, match=r"tensor tail.weight is not part of"):
        load_bundle(folder)


def test_another_number_type_is_refused(folder):
    _edit_weights(folder, "head.projection.bias", torch.zeros(21, dtype=torch.int64))
    with pytest.raises(BundleError, match=r"head.projection.bias is torch.int64, not torch.float"):
        load_bundle(folder)


def test_weights_that_are_not_finite_are_refused_at_both_ends(bundle, folder):
    bias = torch.zeros(21)
    bias[:2] = math.nan
    message = "tensor head.projection.bias has 2 of 21 weights that are not finite"
    _edit_weights(folder, "head.projection.bias", bias)
    with pytest.raises(BundleError, match=message):
        load_bundle(folder)
    bundle.model.head.projection.bias.data.copy_(bias)
    with pytest.raises(BundleError, match=message):
        save_bundle(folder, bundle)


def test_changed_weights_are_refused(folder):
    _edit_weights(folder, "head.projection.bias", torch.zeros(21))
    with pytest.raises(BundleError, match="changed since the bundle was written: copy"):
        load_bundle(folder)


def test_a_cut_file_is_refused(folder):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    with pytest.raises(BundleError, match=r"model.safetensors: not a whole safetensors file"):
        load_bundle(folder)


def test_metrics_with_nan_are_refused_and_leave_the_old_bundle(bundle, folder):
    bad = Bundle(bundle.model, SETTINGS, bundle.task, 300, metrics={"f1": math.nan})
    with pytest.raises(BundleError, match="metrics and provenance must be plain JSON"):
        save_bundle(folder, bad)
    assert load_bundle(folder).metrics["macro_f1"] == 0.5
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


@pytest.mark.parametrize("context", [-1, 10**30])
def test_a_context_that_cannot_be_is_refused(bundle, folder, context):
    with pytest.raises(BundleError, match=r"context of \S+ bp: it must be 0 to 16,777,216"):
        Bundle(bundle.model, SETTINGS, bundle.task, context)
    _edit_config(folder, context=context)
    with pytest.raises(BundleError, match=r"config.json: a context of \S+ bp cannot be"):
        load_bundle(folder)
