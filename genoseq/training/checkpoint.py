"""The state folder of a training: killed at any moment, it goes on from the last state saved here.

    STATE/
    ├── lock                        held (flock) by the one process that may write
    ├── last.safetensors            weights, AdamW moments, losses not yet logged; in its header the
    │                               JSON of :class:`Progress`, of the fingerprint, and a checksum
    ├── best-00001500.safetensors   weights of the best validation so far, named by its step
    ├── earlier-0123456789ab/       the same of other settings (:mod:`genoseq.training.earlier`)
    └── logs/                       unless the logs go elsewhere

Every file appears by rename.  ``last`` names the ``best`` it belongs to, which is written before
it, and older ones go after it: whenever the power goes, the two fit together.  No pickle.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from genoseq.config.schema import TRAINING_FORMAT
from genoseq.config.training import TrainingSettings
from genoseq.errors import ConfigError
from genoseq.files.atomic import atomic_file
from genoseq.files.staging import remove_stale
from genoseq.files.stored import parse_json
from genoseq.models.weights import read_sealed, sealed_bytes
from genoseq.training.earlier import earlier_folder, put_aside, take_back

AHEAD = 90.0
"""Seconds before a job's time limit: its process began some seconds after the job itself."""

_log = logging.getLogger("genoseq.training")


@dataclass(slots=True)
class Progress:
    """Where a run stands; everything but its tensors.

    Attributes
    ----------
    step, validated
        Optimizer steps done, and the step of the last validation; 0 before the first.
    elapsed
        Seconds of training so far.
    best_step, best_loss, best_metrics
        The best validation so far; None, None and empty before the first.
    waited
        Validations since the best one.
    stopped
        Why the run is over; None while it goes on.
    processes
        How many trained when this was saved; 0 before.
    """

    step: int = 0
    validated: int = 0
    elapsed: float = 0.0
    best_step: int | None = None
    best_loss: float | None = None
    best_metrics: dict[str, Any] = field(default_factory=dict)
    waited: int = 0
    stopped: str | None = None
    processes: int = 0

    def fraction(self, settings: TrainingSettings, ahead: float = 0.0) -> float:
        """Fraction of a run that is over, or will be ``ahead`` steps from now; 0 to 1.

        Of its steps or of its time, whichever is further.  Without ``max_minutes`` time plays no
        part: the run is the same on a slow machine and on a fast one.
        """
        minutes = settings.max_minutes
        by_time = 0.0 if minutes is None else self.elapsed / (60 * minutes)
        return min(1.0, max((self.step + ahead) / settings.steps, by_time))

    def judge(self, loss: float, metrics: dict[str, Any], counts: bool = True) -> bool:
        """Note a validation after the present step; whether it is the best so far that counts."""
        self.validated = self.step
        better = counts and (self.best_loss is None or loss < self.best_loss)
        if better:
            self.best_step, self.best_loss, self.best_metrics = self.step, loss, metrics
        self.waited = 0 if better else self.waited + counts
        return better


def save_due(elapsed: float, saved: float, every: float, limit: float = 0.0) -> bool:
    """Whether to save a state: every so often, and once shortly before a job may end.

    Parameters
    ----------
    elapsed, saved
        Seconds of this process, now and at its last state.
    every, limit
        Seconds between two states, and those that it may take; 0: any.  At a limit some
        schedulers kill at once, and others a moment after SIGTERM, which may be too short for a
        step and a state.
    """
    last = limit - min(AHEAD, limit / 10)
    return elapsed - saved >= every or (limit > 0 and elapsed >= last > saved)


class StateFolder:
    """Reads and writes the files of one state folder; made by :func:`open_state`."""

    def __init__(self, path: Path, fingerprint: Mapping[str, Any], curve: Path | None) -> None:
        self.path, self.last, self._curve = path, path / "last.safetensors", curve
        self._parts = {name: _digest(part) for name, part in fingerprint.items()}

    def load(self) -> tuple[Progress, dict[str, Tensor], str]:
        """The saved state, and a line for the log; no step and no tensors if the run has to start
        from the beginning.

        A state of other settings is put aside, and one of these that was put aside is taken back.
        """
        if not self.last.exists():
            return self._earlier("starting")
        try:
            header, tensors = _read(self.last)
            progress = parse_progress(header["progress"])
            if header["parts"] != self._parts:
                changed = {name for name, _ in self._parts.items() ^ header["parts"].items()}
                self._put_aside(header["parts"], progress.best_step)
                what = " and ".join(sorted(changed))
                news = f"starting afresh: {what} changed since {self.last} was saved"
                return self._earlier(news)
            if progress.best_step is not None:
                self.load_best(progress.best_step)
        except (LookupError, TypeError, ValueError, OSError) as error:
            said = str(error) if isinstance(error, ConfigError) else f"{self.last} {_why(error)}"
            return Progress(), {}, f"starting afresh: {said}"
        return progress, tensors, f"resuming after step {progress.step:,}"

    def _files(self, best: int | None) -> list[Path]:
        """Those of a state, the one that names the others last."""
        curve = [] if self._curve is None else [self._curve]
        return [*curve, *([] if best is None else [self._best(best)]), self.last]

    def _put_aside(self, parts: Mapping[str, str], best: int | None) -> None:
        files = self._files(best)
        put_aside(earlier_folder(self.path, parts), files)
        for file in reversed(files):
            file.unlink(missing_ok=True)

    def _earlier(self, news: str) -> tuple[Progress, dict[str, Tensor], str]:
        """The state of these settings that was put aside; none, and the news, if there is none."""
        own = earlier_folder(self.path, self._parts)
        if not (own / self.last.name).is_file():
            return Progress(), {}, news
        header, _ = _read(own / self.last.name)
        take_back(own, self._files(parse_progress(header["progress"]).best_step))
        progress, tensors, said = self.load()
        return progress, tensors, f"{said}, by the state that these settings had before"

    def save(self, progress: Progress, tensors: Mapping[str, Tensor]) -> None:
        """Replace the saved state; best weights it does not refer to are removed."""
        header = {"parts": self._parts, "progress": asdict(progress)}
        _write(self.last, tensors, {"genoseq": json.dumps(header)})
        kept = None if progress.best_step is None else self._best(progress.best_step)
        for path in self.path.glob("best-*.safetensors"):
            if path != kept:
                path.unlink()

    def save_best(self, step: int, weights: Mapping[str, Tensor]) -> None:
        """Write the weights of a new best validation, before the state that refers to it."""
        _write(self._best(step), weights, {})

    def load_best(self, step: int) -> dict[str, Tensor]:
        """Weights of the validation after ``step``; ConfigError if they are not there whole."""
        path = self._best(step)
        if not path.exists():
            raise ConfigError(f"{path} is missing")
        try:
            return read_sealed(path)[0]
        except (OSError, ValueError) as error:
            raise ConfigError(f"{path} {_why(error)}") from None

    def _best(self, step: int) -> Path:
        return self.path / f"best-{step:08d}.safetensors"


@contextmanager
def open_state(
    path: str | Path,
    fingerprint: Mapping[str, Any],
    writes: bool = True,
    curve: Path | None = None,
) -> Iterator[StateFolder]:
    """The state folder at ``path``, made where missing, for this process alone.

    Parameters
    ----------
    fingerprint
        All that decides the weights, as JSON data by topic (``model settings``, ``data`` ...): a
        saved state with another fingerprint is not resumed, and the topics that differ are named.
    writes
        Whether this process is to write.  If not, the folder is neither made nor locked.
    curve
        File of the learning curve, which is kept with states of other settings.

    Raises
    ------
    ConfigError
        If another process is training with the same folder.
    """
    folder = StateFolder(Path(path), {"format": TRAINING_FORMAT, **fingerprint}, curve)
    if not writes:
        yield folder
        return
    folder.path.mkdir(parents=True, exist_ok=True)
    # The lock is the kernel's, not the file's existence: it cannot outlive its process.
    with (folder.path / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise ConfigError(
                f"{path} is in use by another training ({lock.read().strip() or 'unknown'}): "
                f"wait for it, stop it, or name another folder with --state"
            ) from None
        except OSError as error:  # some network file systems have no locks
            _log.warning(
                "%s cannot be locked (%s): let no other training use it", path, error.strerror
            )
        lock.truncate(0)
        lock.write(f"process {os.getpid()} on {os.uname().nodename}\n")
        lock.flush()
        remove_stale(folder.path)
        yield folder


def parse_progress(data: Mapping[str, Any]) -> Progress:
    """What a state says; TypeError or ValueError if that cannot be."""
    progress = Progress(**data)
    numbers = [progress.step, progress.validated, progress.waited, progress.processes]
    numbers += [] if progress.best_step is None else [progress.best_step]
    if any(type(number) is not int or not 0 <= number <= 10**12 for number in numbers):
        raise ValueError(f"{numbers} are no steps")
    if type(progress.elapsed) is not float or not 0 <= progress.elapsed < math.inf:
        raise ValueError(f"{progress.elapsed} seconds")
    return progress


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Header and tensors of a state; ValueError, LookupError, TypeError or OSError if damaged."""
    tensors, metadata = read_sealed(path)
    header = parse_json(metadata["genoseq"])
    if not isinstance(header["parts"], dict):
        raise ValueError("no state of a training")
    return header, tensors


def _why(error: Exception) -> str:
    return f"cannot be read ({' '.join(str(error).split())[:200]})"


def _digest(data: Any) -> str:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _write(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str]) -> None:
    with atomic_file(path) as partial, partial.open("wb") as file:
        file.write(sealed_bytes(tensors, metadata))
        file.flush()
        os.fsync(file.fileno())
