"""benchmarks/constants.py prints every constant of genoseq/plan/constants.py."""

from __future__ import annotations

import re
from pathlib import Path

from genoseq.plan import constants

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_constants_are_all_printed_but_for_what_is_chosen() -> None:
    text = "".join(path.read_text() for path in BENCHMARKS.glob("constants*.py"))
    printed = re.findall(r'yield f?"(\w+) =', text)
    named = {name for name in vars(constants) if re.fullmatch(r"[A-Z][A-Z_]+", name)}
    assert len(printed) == len({*printed})
    assert named - {*printed} == {
        *{"FLOOR", "MARGIN", "UNKNOWN_FAMILY"},
        *{"EVALUATED_MEGABYTES", "STATE_MEGABYTES"},  # measured by hand
    }
    assert {*printed} <= named
