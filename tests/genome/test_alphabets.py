"""Letters of targets as numbers and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genoseq.errors import InputFormatError
from genoseq.genome.alphabets import DNA, PROTEIN, Alphabet, alphabet_of


@given(st.sampled_from([DNA, PROTEIN]), st.data())
def test_alphabet_decode_undoes_encode(alphabet: Alphabet, data: st.DataObject) -> None:
    letters = data.draw(st.text(alphabet.letters, max_size=30)).encode()
    assert alphabet.decode(alphabet.encode(letters)) == letters
    assert alphabet.decode(alphabet.encode(letters.lower())) == letters


def test_alphabet_takes_ambiguous_letters_as_unknown() -> None:
    assert PROTEIN.decode(PROTEIN.encode(b"MBZJ*")) == b"MXXX*"
    assert DNA.decode(DNA.encode(b"acuRN")) == b"ACTNN"


def test_alphabet_names_a_letter_that_is_none() -> None:
    with pytest.raises(InputFormatError, match="'-' at letter 3 is not of the alphabet protein"):
        PROTEIN.encode(b"MK-V")


def test_alphabet_of_letters_is_dna_only_if_all_are() -> None:
    assert alphabet_of(set(b"ACGUN")) is DNA
    assert alphabet_of(set(b"ACGM")) is PROTEIN
