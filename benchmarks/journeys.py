"""Mistakes that people make, each by the real command line: what is said, how soon, exit status.

    python benchmarks/journeys.py [WORD ...]

Every mistake gets a folder of its own with a small right run (genome, annotation, sheet, settings),
in which one thing is then made wrong.  With words only the mistakes that have one in their name.
The script fails where one is not refused (exit status 1 or 2) by a line that says why.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from mistakes import MISTAKES, run, write_right_run


def line_of(said: str, words: str) -> str:
    """The line that says what is wrong; without it the last one."""
    lines = [line.strip().removeprefix("genoseq: error: ") for line in said.splitlines()]
    return next((line for line in lines if words in line), lines[-1] if lines else "")


def cpu_seconds() -> float:
    """CPU time of all commands so far: that of a busy machine is as that of an idle one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*")
    words = parser.parse_args().words
    slowest, failed, start = (0.0, ""), [], Path.cwd()
    print("mistake\tcommand\texit\tseconds\tCPU\tline", flush=True)
    for mistake in MISTAKES:
        if words and not any(word in mistake.name for word in words):
            continue
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            write_right_run()
            mistake.make()
            before, computed = time.monotonic(), cpu_seconds()
            status, said = run(*mistake.words, home=mistake.home)
            seconds, computed = time.monotonic() - before, cpu_seconds() - computed
            os.chdir(start)
        verb = " ".join(mistake.words[:2] if mistake.words[0] == "config" else mistake.words[:1])
        row = (
            mistake.name,
            verb,
            status,
            f"{seconds:.1f}",
            f"{computed:.1f}",
            line_of(said, mistake.says),
        )
        print(*row, sep="\t", flush=True)
        slowest = max(slowest, (computed, mistake.name))
        if status not in (1, 2) or "Traceback" in said or mistake.says not in said:
            failed.append(mistake.name)
    print(f"slowest: {slowest[1]}, {slowest[0]:.1f} CPU seconds")
    if failed:
        sys.exit(f"not refused by a clear line: {', '.join(failed)}")


if __name__ == "__main__":
    main()
