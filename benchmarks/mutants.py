"""Small faults made on purpose, to see whether the tests find them.

    python benchmarks/mutants.py                     all, 5 minutes of one core
    python benchmarks/mutants.py --list
    python benchmarks/mutants.py --only stitch       those whose name holds a word

Each fault of ``mutants.toml`` replaces a piece of text in a copy of the package, never here; then
the tests that it names, all of its room, are run until one fails.  First they must pass without
it.  A fault that no test finds has survived: write the test.  Exit status 1 if under 95% are found.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
MUTANTS = Path(__file__).with_suffix(".toml")
COPIED = ("genoseq", "tests", "pyproject.toml")
WANTED = 0.95
LIMIT = 300
"""Seconds; a fault that makes tests run for longer is found."""
PASSED, FAILED = 0, 1
"""Exit status of pytest; every other says that tests could not be run."""
PROFILE = "hypothesis_profile"
PROFILE_TEXT = """\
from hypothesis import Phase, settings

settings.register_profile(
    "mutants", derandomize=True, deadline=None, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile("mutants")
"""
"""The same examples each time, no deadline, and no search for the smallest one that fails."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault.

    Attributes
    ----------
    name
        What goes wrong.
    file
        Path in the package.
    old, new
        Text that is there exactly once, and what replaces it.
    tests
        Files or folders in ``tests`` that should find it.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def read_mutants(path: Path = MUTANTS) -> list[Mutant]:
    """Every fault of the list, those with equal tests together."""
    rows = tomllib.loads(path.read_text())["mutant"]
    mutants = [Mutant(**{**row, "tests": tuple(row["tests"])}) for row in rows]
    order = list(dict.fromkeys(mutant.tests for mutant in mutants))
    return sorted(mutants, key=lambda mutant: order.index(mutant.tests))


def mutated(mutant: Mutant, text: str) -> str:
    """The text with the fault; ValueError if what it replaces is not there exactly once."""
    found = text.count(mutant.old)
    if found != 1:
        raise ValueError(
            f"{mutant.name}: genoseq/{mutant.file} has {mutant.old!r} {found} times: mend "
            f"{MUTANTS.name}"
        )
    return text.replace(mutant.old, mutant.new)


@contextmanager
def applied(mutant: Mutant, copy: Path) -> Iterator[None]:
    """The fault in the copy, for as long as it is tested."""
    file = copy / "genoseq" / mutant.file
    text = file.read_text()
    file.write_text(mutated(mutant, text))
    try:
        yield
    finally:
        file.write_text(text)


def failure(tests: Sequence[str], copy: Path) -> str:
    """What the tests say on the copy, empty if all pass; RuntimeError if they cannot be run."""
    # Without conftest.py, which imports torch; only its fixtures for whole models need it.
    words = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--noconftest"]
    words += ["-p", PROFILE, *(f"tests/{name}" for name in tests)]
    # No bytecode: a fault of equal size, made in the same second, would not be seen.
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    # Plugins of pytest, of which no test of these rooms needs one, take two seconds to load.
    environment |= {"OMP_NUM_THREADS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    try:
        done = subprocess.run(
            words, cwd=copy, env=environment, capture_output=True, text=True, timeout=LIMIT,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"longer than {LIMIT} s"
    if done.returncode not in (PASSED, FAILED):
        raise RuntimeError(f"{' '.join(tests)}: pytest failed\n{done.stdout}{done.stderr}")
    return "" if done.returncode == PASSED else done.stdout


def check(mutants: Sequence[Mutant], copy: Path) -> list[Mutant]:
    """Run every fault and print a line for each; those that survived."""
    passed: set[tuple[str, ...]] = set()
    survived = []
    width = max(len(mutant.name) for mutant in mutants)
    for mutant in mutants:
        if mutant.tests not in passed:
            if told := failure(mutant.tests, copy):
                raise RuntimeError(f"{' '.join(mutant.tests)}: fails without any fault\n{told}")
            passed.add(mutant.tests)
        begin = time.perf_counter()
        with applied(mutant, copy):
            survives = not failure(mutant.tests, copy)
        seconds = time.perf_counter() - begin
        verdict = "SURVIVED" if survives else "killed"
        print(f"{mutant.name:{width}}  {mutant.file:20}  {verdict:8}  {seconds:5.1f} s", flush=True)
        survived += [mutant] * survives
    return survived


def main() -> int:
    """Test the faults that are asked for; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--only", metavar="WORD", nargs="+", default=[""], help="those whose name holds a word"
    )
    parser.add_argument("--list", action="store_true", help="say which there are, run nothing")
    words = parser.parse_args()
    mutants = [m for m in read_mutants() if any(word in m.name for word in words.only)]
    if not mutants:
        parser.error(f"no fault is called so: {' '.join(words.only)}")
    for mutant in mutants:  # all of them before the first is run
        mutated(mutant, (REPOSITORY / "genoseq" / mutant.file).read_text())
        if words.list:
            print(f"{mutant.name}: {mutant.file}, found by {' '.join(mutant.tests)}")
    if words.list:
        return 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            source = REPOSITORY / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, copy)
        (copy / f"{PROFILE}.py").write_text(PROFILE_TEXT)
        survived = check(mutants, copy)
    killed = len(mutants) - len(survived)
    print(f"{killed} of {len(mutants)} killed, {100 * killed / len(mutants):.1f}%")
    return int(killed < WANTED * len(mutants))


if __name__ == "__main__":
    sys.exit(main())
