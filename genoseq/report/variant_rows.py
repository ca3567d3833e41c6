"""Variants that ``genoseq variants`` scored: the largest effects, and why others have no score."""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import unquote

from genoseq.errors import InputFormatError
from genoseq.genome.vcf_records import VcfHeader, VcfRecord, bytes_of_text, text_of_bytes
from genoseq.readers.vcf import open_vcf

MOST = 2_000
"""Variants on a page, over all files."""
OF_A_REASON = 20
"""Variants without a score that are listed of each file and reason."""
_LEAST = 5
"""Variants of a file, however many files there are."""
_INFO = 7
_MADE = b"##genoseq=variants "
_LARGEST, _REASON, _GENE = "GS_MAX", "GS_REASON", "GS_GENE"
_CHANNEL = re.compile(r'##INFO=<ID=(GS_[^,]+)_GAIN,.*Description="Largest gain of (.+) within')
_NOTHING = "."


@dataclass(frozen=True)
class VariantFile:
    """Scored variants of a genome by a model."""

    path: Path
    genome: str
    model: str


@dataclass(frozen=True)
class ShownVariant:
    """An allele as the page has it.

    Attributes
    ----------
    genome, model
        Whose it is, and who scored it.
    chrom, start, end
        Bases that REF names, 0-based half-open.
    ref, alt, name
        Alleles, and ID.
    channel, change
        The class or signal that changes most, and ``gain`` or ``loss``; empty without a score.
    amount, offset
        How much, and where: counted from ``start``; None where nothing changes.
    genes
        Those that it overlaps.
    reason
        Why it has no score; empty if it has one.
    """

    genome: str
    model: str
    chrom: str
    start: int
    end: int
    ref: str
    alt: str
    name: str = ""
    channel: str = ""
    change: str = ""
    amount: float | None = None
    offset: int | None = None
    genes: str = ""
    reason: str = ""


@dataclass(frozen=True)
class ReadVariants:
    """What a file has: how many alleles, with a score and for each reason; and what is shown."""

    file: VariantFile
    records: int
    scored: int
    reasons: Mapping[str, int]
    shown: tuple[ShownVariant, ...]

    @property
    def alleles(self) -> int:
        """With and without a score."""
        return self.scored + sum(self.reasons.values())


def read_variants(files: Sequence[VariantFile], most: int = MOST) -> list[ReadVariants]:
    """What files have, each with its share of ``most`` variants: the largest effects first.

    Raises
    ------
    InputFormatError
        If a file is damaged, or was not scored by ``genoseq variants``.
    """
    share = max(_LEAST, most // max(1, len(files)))
    return [_read(file, share) for file in files]


def _read(file: VariantFile, most: int) -> ReadVariants:
    reasons: Counter[str] = Counter()
    heap: list[tuple[float, int, VcfRecord, int]] = []
    others: list[ShownVariant] = []
    order, records, scored = count(), 0, 0
    with open_vcf(file.path) as vcf:
        channels = _channels(vcf.header, file.path)
        for record in vcf.records:
            records += 1
            fields = _fields(record)
            for allele, amount, reason in _alleles(record, fields, file.path):
                if reason:
                    reasons[reason] += 1
                    if reasons[reason] <= OF_A_REASON:
                        others.append(_shown(file, record, fields, allele, reason=reason))
                    continue
                scored += 1
                # Of equal ones the first stay: the number counts down.
                entry = amount, -next(order), record, allele
                if len(heap) < most:
                    heapq.heappush(heap, entry)
                elif entry > heap[0]:
                    heapq.heapreplace(heap, entry)
    best = [
        _scored(file, record, allele, channels)
        for _, _, record, allele in sorted(heap, key=lambda one: one[:2], reverse=True)
    ]
    others.sort(key=lambda one: one.reason)
    return ReadVariants(file, records, scored, dict(sorted(reasons.items())), (*best, *others))


def _channels(header: VcfHeader, path: Path) -> dict[str, str]:
    """What is changed, by the beginnings of its fields' names."""
    if not any(line.startswith(_MADE) for line in header.meta):
        raise InputFormatError("not scored by genoseq variants: its header does not say so", path)
    found = (_CHANNEL.match(text_of_bytes(line)) for line in header.meta)
    return {one[1]: plain(one[2]) for one in found if one is not None}


def _fields(record: VcfRecord) -> dict[str, str]:
    info = text_of_bytes(record.line.split(b"\t", _INFO + 1)[_INFO])
    pairs = (field.partition("=") for field in info.split(";"))
    return {name: value for name, _, value in pairs if name.startswith("GS_")}


def _alleles(
    record: VcfRecord, fields: Mapping[str, str], path: Path
) -> Iterator[tuple[int, float, str]]:
    """Number, largest change and reason of each allele."""
    many = max(1, len(record.alts))
    amounts = _split(fields.get(_LARGEST, ""), many)
    reasons = _split(fields.get(_REASON, ""), many)
    for allele in range(many):
        reason = reasons[allele]
        amount = number(amounts[allele])
        if not reason and amount is None:
            raise InputFormatError(
                f"record {record.number + 1:,} has neither a score nor a reason for one: run "
                f"genoseq variants again",
                path,
            )
        yield allele, amount or 0.0, plain(reason)


def _split(text: str, many: int) -> list[str]:
    """A value for each allele, empty where there is none."""
    values = ["" if one == _NOTHING else one for one in text.split(",")] if text else []
    return [*values, *[""] * many][:many]


def number(text: str) -> float | None:
    """A number of a file; None if it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def _scored(
    file: VariantFile, record: VcfRecord, allele: int, channels: Mapping[str, str]
) -> ShownVariant:
    """An allele with the channel that it changes most."""
    fields, many = _fields(record), len(record.alts)
    best: tuple[float, str, str, int | None] = (0.0, "", "", None)
    for stem, channel in channels.items():
        for change in ("gain", "loss"):
            name = f"{stem}_{change.upper()}"
            amount = number(_split(fields.get(name, ""), many)[allele]) or 0.0
            if amount > best[0]:
                behind = number(_split(fields.get(f"{name}_DP", ""), many)[allele])
                best = amount, channel, change, None if behind is None else int(behind)
    amount, channel, change, offset = best
    return _shown(file, record, fields, allele, channel, change, amount, offset)


def _shown(
    file: VariantFile,
    record: VcfRecord,
    fields: Mapping[str, str],
    allele: int,
    channel: str = "",
    change: str = "",
    amount: float | None = None,
    offset: int | None = None,
    reason: str = "",
) -> ShownVariant:
    genes = fields.get(_GENE, "")
    named = [unquote(one.rpartition("|")[0]) for one in genes.split(",")] if genes else []
    name = text_of_bytes(record.line.split(b"\t", 3)[2])
    start = max(0, record.start)
    return ShownVariant(
        file.genome, file.model, plain(record.chrom), start, start + len(record.ref),
        plain(record.ref), plain(record.alts[allele] if record.alts else _NOTHING),
        "" if name == _NOTHING else plain(name), channel, change, amount, offset,
        plain(", ".join(named)), reason,
    )  # fmt: skip


def plain(text: str) -> str:
    """Text that a page can hold: bytes that are no UTF-8 are told as they are in Python."""
    return bytes_of_text(text).decode("utf-8", "backslashreplace")
