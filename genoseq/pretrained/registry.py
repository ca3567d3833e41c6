"""Which models come with the package, and where: a folder for each.

pretrained/NAME/
├── model.safetensors, config.json, provenance.json     a bundle (:mod:`genoseq.models.bundle`)
└── CARD.md                                             what people should know of it
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from genoseq.errors import BundleError, ConfigError, listed
from genoseq.files.atomic import PathLike
from genoseq.files.names import CONFIG
from genoseq.files.stored import read_json

DEFAULT = "bacteria"
"""The model that is taken where none is named."""
OF_READS = "bacteria-reads"
"""The model for sequence with many indels."""
CARD = "CARD.md"
_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class ShippedModel:
    """A model that comes with the package.

    Attributes
    ----------
    name
        What it is called by.
    path
        Its bundle.
    about
        The first sentence of its card.
    size
        Bytes of all of its files.
    sha256
        Of its weights.
    """

    name: str
    path: Path
    about: str
    size: int
    sha256: str


def shipped_models(folder: Path = _FOLDER) -> dict[str, ShippedModel]:
    """The models of a folder by name; none if it has none.

    Raises
    ------
    BundleError
        If the ``config.json`` of one is damaged.
    """
    found = sorted(path.parent for path in folder.glob(f"*/{CONFIG}"))
    return {path.name: _shipped(path) for path in found}


def _shipped(path: Path) -> ShippedModel:
    try:
        config = read_json(path / CONFIG)
        sha256 = str(config["weights_sha256"])
    except (ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{path / CONFIG}: damaged ({error}): install genoseq again") from None
    size = sum(file.stat().st_size for file in path.iterdir() if file.is_file())
    lines = (line.strip() for line in _card(path).splitlines())
    about = next((line for line in lines if line and not line.startswith("#")), "")
    return ShippedModel(path.name, path, about, size, sha256)


def _card(path: Path) -> str:
    return (path / CARD).read_text() if (path / CARD).is_file() else ""


def text_of_card(name: str, folder: Path = _FOLDER) -> str:
    """The card of a model in the box, Markdown; empty if it has none.

    Raises
    ------
    BundleError
        If there is no such model.
    """
    models = shipped_models(folder)
    if name not in models:
        raise BundleError(f"{name}: {_there(models)}")
    return _card(models[name].path)


def model_folder(model: PathLike | None = None, folder: Path = _FOLDER) -> Path:
    """The folder of a model: of a path, of the name of a model in the box, or of the default one.

    A folder that is there is taken before a model in the box of the same name.  What has a ``/`` is
    a path and no name.

    Raises
    ------
    BundleError
        If there is no such folder, nor, of a name, such a model; the message lists the models.
    ConfigError
        If none is named, and the default one is not in the box.
    """
    name = DEFAULT if model is None else str(model)
    if model is not None and Path(name).exists():
        return Path(name)
    if Path(name).name != name:  # text may: a Path has lost the ./ of ./NAME
        raise BundleError(f"{name}: no such folder: a model is a folder that genoseq train makes")
    models = shipped_models(folder)
    if name in models:
        return models[name].path
    if model is None:
        raise ConfigError(
            f"no model is named, and this version of genoseq comes without its own ({DEFAULT}): "
            f"name the folder of one, made by genoseq train"
        )
    raise BundleError(f"{name}: no such folder, and {_there(models)}")


def _there(models: Mapping[str, ShippedModel]) -> str:
    if not models:
        return "no model comes with this version of genoseq: name a folder, made by genoseq train"
    return f"no model of that name comes with genoseq: there is {listed(models)} (genoseq models)"
