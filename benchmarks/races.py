"""Two runs of one verb on one output at once, with different inputs, one of them slowed.

    python benchmarks/races.py DATA OUT [--races 100] [--seed 1] [--verbs score tracks ...]

DATA and OUT are those of kill_points.py.  Each run sleeps before some of its changes of the file
system, drawn at random, and begins a moment after the other, drawn too; every second race begins
over an older output.  Both have to end well, and what is there then has to be of one of them, byte
for byte, with nothing else left.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import time
from pathlib import Path

from publishing import Verb, begun, leavings, run_slowed, seen

WITHIN = 0.4
"""Seconds in which the second run begins."""


def race(verb: Verb, inputs: Path, folder: Path, over: bool, draw: random.Random) -> str:
    """Two runs at once; whose output is there: old, new, or what is wrong."""
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    if over:
        run_slowed(verb.words(inputs / draw.choice(("old", "new")), out), 0, 0).wait()
    names = draw.sample(("old", "new"), 2)
    runs = []
    for name in names:
        runs.append(run_slowed(verb.words(inputs / name, out), draw.random(), draw.randrange(99)))
        time.sleep(draw.uniform(0, WITHIN))
    for name, ended in zip(names, [each.wait() for each in runs], strict=True):
        if ended.returncode:
            return f"{name} failed: {ended.stderr.strip()[-300:]}"
    if left := leavings(out, Path(os.environ["TMPDIR"])):
        return f"leaves {left[:3]}"
    verb.read(out)
    for name in names:
        if seen(out) == seen(folder / name):
            return name
    return f"mixture: {sorted(seen(out))[:9]}"


def main() -> None:
    """Print a line for each verb, then the sums."""
    asked = begun(__doc__ or "", "races", 100)
    folder, verbs, draw = asked.folder, asked.verbs, random.Random(asked.seed)
    print(f"{'verb':10}{'races':>7}{'old':>7}{'new':>8}{'wrong':>7}", flush=True)
    wrong = 0
    for number, verb in enumerate(verbs):
        of = folder / verb.name
        for name in ("old", "new"):
            (of / name).mkdir(parents=True)
            run_slowed(verb.words(folder / "inputs" / name, of / name), 0, 0).wait()
        share = asked.count * (number + 1) // len(verbs) - asked.count * number // len(verbs)
        ended = [race(verb, folder / "inputs", of, bool(n % 2), draw) for n in range(share)]
        bad = [each for each in ended if each not in ("old", "new")]
        wrong += len(bad)
        counts = [share, ended.count("old"), ended.count("new"), len(bad)]
        print(f"{verb.name:10}{counts[0]:7}{counts[1]:7}{counts[2]:8}{counts[3]:7}", flush=True)
        for each in bad:
            print(f"  {each}", flush=True)
    print(f"\n{asked.count - wrong} of {asked.count} races end with one run's output, whole")
    if wrong:
        sys.exit(1)


if __name__ == "__main__":
    main()
