"""The id of each token: five special tokens, then every k-mer in order.

K-mers follow in lexicographic order from :data:`FIRST_KMER`, so the id of a k-mer is its base-4
number (A 0, C 1, G 2, T 3, first base most significant) plus 5.  No table is needed either way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genoseq.errors import ConfigError, InputFormatError
from genoseq.genome.sequences import N, decode, encode

SPECIALS = ("[PAD]", "[UNK]", "[MASK]", "[BOS]", "[EOS]")
PAD, UNKNOWN_TOKEN, MASK, BOS, EOS = range(len(SPECIALS))
FIRST_KMER = len(SPECIALS)
MAX_K = 8


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Tokens of ``k`` bases.

    Attributes
    ----------
    k
        Bases per token, 1 to 8.  A k-mer that holds an N is the token ``[UNK]``.

    Raises
    ------
    ConfigError
        If k is outside 1 to 8.
    """

    k: int

    def __post_init__(self) -> None:
        if not 1 <= self.k <= MAX_K:
            raise ConfigError(f"k {self.k}: use 1 to {MAX_K} bases per token")

    def __len__(self) -> int:
        return self.size

    @property
    def size(self) -> int:
        """Number of tokens, the special ones included: ``4**k + 5``."""
        return int(FIRST_KMER + 4**self.k)

    @property
    def dtype(self) -> np.dtype[np.unsignedinteger]:
        """Smallest unsigned type that holds every id: one byte to k=3, two to k=7, four at k=8."""
        return np.min_scalar_type(self.size - 1)

    @property
    def pad(self) -> int:
        """Id of ``[PAD]``, which fills up short sequences."""
        return PAD

    @property
    def unknown(self) -> int:
        """Id of ``[UNK]``: a k-mer with an N in it."""
        return UNKNOWN_TOKEN

    @property
    def mask(self) -> int:
        """Id of ``[MASK]``: hidden from a masked language model."""
        return MASK

    @property
    def begin(self) -> int:
        """Id of ``[BOS]``: before the first token."""
        return BOS

    @property
    def end(self) -> int:
        """Id of ``[EOS]``: after the last token."""
        return EOS

    def token(self, token_id: int) -> str:
        """The token's text: a k-mer in capitals, or a special token such as ``[UNK]``.

        Raises
        ------
        InputFormatError
            If no token has that id.
        """
        if not 0 <= token_id < self.size:
            raise InputFormatError(
                f"token id {token_id} is outside 0 to {self.size - 1}, the vocabulary of k={self.k}"
            )
        if token_id < FIRST_KMER:
            return SPECIALS[token_id]
        number = token_id - FIRST_KMER
        digits = [number >> 2 * index & 3 for index in range(self.k - 1, -1, -1)]
        return decode(np.array(digits, np.uint8)).decode()

    def id(self, token: str) -> int:
        """The token's number; a k-mer in any case, with N or an ambiguity code it is ``[UNK]``.

        Raises
        ------
        InputFormatError
            If the text is neither a special token nor k nucleotides.
        """
        if token in SPECIALS:
            return SPECIALS.index(token)
        if len(token) != self.k or not token.isascii():
            raise InputFormatError(
                f"{token!r} is no token of k={self.k}: expected {self.k} nucleotides "
                f"or one of {', '.join(SPECIALS)}"
            )
        codes = encode(token.encode())
        if N in codes:
            return UNKNOWN_TOKEN
        return FIRST_KMER + sum(int(code) << 2 * index for index, code in enumerate(codes[::-1]))
