"""Genes to proteins, as Biopython has them."""

from __future__ import annotations

import pytest
from Bio.Seq import Seq
from hypothesis import given
from hypothesis import strategies as st

from genoseq.config.genes import CODES
from genoseq.genes.genetic_codes import genetic_code, translate
from genoseq.genome.sequences import encode


@pytest.mark.parametrize("number", CODES)
@given(letters=st.text("ACGTN", max_size=200))
def test_translations_are_biopythons(number: int, letters: str) -> None:
    whole = letters[: len(letters) // 3 * 3]
    codons = [whole[at : at + 3] for at in range(0, len(whole), 3)]
    expected = "".join("X" if "N" in each else str(Seq(each).translate(number)) for each in codons)
    codes, code = encode(letters.encode()), genetic_code(number)
    assert translate(codes, code, whole_start=False).decode() == expected
    begun = "M" + expected[1:] if expected else ""
    assert translate(codes, code, whole_start=True).decode() == begun
