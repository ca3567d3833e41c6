"""The alphabet: codes, the rule for ambiguity, reverse complements."""

from __future__ import annotations

import numpy as np
import pytest
from Bio.Seq import Seq
from hypothesis import given
from hypothesis import strategies as st

from genoseq.errors import InputFormatError
from genoseq.genome.sequences import (
    N,
    decode,
    encode,
    reverse_complement,
    reverse_complement_codes,
)

IUPAC = st.text(alphabet="ACGTRYSWKMBDHVNacgtryswkmbdhvn").map(str.encode)


def test_encode_gives_codes_in_alphabet_order() -> None:
    assert encode(b"ACGTN").tolist() == [0, 1, 2, 3, 4]


def test_encode_ignores_case_and_reads_u_as_t() -> None:
    assert encode(b"acgtuU").tolist() == [0, 1, 2, 3, 3, 3]


def test_encode_makes_every_ambiguity_code_n() -> None:
    assert set(encode(b"RYSWKMBDHVNXryswkmbdhvnx").tolist()) == {N}


@pytest.mark.parametrize("letter", ["E", "*", "-", "1", " ", "\xff"])
def test_encode_names_the_first_letter_that_is_no_nucleotide(letter: str) -> None:
    with pytest.raises(InputFormatError, match=r"at base 3 is not a nucleotide: use A, C, G, T"):
        encode(b"AC" + letter.encode("latin-1") + b"E")


@given(st.text(alphabet="ACGTN").map(str.encode))
def test_decode_inverts_encode(letters: bytes) -> None:
    assert decode(encode(letters)) == letters


@given(IUPAC)
def test_reverse_complement_agrees_with_biopython(letters: bytes) -> None:
    assert reverse_complement(letters) == bytes(Seq(letters).reverse_complement())


@given(IUPAC)
def test_reverse_complement_codes_agrees_with_letters(letters: bytes) -> None:
    codes = reverse_complement_codes(encode(letters))
    assert np.array_equal(codes, encode(reverse_complement(letters)))


def test_reverse_complement_codes_works_on_rows() -> None:
    rows = np.array([[0, 1, 4], [3, 3, 2]], np.uint8)
    assert reverse_complement_codes(rows).tolist() == [[4, 2, 3], [1, 0, 0]]
