import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genoseq.errors import ConfigError, InputFormatError
from genoseq.genome.sequences import Codes, encode, reverse_complement
from genoseq.tokenizers import kmer
from genoseq.tokenizers.alignment import left_context, reverse_shift
from genoseq.tokenizers.kmer import KmerTokenizer

tokenizers = st.integers(1, 8).flatmap(
    lambda k: st.integers(1, k).map(lambda stride: KmerTokenizer(k, stride))
)
dna = st.one_of(st.text("ACGT", max_size=80), st.text("ACGTN", max_size=80))


def codes_of(text: str) -> Codes:
    return encode(text.encode())


def slow_kmers(text: str, tokenizer: KmerTokenizer) -> list[int]:
    k = tokenizer.k
    starts = range(0, len(text) - k + 1, tokenizer.stride)
    return [tokenizer.vocabulary.id(text[start : start + k]) for start in starts]


def slow_encode(text: str, tokenizer: KmerTokenizer) -> list[int]:
    """The definition: each token's k bases, looked up letter by letter, N where there is none."""
    k, stride = tokenizer.k, tokenizer.stride
    ids = []
    for first in range(0, len(text), stride):
        start = first - (k - stride) // 2
        letters = [text[i] if 0 <= i < len(text) else "N" for i in range(start, start + k)]
        ids.append(tokenizer.vocabulary.id("".join(letters)))
    return ids


@given(dna, tokenizers)
def test_kmers_are_the_substrings(text: str, tokenizer: KmerTokenizer) -> None:
    ids = tokenizer.kmers(codes_of(text))
    assert ids.dtype == tokenizer.vocabulary.dtype
    assert ids.tolist() == slow_kmers(text, tokenizer)


@given(dna, tokenizers)
def test_encode_is_its_definition(text: str, tokenizer: KmerTokenizer) -> None:
    ids = tokenizer.encode(codes_of(text))
    assert ids.dtype == tokenizer.vocabulary.dtype
    assert ids.tolist() == slow_encode(text, tokenizer)


@given(dna, tokenizers)
def test_reverse_complement_of_kmers_is_kmers_of_reverse_complement(
    text: str, tokenizer: KmerTokenizer
) -> None:
    k, stride = tokenizer.k, tokenizer.stride
    text = text[: max(0, len(text) - k) // stride * stride + k]
    forward = tokenizer.kmers(codes_of(text))
    backward = tokenizer.kmers(encode(reverse_complement(text.encode())))
    flipped = tokenizer.reverse_complement(forward)
    assert flipped.dtype == forward.dtype
    assert flipped.tolist() == backward.tolist()
    assert tokenizer.reverse_complement(flipped).tolist() == forward.tolist()


@given(dna, tokenizers, st.data())
def test_reverse_complement_of_encode_moves_own_bases_by_the_shift(
    text: str, tokenizer: KmerTokenizer, data: st.DataObject
) -> None:
    k, stride = tokenizer.k, tokenizer.stride
    ids = tokenizer.encode(codes_of(text))
    first = data.draw(st.integers(0, len(ids)))
    last = data.draw(st.integers(first, len(ids)))
    shift = reverse_shift(k, stride)
    # Bases [first * stride + shift, last * stride + shift), reversed, among their true neighbours.
    margin = "N" * 20
    reverse = reverse_complement((margin + text + margin).encode()).decode()
    begin = len(text) + len(margin) - (last * stride + shift) - left_context(k, stride)
    expected = slow_kmers(reverse[begin : begin + (last - first - 1) * stride + k], tokenizer)
    flipped = tokenizer.reverse_complement(ids[first:last])
    assert flipped.tolist() == (expected if last > first else [])


@given(st.text("ACGT", max_size=80), tokenizers)
def test_decode_inverts_kmers(text: str, tokenizer: KmerTokenizer) -> None:
    ids = tokenizer.kmers(codes_of(text))
    covered = (len(ids) - 1) * tokenizer.stride + tokenizer.k if len(ids) else 0
    assert tokenizer.decode(ids).tolist() == codes_of(text[:covered]).tolist()


@given(dna, tokenizers)
def test_decode_of_encode_never_invents_a_base(text: str, tokenizer: KmerTokenizer) -> None:
    codes = codes_of(text)
    left = left_context(tokenizer.k, tokenizer.stride)
    decoded = tokenizer.decode(tokenizer.encode(codes))[left : left + len(codes)]
    assert all(d in (4, c) for d, c in zip(decoded, codes, strict=True))


@pytest.mark.parametrize(("k", "stride"), [(1, 1), (3, 1), (6, 1), (6, 4), (7, 3), (8, 8)])
def test_pieces_join_without_a_seam(k: int, stride: int, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = np.random.default_rng(k).integers(0, 5, 2000).astype(np.uint8)
    tokenizer = KmerTokenizer(k, stride)
    whole = tokenizer.encode(codes)
    monkeypatch.setattr(kmer, "_CHUNK_BASES", 64)
    assert tokenizer.encode(codes).tolist() == whole.tolist()


@given(tokenizers, st.integers(0, 4), st.integers(0, 30), st.integers(0, 99))
def test_kmers_of_rows_are_those_of_each_row(
    tokenizer: KmerTokenizer, count: int, more: int, seed: int
) -> None:
    codes = np.random.default_rng(seed).integers(0, 5, (count, tokenizer.k + more), np.uint8)
    found = tokenizer.kmers_of_rows(codes)
    assert found.dtype == tokenizer.vocabulary.dtype
    assert found.shape == (count, more // tokenizer.stride + 1)
    assert found.tolist() == [tokenizer.kmers(row).tolist() for row in codes]


def test_reverse_complement_works_on_batches_and_keeps_their_dtype() -> None:
    tokenizer = KmerTokenizer(3)
    ids = np.array([[5, 6, 1], [68, 0, 2]], np.int64)
    flipped = tokenizer.reverse_complement(ids)
    assert flipped.dtype == np.int64
    words = [[tokenizer.vocabulary.token(i) for i in row] for row in flipped]
    assert words == [["[UNK]", "GTT", "TTT"], ["[MASK]", "[PAD]", "AAA"]]


def test_a_kmer_with_n_is_unknown_and_its_neighbours_are_not() -> None:
    tokenizer = KmerTokenizer(3)
    ids = tokenizer.kmers(codes_of("ACGTNACGT"))
    assert (ids == tokenizer.vocabulary.unknown).tolist() == [0, 0, 1, 1, 1, 0, 0]


def test_encode_of_nothing_is_nothing() -> None:
    tokenizer = KmerTokenizer(6)
    empty = np.empty(0, np.uint8)
    assert tokenizer.encode(empty).shape == tokenizer.kmers(empty).shape == (0,)
    assert tokenizer.decode(tokenizer.kmers(empty)).shape == (0,)


@pytest.mark.parametrize("stride", [0, 4])
def test_stride_beyond_k_is_refused(stride: int) -> None:
    with pytest.raises(ConfigError, match=f"stride {stride}: use 1 to k=3, or bases are skipped"):
        KmerTokenizer(3, stride)


def test_codes_above_n_are_refused() -> None:
    with pytest.raises(InputFormatError, match=r"base code 65: codes are 0 to 4 \(A, C, G, T, N\)"):
        KmerTokenizer(3).encode(np.array([0, 65, 1], np.uint8))
