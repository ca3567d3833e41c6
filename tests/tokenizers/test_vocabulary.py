import itertools

import numpy as np
import pytest

from genoseq.errors import ConfigError, InputFormatError
from genoseq.tokenizers.vocabulary import SPECIALS, Vocabulary


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_vocabulary_lists_specials_then_kmers_in_order(k: int) -> None:
    vocabulary = Vocabulary(k)
    kmers = ["".join(letters) for letters in itertools.product("ACGT", repeat=k)]
    tokens = [vocabulary.token(number) for number in range(vocabulary.size)]
    assert tokens == [*SPECIALS, *kmers]
    assert [vocabulary.id(token) for token in tokens] == list(range(len(vocabulary)))


@pytest.mark.parametrize(("k", "dtype"), [(1, "u1"), (3, "u1"), (4, "u2"), (7, "u2"), (8, "u4")])
def test_vocabulary_dtype_is_the_smallest_that_holds_every_id(k: int, dtype: str) -> None:
    assert Vocabulary(k).dtype == np.dtype(dtype)


def test_vocabulary_names_its_special_tokens() -> None:
    v = Vocabulary(3)
    ids = (v.pad, v.unknown, v.mask, v.begin, v.end)
    assert [v.token(i) for i in ids] == ["[PAD]", "[UNK]", "[MASK]", "[BOS]", "[EOS]"]


def test_id_ignores_case_and_makes_ambiguous_kmers_unknown() -> None:
    vocabulary = Vocabulary(3)
    assert vocabulary.id("acU") == vocabulary.id("ACT")
    assert vocabulary.id("ANA") == vocabulary.id("aRa") == vocabulary.unknown


@pytest.mark.parametrize("k", [0, 9, -1])
def test_vocabulary_refuses_k_outside_1_to_8(k: int) -> None:
    with pytest.raises(ConfigError, match=rf"k {k}: use 1 to 8 bases per token"):
        Vocabulary(k)


def test_id_and_token_refuse_what_is_not_in_the_vocabulary() -> None:
    with pytest.raises(InputFormatError, match="'AC' is no token of k=3: expected 3 nucleotides"):
        Vocabulary(3).id("AC")
    with pytest.raises(InputFormatError, match="'-' at base 2 is not a nucleotide"):
        Vocabulary(3).id("A-C")
    with pytest.raises(InputFormatError, match="token id 69 is outside 0 to 68"):
        Vocabulary(3).token(69)
