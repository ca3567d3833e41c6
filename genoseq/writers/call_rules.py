"""What is called of values: from which probability on, how long, how far apart.

In words, as of options: ``TSS:threshold=0.2,min=30,gap=10``.  A rule is for a class by its name,
on both strands.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from math import isfinite
from typing import TYPE_CHECKING, Any

from genoseq.errors import ConfigError, listed

if TYPE_CHECKING:
    from genoseq.genome.tracks import Channel, Kind

_STEP = 0.001
"""Of probabilities in thousandths, see :mod:`genoseq.writers.lattice`; workflows load no numpy."""
PROBABILITIES: tuple[Kind, ...] = ("classes", "independent")
"""Kinds whose values lie between 0 and 1."""


@dataclass(frozen=True, slots=True)
class SegmentRule:
    """Segments of a class.

    Attributes
    ----------
    threshold
        They are the bases of at least this probability, whatever the other classes have; None: the
        bases of which this class is the most probable.
    min
        bp at least.
    gap
        Segments with at most this many bases between them are joined, where each of those has a
        value.
    """

    threshold: float | None = None
    min: int = 1
    gap: int = 0


@dataclass(frozen=True, slots=True)
class PeakRule:
    """Sites of a class: local maxima of at least ``threshold``, in the unit of the values.

    Of two that are less than ``distance`` bp apart the higher one is kept.
    """

    threshold: float = 0.5
    distance: int = 10


@dataclass(frozen=True, slots=True)
class CallRules:
    """Rules by class.  Segments of other classes are as by default; of peaks, where rules are
    given, there are none of other classes."""

    segments: Mapping[str, SegmentRule] = field(default_factory=dict)
    peaks: Mapping[str, PeakRule] = field(default_factory=dict)

    def segment_rule(self, channel: Channel) -> SegmentRule:
        """The rule of a channel."""
        return self.segments.get(channel.name, SegmentRule())

    def peak_rule(self, channel: Channel) -> PeakRule | None:
        """The rule of a channel; None where none of its peaks are wanted."""
        return self.peaks.get(channel.name) if self.peaks else PeakRule()

    def formats(self, formats: Collection[str]) -> tuple[str, ...]:
        """The formats, and those that the rules are of."""
        asked = [name for name, of in (("bed", self.segments), ("peaks", self.peaks)) if of]
        return tuple(dict.fromkeys([*formats, *asked]))

    def suit(self, kind: Kind) -> bool:
        """Whether the segments that they call are told by these values whatever the others."""
        rules = self.segments.values()
        return kind == "independent" and any(rule.threshold is not None for rule in rules)

    def problems(
        self,
        channels: Sequence[Channel],
        kind: Kind,
        digits: int | None = None,
        decimals: Sequence[int] | None = None,
    ) -> list[str]:
        """Why these rules do not fit the values; nothing if they do."""
        names = list(dict.fromkeys(channel.name for channel in channels if not channel.measure))
        steps = dict.fromkeys(names, 0.0)
        if kind == "classes" and digits is None:
            steps = dict.fromkeys(names, _STEP)
            rows = zip(channels, decimals or (), strict=decimals is not None)
            steps |= {one.name: 10.0**-many for one, many in rows if not one.measure}
        found = []
        for option, rules in (("--segments", self.segments), ("--peaks", self.peaks)):
            for name, rule in rules.items():
                if name not in names:
                    found.append(f"{option} {name}: no such class; there are {listed(names)}")
                elif problem := _problem(rule, kind, steps[name]):
                    found.append(f"{option} {name}: {problem}")
        return found


NO_RULES = CallRules()


def _problem(rule: SegmentRule | PeakRule, kind: Kind, step: float) -> str | None:
    threshold = rule.threshold
    if threshold is None:
        return None if kind == "classes" else "a threshold is needed, as classes share bases"
    if kind in PROBABILITIES and not 0 < threshold <= 1:
        return f"threshold {threshold:g} is no probability above 0, at most 1"
    if threshold < step:
        return (
            f"threshold {threshold:g}: these values are kept in steps of {step:g}; score with "
            f"--digits 2"
        )
    return None


def call_rules(segments: Collection[str] = (), peaks: Collection[str] = ()) -> CallRules:
    """Rules of words.  ConfigError with all that is wrong with them."""
    problems: list[str] = []
    found: list[dict[str, Any]] = []
    for option, words, made in (
        ("--segments", segments, SegmentRule),
        ("--peaks", peaks, PeakRule),
    ):
        rules: dict[str, Any] = {}
        for text in words:
            name, _, values = text.rpartition(":")
            try:
                if not name or name in rules:
                    raise ValueError("twice the same class" if name else "no class")
                rules[name] = made(**_values(values, made))
            except ValueError as error:
                names = ",".join(f"{each.name}={_EXAMPLES[each.name]}" for each in fields(made))
                problems.append(f"{option} {text!r}: {error}; write CLASS:{names}")
        found.append(rules)
    if problems:
        raise ConfigError(problems)
    return CallRules(*found)


_EXAMPLES = {"threshold": "0.2", "min": "30", "gap": "10", "distance": "10"}
_LEAST = {"min": 1, "gap": 0, "distance": 1}


def _values(text: str, made: type[SegmentRule] | type[PeakRule]) -> dict[str, Any]:
    names: set[str] = {each.name for each in fields(made)}
    values: dict[str, Any] = {}
    for word in text.split(","):
        name, _, number = word.partition("=")
        if name not in names or name in values:
            raise ValueError(f"{word!r} is none of {', '.join(sorted(names))}, each at most once")
        try:
            values[name] = int(number) if name in _LEAST else float(number)
        except ValueError:
            raise ValueError(f"{word!r} is no number of that kind") from None
        if not isfinite(values[name]) or values[name] < _LEAST.get(name, values[name]):
            raise ValueError(f"{word!r} is too small, or no number")
    return values


def rule_words(rules: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The words of rules given as plain data, as of settings; None is left out."""
    return [
        f"{name}:" + ",".join(f"{key}={value}" for key, value in rule.items() if value is not None)
        for name, rule in rules.items()
    ]
