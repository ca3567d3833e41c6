"""A file that is to be checked, and what it is checked against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from genoseq.files.inputs import Input
from genoseq.readers.fasta import Fasta
from genoseq.validation.findings import Findings


@dataclass(frozen=True, slots=True)
class Subject:
    """A file that is to be checked.

    Attributes
    ----------
    path
        The file.
    genome
        What it is of.
    findings
        Get what is wrong.
    indexed
        Whether an index of tabix lies beside it: its lines must be sorted then, whatever the
        format says.
    probabilities
        Whether a manifest says that its values are such: they lie between 0 and 1.
    """

    path: Input
    genome: Fasta
    findings: Findings
    indexed: bool = False
    probabilities: bool = False

    @property
    def lengths(self) -> Mapping[str, int]:
        """bp of the genome's contigs."""
        return self.genome.lengths


class Checks(NamedTuple):
    """How files of one format are checked.

    Attributes
    ----------
    format
        Its name in the table.
    names
        The checks, in one word each.
    run
        Does them; returns the number of records.
    """

    format: str
    names: tuple[str, ...]
    run: Callable[[Subject], int]
