"""Models in the box: found by name, and honest where there is none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from genoseq.errors import BundleError, ConfigError
from genoseq.pretrained.registry import DEFAULT, model_folder, shipped_models, text_of_card


@pytest.fixture
def box(tmp_path: Path) -> Path:
    folder = tmp_path / "box"
    for name, card in (("bacteria", "# bacteria\n\nGenes of bacteria.\nMore.\n"), ("plain", "")):
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text(json.dumps({"weights_sha256": name * 2}))
        (folder / name / "model.safetensors").write_bytes(bytes(1_000))
        if card:
            (folder / name / "CARD.md").write_text(card)
    (folder / "__pycache__").mkdir()
    return folder


def test_shipped_models_have_name_card_size_and_checksum(box: Path) -> None:
    found = shipped_models(box)
    assert list(found) == ["bacteria", "plain"]
    bacteria = found["bacteria"]
    assert (bacteria.about, bacteria.sha256) == ("Genes of bacteria.", "bacteriabacteria")
    assert bacteria.size == sum(path.stat().st_size for path in (box / "bacteria").iterdir())
    assert text_of_card("bacteria", box).endswith("More.\n")
    assert (found["plain"].about, text_of_card("plain", box)) == ("", "")
    with pytest.raises(BundleError, match="bacteira: no model of that name"):
        text_of_card("bacteira", box)


def test_shipped_models_of_an_empty_box_are_none(tmp_path: Path) -> None:
    assert shipped_models(tmp_path) == {}
    with pytest.raises(ConfigError, match="comes without its own \\(bacteria\\): name the folder"):
        model_folder(None, tmp_path)
    with pytest.raises(BundleError, match="nothing: no such folder, and no model comes with this"):
        model_folder("nothing", tmp_path)


def test_model_folder_takes_a_name_a_path_or_the_default(box: Path, tmp_path: Path) -> None:
    assert model_folder("plain", box) == box / "plain"
    assert model_folder(None, box) == box / "bacteria"
    own = tmp_path / "mine"
    own.mkdir()
    assert model_folder(own, box) == own
    for path in ("./plain", "plain/", tmp_path / "plain"):
        with pytest.raises(BundleError, match=r"plain/?: no such folder: a model is a"):
            model_folder(path, box)
    with pytest.raises(BundleError, match="there is bacteria, plain \\(genoseq models\\)"):
        model_folder("bacteira", box)


def test_a_folder_goes_before_a_model_of_its_name(
    box: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plain").mkdir()
    monkeypatch.chdir(tmp_path)
    assert model_folder("plain", box) == Path("plain")


def test_shipped_models_names_a_damaged_one(box: Path) -> None:
    (box / "plain" / "config.json").write_text("{")
    with pytest.raises(BundleError, match=r"plain/config\.json: damaged"):
        shipped_models(box)


def test_models_of_the_package_are_whole() -> None:
    """Those that come with it can be loaded, have a card, and are small."""
    from genoseq.models.bundle import load_bundle

    models = shipped_models()
    assert DEFAULT in models
    for name, model in models.items():
        load_bundle(name)
        assert model.about, name
        assert model.size <= 6_000_000


def test_listing_models_needs_no_torch() -> None:
    script = (
        "import sys; from genoseq.cli.models import models; models(); print('torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "False"
