"""Random gene models as GFF3, GTF, GenBank and EMBL: whether all give the same labels.

    python benchmarks/dialects.py [--cases 10000] [--first 0]

The models and the comparison are those of ``tests/labels``; here each case has a number, so that
one that differs can be looked at again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/labels"))

from test_dialects import check_dialects


def main() -> None:
    """Print the cases that differ, and how many there are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    asked = parser.parse_args()
    differing = 0
    for seed in range(asked.first, asked.first + asked.cases):
        with tempfile.TemporaryDirectory() as folder:
            try:
                check_dialects(Random(seed), Path(folder))
            except AssertionError as error:
                differing += 1
                print(f"case {seed}: {error} differs from GFF3", flush=True)
    print(f"{asked.cases:,} cases, {differing:,} with a difference")


if __name__ == "__main__":
    main()
