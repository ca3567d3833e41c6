"""Indexes: of tabix (``.tbi``, ``.csi``), and of a FASTA (``.fai``); each fits its file, or not.

An index of tabix is compared with the one that htslib makes of the same file now: the same contigs
in the same order, their lines in the same bytes, and as many of them.  How lines are sorted into
bins differs between versions of htslib, and is not compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from genoseq.errors import InputFormatError
from genoseq.files.compression import compression_of, is_bgzip, numbered_lines
from genoseq.files.staging import temporary_folder
from genoseq.readers.fasta import open_fasta
from genoseq.readers.fasta_index import Index, index_fits, read_fai
from genoseq.readers.tabix_index import TabixIndex, read_tabix_index
from genoseq.validation.findings import Findings
from genoseq.validation.positions import unknown_contig
from genoseq.validation.subject import Checks, Subject

_AGAIN = "index the file again (tabix -f -p bed FILE, or -p gff)"
_BGZIP_HEAD = 18


def _check_tabix(subject: Subject) -> int:
    findings, path = subject.findings, Path(subject.path)
    index = read_tabix_index(subject.path)
    for name in index.extents:
        if name not in subject.lengths:
            unknown_contig(findings, name, subject.lengths)
    data = path.with_name(path.name.rpartition(".")[0])
    if not data.is_file():
        findings.add("file", f"the file that it is of, {data.name}, is not beside it")
        return len(index.extents)
    with data.open("rb") as file:
        packed = is_bgzip(file.read(_BGZIP_HEAD))
    if not packed:
        what = f"{data.name} is not compressed by bgzip: tabix reads no other file"
        findings.add("file", what)
        return len(index.extents)
    if path.stat().st_mtime_ns < data.stat().st_mtime_ns:
        findings.add("age", f"older than {data.name}: {_AGAIN}", level="warning")
    for _ in numbered_lines(data):
        pass  # one that is damaged, or a bomb, is told here: htslib reads whatever there is
    _compare(index, _made_again(data, index), findings)
    return len(index.extents)


def _compare(said: TabixIndex, found: TabixIndex | None, findings: Findings) -> None:
    if found is None:
        findings.add("fits", "htslib makes no index of the file: it is not sorted, or damaged")
        return
    ours, theirs = list(found.extents), list(said.extents)
    if ours != theirs:
        names = f"{', '.join(theirs[:3]) or 'none'} here, {', '.join(ours[:3]) or 'none'} there"
        findings.add("fits", f"its contigs are not those of its file ({names} ...): {_AGAIN}")
        return
    for name, extent in said.extents.items():
        other = found.extents[name]
        if None not in (extent.lines, other.lines) and extent.lines != other.lines:
            what = f"{extent.lines} lines of {name}, the file has {other.lines}: {_AGAIN}"
            findings.add("fits", what)
        elif extent[:2] != other[:2]:
            findings.add("fits", f"lines of {name} are elsewhere in the file: {_AGAIN}")


def _made_again(data: Path, index: TabixIndex) -> TabixIndex | None:
    """The index of the file as it is now; None if htslib makes none."""
    import pysam

    presets = {1: "sam", 2: "vcf"}
    columns = {
        "seq_col": index.columns[0] - 1,
        "start_col": index.columns[1] - 1,
        "end_col": index.columns[2] - 1,
    }
    how = {"preset": presets[index.preset]} if index.preset in presets else columns
    before = pysam.set_verbosity(0)  # what is wrong is said here
    try:
        with temporary_folder() as folder:
            made = Path(folder, "index")
            pysam.tabix_index(
                str(data), force=True, **how, meta_char=index.meta, line_skip=index.skip,
                zerobased=index.zero_based, min_shift=index.min_shift if index.csi else -1,
                index=str(made), keep_original=True, csi=index.csi,
            )  # fmt: skip
            return read_tabix_index(made)
    except (OSError, ValueError, InputFormatError):
        return None
    finally:
        pysam.set_verbosity(before)


def _check_fai(subject: Subject) -> int:
    findings, path = subject.findings, Path(subject.path)
    index = read_fai(path)
    if index is None:
        what = "a line is no name and four numbers, or a name comes twice: samtools faidx"
        findings.add("columns", what)
        return 0
    fasta = path.with_name(path.name.removesuffix(".fai"))
    said = {name: lines.bases for name, lines in index.items()}
    if not fasta.is_file():
        if said != subject.lengths:
            what = f"{fasta.name} is not beside it, and the genome has other contigs or lengths"
            findings.add("fits", what)
    elif not _fits(fasta, index, said):
        findings.add("fits", f"it does not fit {fasta.name}: samtools faidx {fasta.name}")
    return len(index)


def _fits(fasta: Path, index: Index, lengths: Mapping[str, int]) -> bool:
    with fasta.open("rb") as file:
        packed = compression_of(file.read(_BGZIP_HEAD)) is not None
    if not packed:
        return index_fits(fasta, index)
    with open_fasta(fasta) as genome:
        return genome.lengths == lengths


TABIX = Checks("tabix", ("names", "file", "age", "fits"), _check_tabix)
FAI = Checks("FASTA index", ("columns", "fits"), _check_fai)
