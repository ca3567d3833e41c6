"""Bases to k-mer tokens and back: vectorised, in chunks that stay in the processor's cache."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import ConfigError, InputFormatError
from genoseq.genome.sequences import Codes, N
from genoseq.tokenizers.alignment import left_context, token_count
from genoseq.tokenizers.vocabulary import FIRST_KMER, UNKNOWN_TOKEN, Vocabulary

Ids = NDArray[np.unsignedinteger[Any]]

# Bases per chunk: one byte per base in, two out and as much in between fit 256 kB of L2.
_CHUNK_BASES = 1 << 16


@dataclass(frozen=True, slots=True)
class KmerTokenizer:
    """Tokens of ``k`` bases, one every ``stride`` bases.

    Attributes
    ----------
    k
        Bases per token, 1 to 8.
    stride
        Bases from one token to the next, 1 to k: 1 gives one token per base, k no overlap.

    Raises
    ------
    ConfigError
        If k or stride is outside these bounds.
    """

    k: int
    stride: int = 1

    def __post_init__(self) -> None:
        Vocabulary(self.k)
        if not 1 <= self.stride <= self.k:
            raise ConfigError(f"stride {self.stride}: use 1 to k={self.k}, or bases are skipped")

    @property
    def vocabulary(self) -> Vocabulary:
        """The tokens and their ids."""
        return Vocabulary(self.k)

    def encode(self, codes: Codes) -> Ids:
        """One token for every ``stride`` bases, aligned as ``alignment.py`` draws it.

        Parameters
        ----------
        codes
            Bases, shape (L,), values 0 to 4.  Beyond both ends every base is N, so tokens whose
            span leaves the sequence are ``[UNK]``.

        Returns
        -------
        Ids of shape (ceil(L / stride),) in the vocabulary's dtype.

        Raises
        ------
        InputFormatError
            If a code is above 4.
        """
        count = token_count(len(codes), self.stride)
        if count == 0:
            return np.empty(0, self.vocabulary.dtype)
        padded = np.full((count - 1) * self.stride + self.k, N, np.uint8)
        left = left_context(self.k, self.stride)
        padded[left : left + len(codes)] = codes
        return self.kmers(padded)

    def encode_rows(self, codes: Codes) -> Ids:
        """:meth:`encode` of each of B sequences of one length: (B, L) to (B, ceil(L / stride))."""
        count = token_count(codes.shape[1], self.stride)
        ids = np.empty((len(codes), count), self.vocabulary.dtype)
        for row, own in zip(ids, codes, strict=True):
            row[:] = self.encode(own)
        return ids

    def kmers(self, codes: Codes) -> Ids:
        """The k-mers that lie inside the sequence, from its first base, one every ``stride``.

        Parameters
        ----------
        codes
            Bases, shape (L,), values 0 to 4.

        Returns
        -------
        Ids of shape ((L - k) // stride + 1,), or (0,) if L < k, in the vocabulary's dtype.

        Raises
        ------
        InputFormatError
            If a code is above 4.
        """
        count = max(0, (len(codes) - self.k) // self.stride + 1)
        ids = np.empty(count, self.vocabulary.dtype)
        step = _CHUNK_BASES // self.stride
        for first in range(0, count, step):
            piece = ids[first : first + step]
            start = first * self.stride
            _fill(piece, codes[start : start + (len(piece) - 1) * self.stride + self.k], self)
        return ids

    def kmers_of_rows(self, codes: Codes) -> Ids:
        """:meth:`kmers` of each of B sequences of one length, in one pass.

        Parameters
        ----------
        codes
            Bases, shape (B, L), values 0 to 4; L at least k.

        Returns
        -------
        Ids of shape (B, (L - k) // stride + 1), in the vocabulary's dtype.

        Raises
        ------
        InputFormatError
            If a code is above 4.
        """
        rows, length = codes.shape
        width = token_count(length, self.stride) * self.stride
        # One after the other; the tokens that reach from a row into the next are left out.
        joined = np.zeros(rows * width + self.k, np.uint8)
        joined[: rows * width].reshape(rows, width)[:, :length] = codes
        tokens = width // self.stride
        ids = self.kmers(joined)[: rows * tokens].reshape(rows, tokens)
        return ids[:, : (length - self.k) // self.stride + 1]

    def reverse_complement(self, ids: NDArray[Any]) -> NDArray[Any]:
        """Ids of the reverse complement: a lookup and a flip along the last axis.

        Exact for :meth:`kmers` where (L - k) is a multiple of stride.  For :meth:`encode` the
        own bases move by ``alignment.reverse_shift`` bases.  Special tokens stay what they are.

        Parameters
        ----------
        ids
            Any integer type, shape (..., T).

        Returns
        -------
        Same shape and dtype.
        """
        flipped: NDArray[Any] = reverse_complement_table(self.k)[ids[..., ::-1]]
        return flipped.astype(ids.dtype, copy=False)

    def decode(self, ids: NDArray[Any]) -> Codes:
        """Bases under consecutive tokens; the inverse of :meth:`kmers` where nothing is N.

        Parameters
        ----------
        ids
            Shape (T,).

        Returns
        -------
        Codes of shape ((T - 1) * stride + k,), or (0,) if T is 0.  A base is N where no k-mer
        over it is known.  Base 0 of what :meth:`encode` saw is at ``alignment.left_context``.
        """
        if len(ids) == 0:
            return np.empty(0, np.uint8)
        codes = np.full((len(ids) - 1) * self.stride + self.k, N, np.uint8)
        known = np.flatnonzero(ids >= FIRST_KMER)
        numbers = ids[known].astype(np.int64) - FIRST_KMER
        for index in range(self.k):
            codes[known * self.stride + index] = numbers >> 2 * (self.k - 1 - index) & 3
        return codes


@cache
def reverse_complement_table(k: int) -> Ids:
    """Shape (V,): the id of each token's reverse complement; special tokens map to themselves."""
    vocabulary = Vocabulary(k)
    table = np.arange(vocabulary.size, dtype=np.int64)
    left = table[FIRST_KMER:] - FIRST_KMER
    reverse = np.zeros_like(left)
    for _ in range(k):
        reverse = reverse << 2 | (3 - (left & 3))
        left = left >> 2
    table[FIRST_KMER:] = reverse + FIRST_KMER
    frozen = table.astype(vocabulary.dtype)
    frozen.flags.writeable = False
    return frozen


def _fill(ids: Ids, codes: Codes, tokenizer: KmerTokenizer) -> None:
    """Write the tokens of one chunk: ids (T,), codes ((T - 1) * stride + k,)."""
    highest = int(codes.max())
    if highest > N:
        raise InputFormatError(f"base code {highest}: codes are 0 to {N} (A, C, G, T, N)")
    if highest < N:
        _numbers(codes, tokenizer, ids)
        return
    _numbers(codes & np.uint8(3), tokenizer, ids)
    unknown = _any_of(codes == N, tokenizer.k)
    ids[unknown[:: tokenizer.stride]] = UNKNOWN_TOKEN


def _numbers(codes: Codes, tokenizer: KmerTokenizer, ids: Ids) -> None:
    """Base-4 numbers of k-mers without N, plus FIRST_KMER, into ids (T,)."""
    k, stride = tokenizer.k, tokenizer.stride
    tail = k - _head(k)
    last = (len(ids) - 1) * stride + 1
    ids[:] = _rolling(codes, k - tail)[:last:stride]
    if tail:
        ids <<= 2 * tail
        ids |= _rolling(codes, tail)[k - tail : k - tail + last : stride]
    ids += FIRST_KMER


def _head(k: int) -> int:
    """Bases of a k-mer's first part: the largest power of two below k."""
    return 1 if k == 1 else 1 << (k - 1).bit_length() - 1


def _rolling(codes: Codes, k: int) -> Ids:
    """Base-4 numbers of all k-mers, shape (L - k + 1,), k at most 4.

    Two halves side by side: log2(k) rounds instead of k, and in bytes, which is what makes it fast.
    """
    if k == 1:
        return codes
    head = _head(k)
    left = _rolling(codes, head)
    right = left if 2 * head == k else _rolling(codes, k - head)
    numbers = left[: len(codes) - k + 1] << np.uint8(2 * (k - head))
    numbers |= right[head : head + len(numbers)]
    return numbers


def _any_of(flags: NDArray[np.bool_], k: int) -> NDArray[np.bool_]:
    """Whether any of the k flags from each position on is set, shape (L - k + 1,)."""
    width = 1
    while width < k:
        step = min(width, k - width)
        flags = flags[:-step] | flags[step:]
        width += step
    return flags
