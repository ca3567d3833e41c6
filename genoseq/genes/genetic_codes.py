"""Genetic codes: which codons stop, which start, what each stands for.

Codes are NCBI's (https://www.ncbi.nlm.nih.gov/Taxonomy/Utils/wprintgc.cgi), as Biopython has them;
of the start codons only the three that make all but a few per thousand of starts are candidates.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from Bio.Data.CodonTable import unambiguous_dna_by_id
from numpy.typing import NDArray

from genoseq.config.genes import CODES
from genoseq.errors import ConfigError
from genoseq.genome.sequences import Codes, N, encode

START_CODONS = ("ATG", "GTG", "TTG")
"""Start codons by their number, :attr:`genoseq.genes.candidates.Candidates.kind`."""
EDGE = len(START_CODONS)
"""The number of a start that lies before the end of a contig, or within a run of N."""
UNKNOWN_CODON = 64
"""Number of a codon that holds an N."""
_WEIGHTS = np.array([25, 5, 1], np.uint8)
"""Of a codon's bases, which may be N, as digits of base 5."""


@dataclass(frozen=True, slots=True)
class GeneticCode:
    """A genetic code.

    Attributes
    ----------
    number
        NCBI's ``transl_table``.
    stops
        Numbers of the stop codons, see :func:`codon_numbers`.
    amino_acids
        ASCII letters by the codon's bases as digits of base 5, for :meth:`bytes.translate`; ``X``
        for a codon with an N.
    """

    number: int
    stops: tuple[int, ...]
    amino_acids: bytes


@cache
def genetic_code(number: int, among: tuple[int, ...] = CODES) -> GeneticCode:
    """The code of an NCBI number.

    Parameters
    ----------
    among
        Those that genes are called by: of bacteria and archaea, or
        :data:`genoseq.config.genes.NUCLEAR_CODES`.

    Raises
    ------
    ConfigError
        If genes are not called by it.
    """
    if number not in among:
        known = ", ".join(map(str, sorted(among)))
        raise ConfigError(f"genetic code {number}: genes are called by the codes {known}")
    table = unambiguous_dna_by_id[number]
    stops = tuple(map(codon_number, table.stop_codons))
    amino_acids = np.full(256, ord("X"), np.uint8)
    for codon, letter in (table.forward_table | dict.fromkeys(table.stop_codons, "*")).items():
        amino_acids[encode(codon.encode()) @ _WEIGHTS] = ord(letter)
    return GeneticCode(number, stops, amino_acids.tobytes())


def codon_number(letters: str) -> int:
    """Number of a codon of A, C, G and T: 0 to 63, as digits of base 4."""
    first, second, third = (int(code) for code in encode(letters.encode()))
    return 16 * first + 4 * second + third


def codon_numbers(codes: Codes) -> NDArray[np.uint8]:
    """Number of the codon that begins at each base.

    Parameters
    ----------
    codes
        Shape (L,).

    Returns
    -------
    Shape (L,); :data:`UNKNOWN_CODON` where the codon holds an N or ends beyond the last base.
    """
    numbers = np.full(len(codes), UNKNOWN_CODON, np.uint8)
    if len(codes) < 3:
        return numbers
    first, second, third = codes[:-2], codes[1:-1], codes[2:]
    known = (first < N) & (second < N) & (third < N)
    inner = numbers[:-2]
    inner[known] = (16 * first + 4 * second + third)[known]
    return numbers


def translate(codes: Codes, code: GeneticCode, whole_start: bool) -> bytes:
    """Protein of a coding sequence, 5' to 3', its stop codon as ``*``.

    Parameters
    ----------
    codes
        Shape (L,); bases behind the last whole codon are left out.
    whole_start
        Whether it begins with its start codon, which stands for methionine whatever it is.
    """
    whole = len(codes) // 3 * 3
    first, second, third = (codes[base:whole:3] for base in range(3))
    letters = (25 * first + 5 * second + third).tobytes().translate(code.amino_acids)
    return b"M" + letters[1:] if whole_start and letters else letters
