"""Alphabets that one sequence is mapped to: proteins and DNA, as numbers and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import InputFormatError

_STRANGE = 255


@dataclass(frozen=True)
class Alphabet:
    """Letters by their numbers.

    Attributes
    ----------
    name
        ``protein`` or ``dna``.
    letters
        Each at the place of its number, upper case.
    taken_as
        Other letters, and what each is taken as.
    """

    name: str
    letters: str
    taken_as: tuple[tuple[str, str], ...] = ()

    def __len__(self) -> int:
        return len(self.letters)

    def encode(self, letters: bytes) -> NDArray[np.uint8]:
        """Numbers of letters of either case, shape (L,).

        Raises
        ------
        InputFormatError
            At the first letter that is none of them, with its 1-based place.
        """
        codes = np.frombuffer(letters.translate(self._table()), np.uint8)
        if codes.size and codes.max() == _STRANGE:
            at = int(np.argmax(codes == _STRANGE))
            raise InputFormatError(
                f"{chr(letters[at])!r} at letter {at + 1} is not of the alphabet {self.name}: "
                f"use {self.letters}"
            )
        return codes

    def decode(self, codes: NDArray[np.integer]) -> bytes:
        """Letters of numbers (L,); the inverse of :meth:`encode` on upper case."""
        letters: NDArray[np.uint8] = np.frombuffer(self.letters.encode(), np.uint8)[codes]
        return letters.tobytes()

    def _table(self) -> bytes:
        table = np.full(256, _STRANGE, np.uint8)
        for code, letter in enumerate(self.letters):
            table[[ord(letter), ord(letter.lower())]] = code
        for letter, other in self.taken_as:
            table[[ord(letter), ord(letter.lower())]] = self.letters.index(other)
        return table.tobytes()


PROTEIN = Alphabet("protein", "ACDEFGHIKLMNPQRSTVWYUOX*", tuple((letter, "X") for letter in "BJZ"))
"""The 20, selenocysteine U, pyrrolysine O, X for any, * for a stop (IUPAC-IUB JCBN 1984)."""
DNA = Alphabet("dna", "ACGTN", (("U", "T"), *((letter, "N") for letter in "RYSWKMBDHVX")))
ALPHABETS = {alphabet.name: alphabet for alphabet in (PROTEIN, DNA)}


def alphabet_of(letters: set[int]) -> Alphabet:
    """The alphabet of a collection's bytes: DNA if all are A, C, G, T, U or N, else protein."""
    return DNA if letters <= set(b"ACGTUNacgtun") else PROTEIN
