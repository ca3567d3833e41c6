"""INFO fields of scored records: which there are, what they say, and lines with them.

Numbers have four decimals (signals four digits), and positions are counted from POS: 3 is three
bases behind it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from genoseq.genome.edits import NOWHERE
from genoseq.genome.tracks import Channel, Kind
from genoseq.variants.alleles import SAID
from genoseq.variants.effect import Change, Effect, largest

PREFIX = "GS_"
"""How fields begin; older ones that do so are replaced."""
REASON, LARGEST, LIKELIHOOD, SHIFT = "GS_REASON", "GS_MAX", "GS_LLR", "GS_SHIFT"
NONE = "."
_SIGNS: tuple[tuple[str, Literal[1, -1]], ...] = (("GAIN", 1), ("LOSS", -1))
_INFO = 7
_UNSAFE = re.compile(r"[^0-9A-Za-z_]")


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """What is told of each channel.

    Attributes
    ----------
    channels, kind
        Of the model, and what their values are.
    likelihood
        Whether the model tells how probable bases are.
    raw
        Whether the values behind each change are told as well.
    distance
        Bases on either side of a variant of which changes are told.
    """

    channels: tuple[Channel, ...]
    kind: Kind
    likelihood: bool
    raw: bool
    distance: int

    @property
    def stems(self) -> tuple[str, ...]:
        """Beginnings of the names of each channel's fields."""
        found: list[str] = []
        for channel in self.channels:
            stem = PREFIX + _UNSAFE.sub("_", channel.label)
            alike = sum(other == stem or other.startswith(f"{stem}.") for other in found)
            found.append(f"{stem}.{alike}" if alike else stem)
        return tuple(found)

    def header(self) -> list[str]:
        """Header lines of the fields."""
        near = f"within {self.distance} bases"
        lines = [
            _line(REASON, "String", "Why an allele has no score: "
                  + "; ".join(f"{code}: {said}" for code, said in SAID.items()), "."),
            _line(LARGEST, "Float", f"Largest gain or loss of any class {near}"),
        ]  # fmt: skip
        said = "What the windows of a longer or shorter contig move alone, which is not counted"
        lines.append(_line(SHIFT, "Float", said))
        if self.likelihood:
            said = f"log2 of how much more probable the bases {near} are with the allele"
            lines.append(_line(LIKELIHOOD, "Float", said))
        for stem, channel in zip(self.stems, self.channels, strict=True):
            for word, _ in _SIGNS:
                what = f"{word.lower()} of {channel.label}"
                lines.append(_line(f"{stem}_{word}", "Float", f"Largest {what} {near}"))
                where = f"Where the largest {what} is, counted from POS"
                lines.append(_line(f"{stem}_{word}_DP", "Integer", where))
                for allele in ("REF", "ALT") if self.raw else ():
                    said = f"Value of {channel.label} of {allele} at the largest {word.lower()}"
                    lines.append(_line(f"{stem}_{word}_{allele}", "Float", said))
        return lines

    def values(self, effects: Sequence[Effect]) -> list[tuple[str, str]]:
        """Names and texts of the fields of a record with these alleles."""
        found = []
        reasons = [effect.allele.reason for effect in effects]
        if any(reasons):
            found.append((REASON, ",".join(reason or NONE for reason in reasons)))
        if all(reasons):
            return found
        changes = [changes_of(effect) for effect in effects]
        most = [
            max((c.amount for c in some if c.amount == c.amount), default=np.nan)
            for some in changes
        ]
        found.append((LARGEST, ",".join(map(self._number, most))))
        shifts = [NONE if e.allele.reason else self._number(e.shift) for e in effects]
        if any(_moves(effect) for effect in effects):
            found.append((SHIFT, ",".join(shifts)))
        if self.likelihood:
            likely = (np.nan if e.likelihood is None else e.likelihood for e in effects)
            found.append((LIKELIHOOD, ",".join(map(_four, likely))))
        for number, stem in enumerate(self.stems):
            for at, (word, _) in enumerate(_SIGNS):
                of = [some[2 * number + at] if some else None for some in changes]
                found += self._change(f"{stem}_{word}", of, effects[0].allele.record.start)
        return found

    def _change(
        self, name: str, changes: Sequence[Change | None], position: int
    ) -> list[tuple[str, str]]:
        amounts = [NONE if one is None else self._number(one.amount) for one in changes]
        offsets = [
            NONE if one is None or text == "0" or one.base == NOWHERE else str(one.base - position)
            for one, text in zip(changes, amounts, strict=True)
        ]
        found = [(name, ",".join(amounts)), (f"{name}_DP", ",".join(offsets))]
        if self.raw:
            for allele in ("reference", "alternative"):
                texts = (
                    NONE if one is None or offset == NONE else self._number(getattr(one, allele))
                    for one, offset in zip(changes, offsets, strict=True)
                )
                found.append((f"{name}_{allele[:3].upper()}", ",".join(texts)))
        return found

    def _number(self, value: float) -> str:
        return f"{value:.4g}" if self.kind == "signal" and value == value else _four(value)


def changes_of(effect: Effect) -> list[Change]:
    """Gain and loss of each channel in turn; none of an allele without a score."""
    if effect.allele.reason is not None:
        return []
    channels = range(len(effect.reference))
    return [largest(effect, channel, sign) for channel in channels for _, sign in _SIGNS]


def _moves(effect: Effect) -> bool:
    return effect.allele.edit is not None and effect.allele.edit.longer != 0


def _four(value: float) -> str:
    if value != value:
        return NONE
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _line(name: str, kind: str, said: str, number: str = "A") -> str:
    plain = said.replace("\\", "/").replace('"', "'")
    return f'##INFO=<ID={name},Number={number},Type={kind},Description="{plain}">'


def with_fields(line: bytes, fields: Sequence[tuple[str, str]], replaced: Sequence[str]) -> bytes:
    """A record's line with fields at the end of INFO, in place of older ones of genoseq.

    Parameters
    ----------
    fields
        Names and texts.
    replaced
        Names of further fields that go.
    """
    columns = line.split(b"\t", _INFO + 1)
    old = [] if columns[_INFO] in (b".", b"") else columns[_INFO].split(b";")
    gone = {name.encode() for name in replaced}
    kept = [one for one in old if not _is_ours(one.partition(b"=")[0], gone)]
    new = [f"{name}={text}".encode("utf-8", "surrogateescape") for name, text in fields]
    columns[_INFO] = b";".join([*kept, *new]) or b"."
    return b"\t".join(columns)


def _is_ours(name: bytes, gone: set[bytes]) -> bool:
    return name.startswith(PREFIX.encode()) or name in gone
