"""A command of genoseq that sleeps before some changes, see killing.py: SHARE SEED WORDS..."""

import random
import sys
import time

from killing import before_changes

from genoseq.cli.app import main

LONGEST = 0.03
"""Seconds of a sleep."""

if __name__ == "__main__":
    share, seed, *words = sys.argv[1:]
    sys.argv = ["genoseq", *words]
    draw = random.Random(seed)

    def sleep() -> None:
        if draw.random() < float(share):
            time.sleep(draw.uniform(0, LONGEST))

    before_changes(sleep)
    main()
