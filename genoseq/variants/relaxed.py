"""What an encoder reads where bases are distributions.

Bases are independent.  A token's vector is its expectation: the sum over k-mers of the product of
their bases' probabilities, times the k-mer's vector.  That is multilinear, and where all bases are
certain exactly what the model reads.  The stem behind it is run as it is.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from genoseq.genome.sequences import Codes, N
from genoseq.inference.predict import Predictor
from genoseq.tokenizers.alignment import left_context
from genoseq.tokenizers.kmer import KmerTokenizer
from genoseq.tokenizers.vocabulary import FIRST_KMER


def relaxed_vectors(predictor: Predictor, codes: Codes, start: int, bases: Tensor) -> Tensor:
    """What the encoder reads of a window, (T, E).

    Parameters
    ----------
    codes
        Of the window, (W,).
    start, bases
        Bases from there on are distributions over A, C, G and T, (L, 4).  Tokens that have a base
        that is N stay what they are.
    """
    network, tokenizer = predictor.network, predictor.settings.tokenizer
    kmers = KmerTokenizer(tokenizer.k, tokenizer.stride)
    ids = torch.from_numpy(kmers.encode(codes).astype(np.int64)).to(predictor.device)
    margin = 0
    if network.stem is not None:
        ids, margin = network.stem.pad(ids[None])[0], network.stem.margins[0]
    vectors: Tensor = network.embedding(ids)
    if len(bases):
        tokens, expected, known = _expected(kmers, network.embedding.weight, codes, start, bases)
        beside = slice(margin + tokens.start, margin + tokens.stop)
        expected = torch.where(known[:, None], expected, vectors[beside])
        vectors = torch.cat([vectors[: beside.start], expected, vectors[beside.stop :]])
    if network.stem is None:
        return vectors
    stemmed: Tensor = network.stem(vectors[None])[0]
    return stemmed


def _expected(
    kmers: KmerTokenizer, weight: Tensor, codes: Codes, start: int, bases: Tensor
) -> tuple[range, Tensor, Tensor]:
    """Which tokens see bases from ``start`` on, their expected vectors, and which are known."""
    k, stride, before = kmers.k, kmers.stride, left_context(kmers.k, kmers.stride)
    first = max(0, -(-(start + before - k + 1) // stride))
    last = min((start + len(bases) - 1 + before) // stride, len(codes) // stride - 1)
    tokens = range(first, last + 1)
    padded = np.full(len(codes) + 2 * k, N, np.uint8)
    padded[before : before + len(codes)] = codes
    letters = torch.from_numpy(padded.astype(np.int64)).to(bases.device)
    certain = functional.one_hot(letters, N + 1)[:, :N].to(bases.dtype)
    at = start + before
    whole = torch.cat([certain[:at], bases, certain[at + len(bases) :]])
    together, known = bases.new_ones(len(tokens), 1), letters.new_ones(len(tokens)).bool()
    for offset in range(k):
        column = slice(first * stride + offset, last * stride + offset + 1, stride)
        together = (together[:, :, None] * whole[column][:, None]).flatten(1)
        known &= letters[column] != N
    return tokens, together @ weight[FIRST_KMER : FIRST_KMER + N**k], known
