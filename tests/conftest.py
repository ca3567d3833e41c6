"""What tests of several rooms share: the command line as people run it, a small random model."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

# Before torch is imported, here and in processes that tests start: more tests run at once than
# there are processors (make test), and the networks are too small for two threads.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Images of containers set it, and then every process that tests start compiles genoseq anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import pytest
from command import Genoseq, run_command
from hypothesis import HealthCheck, settings

from genoseq.config.base import parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.genome.schemes import cds_phase_scheme
from genoseq.plan.processor import REFERENCE

# The process that hands tests to the others (make test) needs no torch, and they begin after it.
if TYPE_CHECKING:
    from genoseq.models.bundle import Bundle

LONG = (
    *("workflow/test_slurm.py", "browser", "workflow", "kernels", "benchmarks/test_gpu_script.py"),
    *("training", "test_recipes.py", "cli", "seams", "benchmarks"),
)
"""Folders and files that take longest: they go first, so that processes end together."""


# No test depends on how long something takes: machines are slow and shared.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than processors: the tests of Slurm, of the browser and of signals mostly wait."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first."""
    items.sort(key=lambda item: _rank(item.path))


def _rank(path: Path) -> int:
    name = path.relative_to(Path(__file__).parent).as_posix()
    # The longest of those that fit: a file's own place goes before its folder's.
    found = [part for part in LONG if name == part or name.startswith(f"{part}/")]
    return LONG.index(max(found, key=len)) if found else len(LONG)


@pytest.fixture
def quick_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is such a file system: renames on a busy disk take long."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as folder:
        yield Path(folder)


@pytest.fixture(autouse=True)
def _speed_of_the_constants(monkeypatch: pytest.MonkeyPatch) -> None:
    """Estimates in this process are those of the constants, whatever the processor."""
    monkeypatch.setattr("genoseq.plan.check.speed_here", lambda: REFERENCE)


@pytest.fixture(scope="session")
def genoseq() -> Genoseq:
    """``genoseq(*words)`` in a process of its own; the result has returncode, stdout, stderr."""
    return lambda *words: run_command("genoseq", [*map(str, words)])


@pytest.fixture
def bundle() -> Bundle:
    """Random weights, larger than usual, so that predictions vary from base to base."""
    import torch

    from genoseq.models.build import build_model
    from genoseq.models.bundle import Bundle
    from genoseq.tasks.per_base import PerBase

    settings = parse_settings(
        ModelSettings, {"embedding": 8, "stem": {"width": 16}, "encoder": {"width": 8}}
    )
    torch.manual_seed(3)
    model = build_model(settings, PerBase(cds_phase_scheme())).eval()
    with torch.no_grad():
        model.embedding.weight *= 2
        model.head.projection.weight *= 8
    return Bundle(model, settings, PerBase(cds_phase_scheme()), 96)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Two threads that wait for one another on a busy machine take ten times as long."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
