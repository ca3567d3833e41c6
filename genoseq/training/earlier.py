"""States of other settings: a training that is asked for by mistake costs nothing of another one.

STATE/earlier-0123456789ab/     a training's files, named by the digest of its fingerprint
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from genoseq.files.atomic import atomic_file, atomic_folder

KEPT = 3
"""How many are kept, the newest: each is some times as large as a model."""
_NAME = "earlier-"


def earlier_folder(state: Path, parts: Mapping[str, str]) -> Path:
    """Where the files of a training of this fingerprint are kept."""
    text = "\n".join(f"{name} {digest}" for name, digest in sorted(parts.items()))
    return state / (_NAME + sha256(text.encode()).hexdigest()[:12])


def put_aside(folder: Path, files: Sequence[Path]) -> None:
    """Copy those of the files that are there, whole or not at all; the oldest folders go."""
    with atomic_folder(folder) as partial:
        for file in files:
            if file.is_file():
                shutil.copyfile(file, partial / file.name)
    others = sorted(folder.parent.glob(f"{_NAME}*"), key=lambda path: path.stat().st_mtime_ns)
    for old in others[:-KEPT]:
        shutil.rmtree(old)


def take_back(folder: Path, files: Sequence[Path]) -> None:
    """Copy them to their places, in this order; what was not kept is removed there."""
    for file in files:
        kept = folder / file.name
        if not kept.is_file():
            file.unlink(missing_ok=True)
            continue
        with atomic_file(file) as partial:
            shutil.copyfile(kept, partial)
    shutil.rmtree(folder)
