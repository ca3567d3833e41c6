"""Every file of a folder of odd input through the matching reader: read right, or one clear error.

    python benchmarks/adversarial.py FOLDER

FOLDER holds an ``INVENTORY.tsv`` with columns ``path`` (relative to FOLDER or its parent) and
``kind`` (fasta, bed, gff/gtf, genbank, or ? where the format is for the reader to find out).
What is read is compared with an independent reading of the same file: FASTA with Biopython's
parser (names and every letter), the others with a count of their lines.  A refusal is one line; a
FASTA that Biopython reads as uniquely named nucleotides must not be refused.  A file that takes
too long, raises anything else, differs, or has left something beside the input is a failure, and
the exit status is then 1.
"""

from __future__ import annotations

import argparse
import bz2
import csv
import gzip
import lzma
import re
import signal
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TextIO, cast

from genoseq.errors import GenoseqError, InputFormatError
from genoseq.genome.sequences import encode
from genoseq.readers.annotation import read_annotation
from genoseq.readers.bed import read_bed
from genoseq.readers.fasta import open_fasta
from genoseq.readers.genbank import read_genbank
from genoseq.readers.gff import read_gff

OPENERS = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}


class Outcome(NamedTuple):
    """What became of a file: ``read``, ``refused`` or ``FAILED``, and the details."""

    verdict: str
    detail: str


class DifferenceError(Exception):
    """The reader and the independent reading disagree."""


def main() -> None:
    """Print the table of outcomes; exit 1 at any failure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder with INVENTORY.tsv")
    parser.add_argument("--timeout", type=float, default=20.0, help="seconds a file (default 20)")
    options = parser.parse_args()
    before = _listing(options.folder)
    with (options.folder / "INVENTORY.tsv").open(newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        path = next(
            p
            for p in (options.folder / row["path"], options.folder.parent / row["path"])
            if p.exists()
        )
        outcome = attempt(row["kind"], path, options.timeout)
        counts[row["kind"], outcome.verdict] += 1
        print(row["kind"], outcome.verdict, path.name, outcome.detail, sep="\t")
    left = _listing(options.folder) ^ before
    for path in sorted(left):
        print("-", "FAILED", path.name, "appeared or vanished beside the input", sep="\t")
    _summary(counts)
    sys.exit(bool(left) or any(verdict == "FAILED" for _, verdict in counts))


def attempt(kind: str, path: Path, seconds: float) -> Outcome:
    """Run the reader of ``kind`` on a file and judge what it does."""
    try:
        with _time_limit(seconds):
            return Outcome("read", READERS[kind](path))
    except GenoseqError as error:
        said = str(error).replace(str(path), path.name)
        one_line = isinstance(error, InputFormatError) and "\n" not in said
        return Outcome("refused" if one_line else "FAILED", said)
    except DifferenceError as error:
        return Outcome("FAILED", str(error))
    except Exception as error:
        return Outcome("FAILED", f"{type(error).__name__}: {error}")


def try_fasta(path: Path) -> str:
    """Read by genoseq and by Biopython: the same names and letters."""
    peer = _biopython(path)
    try:
        with open_fasta(path) as fasta:
            ours = [(name, fasta.fetch(name, 0, size)) for name, size in fasta.lengths.items()]
            for name, size in fasta.lengths.items():
                fasta.codes(name, size // 3, size - size // 3)
    except InputFormatError as error:
        if peer is not None and _is_unique_nucleotides(peer):
            raise DifferenceError(f"refused, but Biopython reads it: {error}") from error
        raise
    if peer is not None and ours != peer:
        raise DifferenceError(f"{len(ours)} records differ from Biopython's {len(peer)}")
    against = "Biopython refuses it" if peer is None else "= Biopython"
    return f"{len(ours)} records, {sum(len(letters) for _, letters in ours)} bases, {against}"


def try_bed(path: Path) -> str:
    """Read BED: as many records as lines, the same places."""
    records = read_bed(path)
    lines = _record_lines(path)
    if [(r.chrom, str(r.start), str(r.end)) for r in records] != [
        tuple(line.split("\t" if "\t" in line else None)[:3]) for line in lines
    ]:
        raise DifferenceError(f"{len(records)} records differ from {len(lines)} lines")
    return f"{len(records)} records = lines"


def try_gff(path: Path) -> str:
    """Read GFF: as many features as lines, the same places."""
    features = read_gff(path).features
    columns = [line.split("\t") for line in _record_lines(path)]
    places = [(c[0], c[2], int(c[3]) - 1, int(c[4])) for c in columns]
    if [(f.chrom, f.type, f.start, f.end) for f in features] != places:
        raise DifferenceError(f"{len(features)} features differ from {len(columns)} lines")
    return f"{len(features)} features = lines"


def try_genbank(path: Path) -> str:
    """Read GenBank: as many features and bases as a plain look at the lines counts."""
    file = read_genbank(path)
    keys, bases = _genbank_counts(_text(path))
    features = len({feature.id for feature in file.features if feature.id})
    found = sum(len(letters) for letters in file.records.values())
    if (features, found) != (keys, bases):
        raise DifferenceError(f"{features} features, {found} bases; the text has {keys}, {bases}")
    parts = len(file.features)
    return f"{len(file.lengths)} records, {features} features in {parts} parts, {bases} bases"


def try_unknown(path: Path) -> str:
    """A format to be found out: FASTA if it reads as such, else annotation."""
    try:
        return try_fasta(path)
    except InputFormatError as error:
        try:
            read = read_annotation(path)
        except InputFormatError:
            raise error from None
        raise DifferenceError(f"read as {len(read.features)} features of annotation") from None


READERS: dict[str, Callable[[Path], str]] = {
    "fasta": try_fasta,
    "bed": try_bed,
    "gff/gtf": try_gff,
    "genbank": try_genbank,
    "?": try_unknown,
}


def _biopython(path: Path) -> list[tuple[str, bytes]] | None:
    """Names and letters as Biopython's parser has them; None where it refuses."""
    from Bio import SeqIO

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with _open(path) as text:
                records = [(record.id, bytes(record.seq)) for record in SeqIO.parse(text, "fasta")]
        except Exception:
            return None
    return records or None


def _is_unique_nucleotides(records: list[tuple[str, bytes]]) -> bool:
    names = [name for name, _ in records]
    try:
        for _, letters in records:
            encode(letters)
    except InputFormatError:
        return False
    return len(set(names)) == len(names) and all(names)


def _genbank_counts(text: str) -> tuple[int, int]:
    """Feature keys, and letters under ORIGIN."""
    keys = bases = 0
    section = ""
    for line in text.splitlines():
        if re.match(r"[A-Z/]", line):
            section = line.split()[0]
        elif section == "FEATURES":
            keys += bool(re.match(r" {5}\S", line))
        elif section.startswith("ORIGIN"):
            bases += sum(letter.isalpha() for letter in line)
    return keys, bases


def _record_lines(path: Path) -> list[str]:
    lines = (line.rstrip() for line in _text(path).splitlines())
    return [line for line in lines if line and not re.match(r"#|(track|browser)\b", line)]


def _text(path: Path) -> str:
    with _open(path) as text:
        return str(text.read())


def _open(path: Path) -> TextIO:
    with path.open("rb") as file:
        opener: Any = OPENERS.get(file.read(2), open)
    return cast(TextIO, opener(path, "rt", encoding="latin-1"))


def _listing(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    def late(*_: object) -> None:
        raise TimeoutError(f"took longer than {seconds} s")

    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _summary(counts: Counter[tuple[str, str]]) -> None:
    print("\nkind      files   read  refused  FAILED")
    kinds = [*dict.fromkeys(kind for kind, _ in counts), "all"]
    for kind in kinds:
        row = [
            sum(n for (k, v), n in counts.items() if kind in (k, "all") and v == verdict)
            for verdict in ("read", "refused", "FAILED")
        ]
        print(f"{kind:8} {sum(row):6} {row[0]:6} {row[1]:8} {row[2]:7}")


if __name__ == "__main__":
    main()
