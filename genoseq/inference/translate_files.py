"""Reads and a model, by their paths, to a FASTA: what ``genoseq translate`` does."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from genoseq.errors import InputFormatError
from genoseq.files.atomic import PathLike, check_distinct
from genoseq.files.inputs import kept
from genoseq.files.progress import Report, unreported
from genoseq.genome.sequences import Codes, encode
from genoseq.pretrained.registry import model_folder
from genoseq.readers.fasta import write_fasta
from genoseq.readers.records import SequenceRecord, read_records


class TranslatedFile(NamedTuple):
    """What was written: how many sequences, of how many bases."""

    sequences: int
    bases: int


def translate_files(
    sequences: PathLike,
    model: PathLike,
    out: PathLike,
    *,
    beams: int = 1,
    longest: int | None = None,
    device: str | None = None,
    expect: str | Path | None = None,
    report: Report = unreported,
) -> TranslatedFile:
    """Map every sequence of a file, in order, to another; memory does not grow with the file.

    It is read twice: first as a whole, so that what is wrong with it is told before the work.

    Parameters
    ----------
    sequences
        FASTA or FASTQ, plain or compressed, or ``-``.
    model
        Folder of a model of task seq2seq.
    out
        FASTA, whole or not at all; ``logp=`` in each header is the natural logarithm of the
        probability that the model gives to what is written, and ``strand=`` the one that was read
        where the model reads either.
    beams, longest, device
        See :class:`genoseq.inference.translate.Translator`.
    expect
        Refuse a model of other settings than these; JSON text, or a YAML or JSON file.
    report
        Called with the bases that are done, and with all of them.

    Raises
    ------
    GenoseqError
        Before anything is written, with what is wrong with a file or an argument.
    """
    check_distinct({"--out": Path(out)}, {"the sequences": Path(sequences)})
    folder = model_folder(model)
    with kept(sequences) as given:
        bases = count = 0
        for record in read_records(given):
            bases, count = bases + len(_checked(record, given)), count + 1

        from genoseq.inference.translate import Translator
        from genoseq.models.bundle import load_bundle
        from genoseq.models.expected import check_model

        bundle = load_bundle(folder)
        check_model(bundle, folder, expect)
        translator = Translator(bundle, device)

        def written() -> Iterator[tuple[str, bytes]]:
            done = 0
            waiting: deque[tuple[str, int]] = deque()  # of those that the translator holds
            for translation in translator(_codes(given, waiting), beams, longest):
                name, own = waiting.popleft()
                done += own
                report(done, bases)
                logp = round(translation.log_probability, 4) + 0.0  # no -0.0
                strand = f" strand={translation.strand}" if translator.task.either_strand else ""
                yield f"{name} logp={logp:.4f}{strand}", translation.letters.encode()

        write_fasta(out, written())
    return TranslatedFile(count, bases)


def _codes(path: PathLike, waiting: deque[tuple[str, int]]) -> Iterator[Codes]:
    """Base codes of a file's records, whose names and bases are put into ``waiting``."""
    for record in read_records(path):
        codes = _checked(record, path)
        waiting.append((record.name, len(codes)))
        yield codes


def _checked(record: SequenceRecord, path: PathLike) -> Codes:
    """Base codes of a record; InputFormatError names its line."""
    if not record.letters:
        raise InputFormatError(f"{record.name!r} has no base: leave it out", path, record.line)
    try:
        return encode(record.letters)
    except InputFormatError as error:
        raise InputFormatError(f"{record.name!r}: {error.problem}", path, record.line) from None
