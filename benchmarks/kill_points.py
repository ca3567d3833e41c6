"""Runs of verbs that are killed (SIGKILL) before one of their changes of the file system.

    python benchmarks/kill_points.py DATA OUT [--points 200] [--seed 1] [--verbs score tracks ...]

DATA has ``ecoli_k12_mg1655.fa.gz``; OUT is a new folder.  An output of one input is there when a
run with another input begins, over which it is killed before the n-th rename, removal, new folder,
file opened for writing, fsync or truncation; the moments are spread over the whole run.  Then
somebody reads what is there, who finds old or new, byte for byte; and the same command is given
again, which gives the new one and leaves nothing else, there or in the temporary folder.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import time
from pathlib import Path
from typing import NamedTuple

from publishing import NEVER, Verb, begun, even_points, leavings, run_killed, seen


class Counts(NamedTuple):
    """Of the kills of a verb: what readers found, and runs that were then given again."""

    verb: str
    changes: int
    points: int
    old: int
    new: int
    mixed: int
    again: int
    seconds: float


def kill(verb: Verb, inputs: Path, folder: Path, points: int, draw: random.Random) -> Counts:
    """Kill a verb at so many points."""
    began, told = time.monotonic(), folder / "told"
    folder.mkdir()
    expected = {}
    for name in ("old", "new"):
        (folder / name).mkdir()
        run_killed(verb.words(inputs / name, folder / name), NEVER, told)
        expected[name] = seen(folder / name)
    out, temporary = folder / "out", Path(os.environ["TMPDIR"])
    words = verb.words(inputs / "new", out)
    shutil.copytree(folder / "old", out)
    changes = run_killed(words, NEVER, told)
    assert changes is not None
    found = {"old": 0, "new": 0, "mixed": 0}
    again = 0
    for moment in even_points(changes, points, draw):
        shutil.rmtree(out)
        shutil.copytree(folder / "old", out)
        run_killed(words, moment, told)
        verb.read(out)
        now = seen(out)
        kind = next((name for name, files in expected.items() if files == now), "mixed")
        found[kind] += 1
        if kind == "mixed":
            print(f"  {verb.name} killed at {moment} of {changes}: {sorted(now)[:9]}", flush=True)
        run_killed(words, NEVER, told)
        left = leavings(out, temporary)
        again += seen(out) == expected["new"] and not left
        if left or seen(out) != expected["new"]:
            print(f"  {verb.name} after {moment} of {changes}: {left[:4]}", flush=True)
    return Counts(verb.name, changes, points, *found.values(), again, time.monotonic() - began)


def main() -> None:
    """Print a line for each verb, then the sums."""
    asked = begun(__doc__ or "", "points", 200)
    folder, verbs, draw = asked.folder, asked.verbs, random.Random(asked.seed)
    heads = ("verb", "changes", "kills", "old", "new", "mixed", "again", "s")
    print(f"{heads[0]:10}" + "".join(f"{head:>9}" for head in heads[1:]), flush=True)
    rows = []
    for number, verb in enumerate(verbs):
        share = asked.count * (number + 1) // len(verbs) - asked.count * number // len(verbs)
        row = kill(verb, folder / "inputs", folder / verb.name, share, draw)
        rows.append(row)
        print(f"{row.verb:10}" + "".join(f"{value:9.0f}" for value in row[1:]), flush=True)
    kills, mixed = sum(row.points for row in rows), sum(row.mixed for row in rows)
    again = sum(row.again for row in rows)
    print(
        f"\n{kills - mixed} of {kills} kills leave old or new; {again} of {kills} runs given again "
        f"give the new one and leave nothing else"
    )
    if mixed or again < kills:
        sys.exit(1)


if __name__ == "__main__":
    main()
