"""2bit, read back by py2bit, which shares no code with the writer."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import py2bit
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genoseq.errors import InputFormatError
from genoseq.readers.fasta import open_fasta
from genoseq.writers import two_bit
from genoseq.writers.two_bit import write_two_bit

NAMES = st.text("abcXYZ019_.|:-%#", min_size=1, max_size=12)
LETTERS = st.text("ACGTNacgtnRyu", max_size=70)


def written(folder: Path, contigs: dict[str, str]) -> py2bit.open:
    (folder / "g.fa").write_text("".join(f">{name}\n{text}\n" for name, text in contigs.items()))
    with open_fasta(folder / "g.fa") as fasta:
        write_two_bit(folder / "g.2bit", fasta)
    return py2bit.open(str(folder / "g.2bit"), True)


def as_kept(letters: str) -> str:
    """What 2bit can hold of letters: U is T, and what is ambiguous is N."""
    return letters.translate(str.maketrans("RyuU", "NntT"))


@given(st.dictionaries(NAMES, LETTERS, min_size=1, max_size=6))
def test_write_two_bit_is_read_back(contigs: dict[str, str]) -> None:
    contigs["last"] = "ACGTA"
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        patch.setattr(two_bit, "_CHUNK", 8)  # runs go on from one chunk to the next
        found = written(Path(folder), contigs)
        kept = {name: as_kept(text) for name, text in contigs.items() if text}
        assert found.chroms() == {name: len(text) for name, text in kept.items()}
        for name, text in kept.items():
            assert found.sequence(name) == text.replace("n", "N")  # py2bit masks no N
            for runs, inside in (
                (found.hardMaskedBlocks(name), "Nn"),
                (found.softMaskedBlocks(name), "acgtn"),
            ):
                bases = {at for start, end in runs for at in range(start, end)}
                assert bases == {at for at, letter in enumerate(text) if letter in inside}
        found.close()


def test_write_two_bit_packs_as_the_format_says(tmp_path: Path) -> None:
    written(tmp_path, {"c": "TCAGT"})
    data = (tmp_path / "g.2bit").read_bytes()
    assert data[:16] == bytes.fromhex("4327411a 00000000 01000000 00000000")
    assert data[16:18] == b"\x01c"
    assert int.from_bytes(data[18:22], "little") == 22
    # length, no N, no mask, reserved; T 0, C 1, A 2, G 3, the first base in the highest bits
    assert data[22:] == bytes.fromhex("05000000 00000000 00000000 00000000 1b00")


def test_write_two_bit_refuses_names_that_the_format_cannot_hold(tmp_path: Path) -> None:
    (tmp_path / "g.fa").write_text(f">{'é' * 130}\nACGT\n")
    with (
        open_fasta(tmp_path / "g.fa") as fasta,
        pytest.raises(InputFormatError, match="more than 255 bytes, the most that 2bit can hold"),
    ):
        write_two_bit(tmp_path / "g.2bit", fasta)


def test_write_two_bit_names_a_letter_that_is_no_nucleotide(tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match=r"g\.fa.*'E'"):
        written(tmp_path, {"c": "ACGE"})
