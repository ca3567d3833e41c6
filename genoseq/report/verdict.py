"""The verdict: what may be wrong with a run, each check with its number, its limit, what to do.

A check that cannot be made says so, and why; it never passes in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Grade = Literal["fail", "warn", "pass", "not measured"]
GRADES: tuple[Grade, ...] = ("fail", "warn", "pass", "not measured")
"""From the worst on."""


@dataclass(frozen=True)
class Limits:
    """Between which numbers a check is good, to be looked at, or bad.

    Attributes
    ----------
    warn, fail
        The first numbers that are not good, and bad.
    text
        The same in words.
    rising
        Whether large numbers are the bad ones.
    """

    warn: float
    fail: float
    text: str
    rising: bool = True

    def grade(self, value: float) -> Grade:
        """A value at a limit is beyond it."""
        sign = 1 if self.rising else -1
        if sign * value >= sign * self.fail:
            return "fail"
        return "warn" if sign * value >= sign * self.warn else "pass"


@dataclass(frozen=True)
class Check:
    """What was found of one thing.

    Attributes
    ----------
    name
        What is checked.
    of
        Of which model or genome; empty: of the run.
    grade
        How bad it is.
    value
        The number; None where it was not measured.
    found, limit
        It, and its limit, in words.
    advice
        What to do; where it was not measured, how it would be.
    """

    name: str
    of: str
    grade: Grade
    value: float | None
    found: str
    limit: str
    advice: str


def judged(name: str, of: str, value: float, limits: Limits, found: str, advice: str) -> Check:
    """A check of a number that was measured; who passes needs no advice."""
    grade = limits.grade(value)
    return Check(name, of, grade, value, found, limits.text, "" if grade == "pass" else advice)


def judged_between(
    name: str,
    of: str,
    value: float,
    ends: Sequence[float] | None,
    limits: Limits,
    found: str,
    advice: str,
) -> Check:
    """As :func:`judged`, of a number with its 95% interval: not measured where there is none, or it
    has room for what is good as well as for what is bad."""
    how = "test on more bases of the class: other genomes, or a larger split"
    if ends is None:
        why = f"{found}: too few stretches with the class to say how sure that is"
        return unmeasured(name, of, why, how, limits)
    low, high = ends
    found = f"{found} ({low:.3g} to {high:.3g})"
    if {limits.grade(low), limits.grade(high)} == {"pass", "fail"}:
        return unmeasured(name, of, f"{found}: from pass to fail", how, limits)
    return judged(name, of, value, limits, found, advice)


def unmeasured(name: str, of: str, why: str, how: str, limits: Limits | None = None) -> Check:
    """A check that could not be made."""
    return Check(name, of, "not measured", None, why, limits.text if limits else "", how)


def worst(checks: Sequence[Check]) -> Check:
    """The worst of several of one kind; of equal ones that of the largest number."""
    order: tuple[Grade, ...] = ("fail", "warn", "not measured", "pass")
    return min(checks, key=lambda check: (order.index(check.grade), -(check.value or 0)))


def worst_first(checks: Sequence[Check]) -> list[Check]:
    """Sorted by grade, else in their order."""
    return sorted(checks, key=lambda check: GRADES.index(check.grade))


def overall(checks: Sequence[Check]) -> Grade:
    """The worst grade; not measured where nothing was."""
    return min((check.grade for check in checks), key=GRADES.index, default="not measured")
