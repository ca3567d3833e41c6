"""A table of variants: one row for each allele and channel, as TSV or Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import IO, Any

from genoseq.errors import BackendError, ConfigError
from genoseq.genome.edits import NOWHERE
from genoseq.genome.tracks import Channel
from genoseq.genome.vcf_records import bytes_of_text, text_of_bytes
from genoseq.variants.effect import Effect
from genoseq.variants.fields import changes_of
from genoseq.writers.manifest import plain

COLUMNS = (
    *("chrom", "pos", "id", "ref", "alt", "class", "strand"),
    *("gain", "gain_dp", "gain_ref", "gain_alt", "loss", "loss_dp", "loss_ref", "loss_alt"),
    "reason",
)
"""``pos`` is VCF's, 1-based; ``_dp`` is counted from it; an allele without a score has one row."""
SUFFIXES = (".tsv", ".parquet")
_ROWS = 1 << 16
"""Rows of a group of Parquet."""
_NOTHING = "."

Row = tuple[Any, ...]


def check_table_name(path: Path | None) -> None:
    """ConfigError if a table's name says no format, BackendError if it cannot be written here."""
    if path is None:
        return
    if path.suffix not in SUFFIXES:
        raise ConfigError(f"--table {path}: name it .tsv or .parquet")
    if path.suffix == ".parquet":
        _pyarrow()


class VariantTable:
    """A table in the making.

    Parameters
    ----------
    path
        Where it is written; ``name`` says which format it has.
    channels
        Of the effects.
    """

    def __init__(self, path: Path, name: str, channels: Sequence[Channel]) -> None:
        self._channels = channels
        self._waiting: list[Row] = []
        self._text: IO[bytes] | None = None
        if name.endswith(".parquet"):
            pa = _pyarrow()
            text, number, offset = pa.string(), pa.float32(), pa.int64()
            kinds = [text, offset, text, text, text, text, text]
            kinds += [number, offset, number, number] * 2 + [text]
            self._schema = pa.schema(list(zip(COLUMNS, kinds, strict=True)))
            self._parquet = __import__("pyarrow.parquet").parquet.ParquetWriter(path, self._schema)
        else:
            self._text = path.open("wb")
            self._text.write(("\t".join(COLUMNS) + "\n").encode())

    def add(self, effect: Effect) -> None:
        """Append the rows of an allele."""
        rows = _rows(effect, self._channels)
        if self._text is not None:
            for row in rows:
                self._text.write(bytes_of_text("\t".join(map(_field, row)) + "\n"))
            return
        self._waiting += rows
        while len(self._waiting) >= _ROWS:
            self._group(self._waiting[:_ROWS])
            del self._waiting[:_ROWS]

    def _group(self, rows: Sequence[Row]) -> None:
        pa = _pyarrow()
        columns = zip(*rows, strict=True)
        arrays = [
            pa.array([_told(one) for one in column], kind)
            for column, kind in zip(columns, self._schema.types, strict=True)
        ]
        self._parquet.write_table(pa.table(arrays, schema=self._schema))

    def finish(self) -> None:
        """Complete the file."""
        if self._text is None and self._waiting:
            self._group(self._waiting)
        self.close()

    def close(self) -> None:
        """Release the file; may be called again."""
        if self._text is not None:
            self._text.close()
        else:
            self._parquet.close()


def _rows(effect: Effect, channels: Sequence[Channel]) -> Iterator[Row]:
    allele = effect.allele
    record = allele.record
    name = text_of_bytes(record.line.split(b"\t", 3)[2])
    site = (record.chrom, record.start + 1, name, record.ref, allele.alt)
    if allele.reason is not None:
        yield (*site, None, None, *[None] * 8, allele.reason)
        return
    changes = changes_of(effect)
    for number, channel in enumerate(channels):
        told: list[float | int | None] = []
        for change in changes[2 * number : 2 * number + 2]:
            offset = None if change.base == NOWHERE else change.base - record.start
            told += [change.amount, offset, change.reference, change.alternative]
        yield (*site, channel.full_name, channel.strand, *told, None)


def _told(value: Any) -> Any:
    """What Parquet holds: text without bytes that are none, no number for NaN."""
    if isinstance(value, float):
        return None if value != value else value
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def _field(value: Any) -> str:
    if value is None or value != value:
        return _NOTHING
    if isinstance(value, float):
        return f"{value:.6g}"
    return plain(str(value).encode("utf-8", "backslashreplace").decode())


def _pyarrow() -> ModuleType:
    try:
        return __import__("pyarrow")
    except ImportError:
        raise BackendError("Parquet needs pyarrow: pip install 'genoseq[parquet]'") from None
