"""Which evaluation and which tracks are of which model: told by the checksum of its weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genoseq.errors import InputFormatError
from genoseq.files.names import WEIGHTS
from genoseq.files.provenance import PROVENANCE, read_record
from genoseq.store.store import Store

_AGAIN = "genoseq evaluate writes it again, or genoseq run --forcerun evaluate"
_SCORE_AGAIN = "make it again, or genoseq run --forcerun score genes"


@dataclass(frozen=True)
class Made:
    """A folder that was made with a model.

    Attributes
    ----------
    inputs
        SHA-256 of each of its inputs' files, by what the input is.
    """

    path: Path
    inputs: Mapping[str, Mapping[str, str]]

    @property
    def weights(self) -> str:
        """SHA-256 of the weights it was made with; empty if that is not known."""
        return self.inputs.get("model", {}).get(WEIGHTS, "")


def read_made(folder: Path, again: str) -> Made:
    """What a folder says of how it was made.

    Raises
    ------
    InputFormatError
        If it does not say of which model it is.
    """
    made = Made(folder, (read_record(folder) or {}).get("inputs", {}))
    if not made.weights:
        raise InputFormatError(f"no {PROVENANCE} that says of which model it is: {again}", folder)
    return made


def pair_evaluations(
    bundles: Mapping[Path, str], evaluations: Iterable[Path], stores: Sequence[Store]
) -> dict[Path, Path]:
    """The evaluation of each bundle.

    Parameters
    ----------
    bundles
        SHA-256 of the weights by folder.
    evaluations
        Folders of evaluations.
    stores
        Those that the page shows.

    Raises
    ------
    InputFormatError
        If a bundle has no evaluation or two, or an evaluation is of none of them, or was measured
        on another store than the one of this name.
    """
    pairs: dict[Path, Path] = {}
    for folder in evaluations:
        made = read_made(folder, _AGAIN)
        bundle = _bundle_of(made, bundles, _AGAIN)
        if bundle in pairs:
            raise InputFormatError(
                f"this and {pairs[bundle]} are both evaluations of {bundle}: give one", folder
            )
        _check_stores(made, stores)
        pairs[bundle] = folder
    for bundle in bundles:
        if bundle not in pairs:
            raise InputFormatError(
                f"model {bundle.name!r}: give its bundle and its evaluation", bundle
            )
    return pairs


def model_of_output(folder: Path, bundles: Mapping[Path, str]) -> Path | None:
    """The bundle that tracks or genes were made with; None of the mean of several models, and where
    the page shows no model.

    Raises
    ------
    InputFormatError
        If it is none of them, or one of several is not.
    """
    if not bundles:
        return None
    inputs = (read_record(folder) or {}).get("inputs", {})
    several = [files for name, files in inputs.items() if name.startswith("model ")]
    for files in several:
        _bundle_of(Made(folder, {"model": files}), bundles, _SCORE_AGAIN)
    if several:
        return None
    return _bundle_of(read_made(folder, _SCORE_AGAIN), bundles, _SCORE_AGAIN)


def _bundle_of(made: Made, bundles: Mapping[Path, str], again: str) -> Path:
    """The bundle a folder was made with; of equal ones that of its name."""
    fitting = [bundle for bundle, weights in bundles.items() if weights == made.weights]
    if fitting:
        return next((bundle for bundle in fitting if bundle.name == made.path.name), fitting[0])
    of = f"made with a model of weights {made.weights[:12]}"
    for bundle, weights in bundles.items():
        if bundle.name == made.path.name:
            raise InputFormatError(
                f"stale, {of}, but {bundle} has weights {weights[:12]} now: {again}", made.path
            )
    given = ", ".join(f"{path} ({weights[:12]})" for path, weights in bundles.items())
    raise InputFormatError(
        f"{of}, which is none of the models here, {given or 'of which there are none'}: give its "
        f"model too, or leave it out",
        made.path,
    )


def _check_stores(made: Made, stores: Sequence[Store]) -> None:
    """InputFormatError if a store was made anew since, with other labels or bases."""
    for store in stores:
        measured = made.inputs.get(f"store {store.name}")
        same_name = [other for other in stores if other.name == store.name]
        if measured and not any(dict(other.checksums) == measured for other in same_name):
            raise InputFormatError(
                f"stale, measured on another store {store.name!r} than {store.path}, which was "
                f"made anew since: {_AGAIN}",
                made.path,
            )


def names_of(bundles: Iterable[Path]) -> dict[Path, str]:
    """What each model is called: by its folder, or by the path where two folders are alike."""
    found = list(bundles)
    names = [path.name for path in found]
    return {path: path.name if names.count(path.name) == 1 else str(path) for path in found}


def weights_of(config: Mapping[str, Any], bundle: Path) -> str:
    """SHA-256 of a bundle's weights, as its ``config.json`` says.

    Raises
    ------
    InputFormatError
        If it does not.
    """
    weights = config.get("weights_sha256")
    if not isinstance(weights, str):
        raise InputFormatError("no config.json of a model: weights_sha256 is missing", bundle)
    return weights
