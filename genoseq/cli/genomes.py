"""Verbs that take one genome or many: many in one start of Python and torch."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from genoseq.cli.error_text import EXPECTED, FULL, text_of_error
from genoseq.errors import ConfigError, TrainingInterruptedError, listed, told
from genoseq.readers.many import genome_folders

GenomeFiles = Annotated[
    list[Path],
    typer.Argument(
        help="FASTA, GenBank or EMBL, plain or compressed; - is stdin. Several, or a folder of "
        "them: each gets a folder in OUT, named as its file."
    ),
]


def for_each_genome(
    given: Sequence[Path],
    out: Path,
    of_one: Mapping[str, object],
    work: Callable[[Path, Path], None],
) -> None:
    """Do what a verb does for one genome or for each of several.

    What is wrong with one of several is told, and the others are done; but where a disk is full
    they would not be written either.

    Parameters
    ----------
    given, out
        See :func:`genoseq.readers.many.genome_folders`.
    of_one
        What was given to options that are of a single genome, by option.
    work
        Called with a genome and its folder.

    Raises
    ------
    ConfigError
        If options are of one genome and there are several; at the end, if one was not done.
    """
    genomes = genome_folders(given, out)
    if genomes == [(given[0], out)]:
        work(given[0], out)
        return
    if named := [option for option, value in of_one.items() if value is not None]:
        raise ConfigError(f"{listed(named)}: of one genome, and there are {len(genomes):,}")
    out.mkdir(parents=True, exist_ok=True)
    failed = []
    for genome, folder in genomes:
        try:
            work(genome, folder)
        except TrainingInterruptedError:
            raise
        except EXPECTED as error:
            text = text_of_error(error)
            if text is None or (isinstance(error, OSError) and error.errno in FULL):
                raise
            failed.append(str(genome))
            for line in told(text):
                print(f"genoseq: error: {line}", file=sys.stderr)
    if failed:
        raise ConfigError(
            f"{len(failed):,} of {len(genomes):,} genomes are not in {out}: {listed(failed)}"
        )
    logging.getLogger(__name__).info("%s: %s genomes", out, f"{len(genomes):,}")
