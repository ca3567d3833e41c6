"""Scored shards of a VCF, joined: the file that scoring the whole at once would have written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain, zip_longest
from pathlib import Path

from genoseq.errors import ConfigError, InputFormatError
from genoseq.files.atomic import PathLike, atomic_together, check_distinct
from genoseq.files.inputs import kept
from genoseq.genome.vcf_records import VcfHeader, VcfRecord
from genoseq.readers.vcf import open_vcf
from genoseq.writers.vcf import INDEXES, VcfFile, check_vcf_name

_SAME = 5
"""Columns that scoring leaves as they are, up to ALT."""


def is_vcf(path: PathLike) -> bool:
    """Whether a path names a VCF or a BCF, by its suffix."""
    return Path(path).name.endswith((".vcf", ".vcf.gz", ".vcf.bgz", ".bcf"))


def merge_variants_files(
    shards: Sequence[PathLike], out: PathLike, variants: PathLike | None = None
) -> int:
    """Join what ``genoseq variants --shard`` wrote of each part of a VCF.

    Parameters
    ----------
    shards
        Files, in the shards' order.
    out
        ``.vcf.gz`` (indexed if it is sorted), ``.vcf`` or ``.bcf``.
    variants
        What was scored: then it is checked that each of its records is there, in order.

    Returns
    -------
    Records.

    Raises
    ------
    ConfigError
        If there is no shard, or ``out`` has no such name.
    InputFormatError
        If a shard is no VCF, or its header is not that of the first; if a record of ``variants`` is
        not where it should be.
    """
    if not shards:
        raise ConfigError("no shard given: name the files, in the shards' order")
    out = Path(out)
    check_vcf_name(out)
    check_distinct({"-o": out}, {f"shard {n}": Path(path) for n, path in enumerate(shards, 1)})
    with ExitStack() as stack:
        # Each may be a pipe: what comes through is read twice.
        given = [stack.enter_context(kept(path)) for path in shards]
        header = _only_header(given)
        records: Iterator[VcfRecord] = chain.from_iterable(map(_records, given))
        if variants is not None:
            records = _checked(records, _records(variants), variants)
        lengths: Mapping[str, int | None] = header.contigs
        paths = [out, *(out.with_name(out.name + suffix) for suffix in INDEXES)]
        new = stack.enter_context(atomic_together(paths))
        text = b"\n".join([*header.meta, header.columns, b""])
        file = VcfFile(new[0], out.name, text, lengths)
        stack.callback(file.close)
        count = 0
        for record in records:
            file.write(record, record.line)
            count += 1
        file.finish()
        return count


def _only_header(shards: Sequence[PathLike]) -> VcfHeader:
    found: VcfHeader | None = None
    for path in shards:
        with open_vcf(path) as vcf:
            if found is not None and vcf.header != found:
                raise InputFormatError(
                    f"its header is not that of {shards[0]}: score all shards of one VCF in the "
                    f"same way (also --device and --precision)",
                    path,
                )
            found = vcf.header
    assert found is not None
    return found


def _records(path: PathLike) -> Iterator[VcfRecord]:
    with open_vcf(path) as vcf:
        yield from vcf.records


def _checked(
    found: Iterator[VcfRecord], expected: Iterator[VcfRecord], path: PathLike
) -> Iterator[VcfRecord]:
    """The records found, if they are those expected."""
    for number, (one, other) in enumerate(zip_longest(found, expected), 1):
        if one is None or other is None or _site(one) != _site(other):
            what = "is missing" if one is None else "is not there in the shards' place"
            raise InputFormatError(
                f"record {number:,} {what}: give all shards, in their order", path
            )
        yield one


def _site(record: VcfRecord) -> list[bytes]:
    return record.line.split(b"\t", _SAME)[:_SAME]
