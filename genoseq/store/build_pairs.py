"""A table of pairs, or two FASTA files, to a store of them, with their splits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from genoseq.config.base import LEARNED
from genoseq.errors import InputFormatError
from genoseq.files.atomic import PathLike
from genoseq.files.inputs import Input, all_kept, kept
from genoseq.files.provenance import make_record
from genoseq.genome.sequences import Codes, reverse_complement_codes
from genoseq.readers.pairs import Pair, read_pair_table, read_paired_records
from genoseq.store.pairs import PairStore, write_pairs

VALID, TEST = 0.1, 0.1
"""Shares of the sources for validation and test where a file does not say."""


def tokenize_pairs(
    pairs: PathLike,
    targets: PathLike | None = None,
    *,
    out: PathLike,
    name: str | None = None,
    split: str | None = None,
) -> PairStore:
    """Write pairs of sequences into a store to train from.

    Parameters
    ----------
    pairs
        A table (:func:`genoseq.readers.pairs.read_pair_table`), or the sources as FASTA or FASTQ.
    targets
        FASTA with a target by the name of each source; None: ``pairs`` is a table.
    out
        Folder of the store.
    name
        What the collection is called; None: as the file.
    split
        Of all pairs; None: as follows.

    Splits are the table's, or drawn by the source's checksum, 80% for training and 10% each for
    validation and test: a source, or its reverse complement, is in one split alone.

    Raises
    ------
    InputFormatError
        With what is wrong with a line, and where one source is in two splits, or in another than
        ``split``.
    StoreError
        If there is no pair, or ``out`` holds something else.
    """
    with all_kept({"targets": targets}, pairs) as given, kept(pairs) as first:
        second = given.get("targets")
        read = read_pair_table(first) if second is None else read_paired_records(first, second)
        files = {each.name: each.sha256 for each in (first, second) if each is not None}
        record = make_record("tokenize", {"scheme": "seq2seq"}, {"pairs": files})
        called = name or Path(first.name).name.split(".")[0]
        return write_pairs(out, called, split_pairs(read, first, split), files, record)


def split_pairs(
    pairs: Iterable[Pair], path: Input, whole: str | None = None
) -> Iterator[tuple[Codes, bytes, str]]:
    """Source, target and split of pairs; a source that comes again has the split of before.

    Parameters
    ----------
    path
        Where they are from, for messages.
    whole
        The split of all, see :func:`tokenize_pairs`.

    Raises
    ------
    InputFormatError
        As :func:`tokenize_pairs`.
    """
    known: dict[int, str] = {}
    for pair in pairs:
        checksum = _checksum(pair.source)
        split = pair.split or whole or _drawn(checksum)
        if split not in LEARNED:
            said = f"split {split!r}: use {', '.join(LEARNED)}"
            raise InputFormatError(said, path, pair.line)
        if whole not in (None, split):
            said = f"split {split!r}, and {whole!r} is asked for all pairs: leave one of them out"
            raise InputFormatError(said, path, pair.line)
        if known.setdefault(checksum, split) != split:
            raise InputFormatError(
                f"this source, or its reverse complement, is in split {known[checksum]} already: "
                f"a model must not be judged by what it learned from",
                path,
                pair.line,
            )
        yield pair.source, pair.target, split


def _checksum(source: Codes) -> int:
    """64 bits that are the same for a sequence and for its reverse complement."""
    either = min(source.tobytes(), reverse_complement_codes(source).tobytes())
    return int.from_bytes(hashlib.sha256(either).digest()[:8], "little")


def _drawn(checksum: int) -> str:
    share = checksum / 2**64
    if share < TEST:
        return "test"
    return "valid" if share < TEST + VALID else "train"
