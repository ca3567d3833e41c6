"""Files that do harm, and odd ones, each given to the command that reads such: what becomes of it.

    python benchmarks/hostile.py SHARED OUT

SHARED holds ``hostile/`` and ``adversarial/`` (with an ``INVENTORY.tsv``).  A line for each file:
what came of it, seconds, peak memory; OUT gets them as ``table.tsv``, and what each command said.

    read        exit status 0, and the result is as it must be
    error       exit status 1 or 2, nothing left where the result would be, every line an error
    traceback   a traceback, or an error that is none of ours
    killed      ended by a signal, or by us after a minute
    silent      exit status 0 where an error is due, or another result than must be
    left        an error, but files stayed, or files outside of the output went

The last four, more than 5 s of CPU and more than 500 MB are failures, and the exit status is then
1.  Every command is a fork of a process that has imported the command line alone: its seconds and
its peak are its own.  Commands and what each is due are in ``hostile_cases.py``.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from hostile_cases import Case, adversarial, hostile, make_data

from genoseq.cli.app import main as genoseq

SECONDS, MEGABYTES, PATIENCE = 5.0, 500.0, 60
FAILURES = ("traceback", "killed", "silent", "left")


class Row(NamedTuple):
    """What became of a case."""

    file: str
    outcome: str
    seconds: float
    megabytes: float
    said: str

    def fails(self) -> bool:
        """Whether it is one of the failures."""
        slow = self.seconds > SECONDS or self.megabytes > MEGABYTES
        return self.outcome in FAILURES or slow


def main() -> None:
    """Run all cases and print the table; exit 1 at any failure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shared", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", default="", help="only files whose name has this in it")
    options = parser.parse_args()
    shared, out = options.shared.resolve(), options.out.resolve()
    out.mkdir(parents=True)
    data = out / "data"
    for name in ("hostile", "adversarial"):
        shutil.copytree(shared / name, data / name)
        subprocess.run(["chmod", "-R", "u+w", data / name], check=True)
    make_data(data)
    rows = []
    for case in (*hostile(data), *adversarial(data)):
        if options.only in case.file:
            rows.append(run(case, data, out / "said"))
            print(*shown(rows[-1]), sep="\t", flush=True)
    shutil.rmtree(data)
    with (out / "table.tsv").open("w", newline="") as table:
        csv.writer(table, delimiter="\t").writerows([Row._fields, *map(shown, rows)])
    print(*summary(rows), sep="\n")
    sys.exit(any(row.fails() for row in rows))


def run(case: Case, data: Path, logs: Path) -> Row:
    """Run a case in a copy of nothing but its output's place."""
    logs.mkdir(exist_ok=True)
    log = logs / (re.sub(r"\W+", "_", case.file) + ".txt")
    before = set(listing(data))
    child = os.fork()
    if child == 0:
        become(case, data, log)
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(child, signal.SIGKILL))
    signal.alarm(PATIENCE)
    _, status, used = os.wait4(child, 0)
    signal.alarm(0)
    seconds, code = used.ru_utime + used.ru_stime, os.waitstatus_to_exitcode(status)
    said = log.read_text(errors="replace")
    after = set(listing(data))
    outcome, detail = judged(case, data, code, said, after - before)
    if gone := [path.name for path in before - after]:
        outcome, detail = "left", f"gone: {', '.join(sorted(gone)[:3])}"
    shutil.rmtree(data / "out", ignore_errors=True)
    for path in sorted(set(listing(data)) - before, reverse=True):
        path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
    return Row(case.file, outcome, seconds, used.ru_maxrss / 1024, detail)


def become(case: Case, data: Path, log: Path) -> None:
    """Be the command, and end."""
    os.setsid()
    os.chdir(data / case.folder)
    os.environ["TMPDIR"] = str(data)
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(data.parent / "torch")  # otherwise in TMPDIR
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 30, 2 << 30))
    if case.files is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (case.files, case.files))
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    sys.argv = ["genoseq", *map(piped, case.words)]
    code: object = 0
    try:
        genoseq()
    except SystemExit as error:
        code = error.code or 0
        if not isinstance(code, int):
            print(code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


def piped(word: str) -> str:
    """The word itself, or the path of a pipe that a file comes through."""
    if not word.startswith("<("):
        return word
    source, sink = os.pipe()
    subprocess.Popen(["cat", word[2:-1]], stdout=sink)
    os.close(sink)
    os.set_inheritable(source, True)
    return f"/dev/fd/{source}"


def judged(case: Case, data: Path, code: int, said: str, new: set[Path]) -> tuple[str, str]:
    """The outcome of a case, and in words what it was."""
    lines = said.strip().splitlines() or [""]
    if code < 0:
        return "killed", signal.Signals(-code).name
    if "Traceback (most recent call last)" in said:
        return "traceback", lines[-1]
    if code == 0:
        wrong = f"{lines[-1]} (an error is due)" if case.due == "error" else case.check(data)
        return ("silent", wrong) if wrong else ("read", lines[-1])
    errors = [line for line in lines if "error:" in line.lower()]
    if not errors:
        return "traceback", f"exit status {code}: {lines[-1]}"
    if left := [path.name for path in new if not meant(path.relative_to(data))]:
        return "left", f"{', '.join(sorted(left)[:3])}; {errors[0]}"
    return "error", errors[0].replace(f"{data}/", "")


def meant(path: Path) -> bool:
    """Whether a file may be there after an error: an index, or the state of a training."""
    return path.name.endswith(".fai") or path.parts[0] == "out.state"


def listing(folder: Path) -> Iterator[Path]:
    """Everything in a folder, links as they are."""
    for root, folders, files in os.walk(folder):
        yield from (Path(root, name) for name in (*folders, *files))


def shown(row: Row) -> list[str]:
    """A row as text."""
    mark = "FAIL" if row.fails() else "ok"
    said = row.said.replace("\t", " ")[:300]
    return [row.file, mark, row.outcome, f"{row.seconds:.1f} s", f"{row.megabytes:.0f} MB", said]


def summary(rows: Sequence[Row]) -> Iterator[str]:
    """How many of which outcome, and the worst of seconds and memory."""
    counts = Counter(row.outcome for row in rows)
    outcomes = ", ".join(f"{counts[name]} {name}" for name in ("read", "error", *FAILURES))
    yield f"{len(rows)} files: {outcomes}"
    worst = max(row.seconds for row in rows), max(row.megabytes for row in rows)
    yield f"at most {worst[0]:.1f} s and {worst[1]:.0f} MB each"
    yield f"{sum(row.fails() for row in rows)} failures"


if __name__ == "__main__":
    main()
