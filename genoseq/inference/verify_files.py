"""What genoseq wrote and reads back, compared byte for byte with the checksums it was written with:
what ``genoseq verify`` does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from genoseq.errors import ConfigError, GenoseqError, InputFormatError
from genoseq.files.atomic import PathLike
from genoseq.files.names import DECODER, WEIGHTS
from genoseq.files.provenance import read_record
from genoseq.files.stored import LARGEST_INDEX, check_seal, read_json
from genoseq.models.bundle import load_bundle
from genoseq.models.weights import read_sealed
from genoseq.store.index import FORMAT, PAIRS_FORMAT
from genoseq.store.index import INDEX as STORE
from genoseq.store.pairs import verify_pairs
from genoseq.store.store import verify_store
from genoseq.writers.manifest import MANIFEST, md5_of, read_manifest
from genoseq.writers.scores import INDEX as SCORES
from genoseq.writers.scores import read_scores

STATE = "last.safetensors"


@dataclass(frozen=True)
class Verified:
    """A folder that is as it was written.

    Attributes
    ----------
    path, kind
        Where it is, and what.
    size
        Bytes of its files.
    """

    path: Path
    kind: str
    size: int


def verify_files(paths: Sequence[PathLike]) -> list[Verified]:
    """Read folders whole, and those in them: stores, models, states, scores and tracks.

    Raises
    ------
    ConfigError
        With everything that is damaged, a line each; or if a path holds none of those.
    """
    found: list[Verified] = []
    problems: list[str] = []
    for path in map(Path, paths):
        folders = list(_folders(path))
        if not folders:
            problems.append(f"{path}: no store, model, training state, scores or tracks here")
        for folder, kind in folders:
            try:
                _KINDS[kind][1](folder)
                read_record(folder)
            except GenoseqError as error:
                problems += str(error).splitlines()
            except OSError as error:
                problems.append(f"{error.filename or folder}: {error.strerror or error}")
            else:
                size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
                found.append(Verified(folder, _KINDS[kind][0], size))
    if problems:
        raise ConfigError(problems)
    return found


def _folders(path: Path) -> Iterator[tuple[Path, str]]:
    """Folders of a known kind, and the file that tells it; this one, or those in it."""
    known = [name for name in _KINDS if (path / name).is_file()]
    if known[:1] == [STORE] and not _may_be_store(path / STORE):
        known = known[1:]  # a report's browser has such a file too
    if known:
        yield path, known[0]
        return
    if path.is_dir() and not path.is_symlink():
        for inner in sorted(path.iterdir()):
            yield from _folders(inner)


def _may_be_store(index: Path) -> bool:
    try:
        data = read_json(index, LARGEST_INDEX)
    except (OSError, ValueError):
        return True  # and damaged, as reading it will say
    return isinstance(data, dict) and data.get("format") in (FORMAT, PAIRS_FORMAT)


def _verify_store(folder: Path) -> None:
    try:
        kind = read_json(folder / STORE, LARGEST_INDEX)["format"]
    except (ValueError, KeyError):
        kind = FORMAT  # whose reader says what is wrong
    verify_pairs(folder) if kind == PAIRS_FORMAT else verify_store(folder)


def _verify_bundle(folder: Path) -> None:
    load_bundle(folder)
    if (folder / DECODER).is_file():
        _verify_decoder(folder / DECODER)


def _verify_state(folder: Path) -> None:
    for file in [folder / STATE, *sorted(folder.glob("best-*.safetensors"))]:
        try:
            read_sealed(file)
        except ValueError as error:
            raise InputFormatError(str(error), file) from None


def _verify_outputs(folder: Path) -> None:
    """Tracks and scores: every file of the manifest, and every value of scores."""
    for file in read_manifest(folder / MANIFEST) if (folder / MANIFEST).is_file() else ():
        if not (folder / file.path).is_file():
            raise InputFormatError("is not there: write the folder again", folder / file.path)
        if md5_of(folder / file.path) != file.md5:
            raise InputFormatError("is not the file that was written", folder / file.path)
    if (folder / SCORES).is_file():
        assert read_scores(folder).whole


def _verify_decoder(path: Path) -> None:
    try:
        data = read_json(path)
        if not isinstance(data, dict):
            raise ValueError("not an object")
        check_seal(data)
    except ValueError as error:
        raise InputFormatError(f"damaged: {error}", path) from None


_KINDS: dict[str, tuple[str, Callable[[Path], None]]] = {
    STORE: ("store", _verify_store),
    WEIGHTS: ("model", _verify_bundle),
    STATE: ("training state", _verify_state),
    SCORES: ("scores", _verify_outputs),
    MANIFEST: ("tracks", _verify_outputs),
}
"""What a folder is by a file in it, and how it is read whole."""
