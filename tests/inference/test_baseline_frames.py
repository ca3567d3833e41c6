"""Tests of genoseq.inference.baseline_frames."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import store_of_contigs

from genoseq.genome.schemes import (
    UNKNOWN_LABEL,
    cds_phase_scheme,
    gene_phase_scheme,
    stranded_scheme,
    unstranded_scheme,
)
from genoseq.genome.sequences import encode, reverse_complement_codes
from genoseq.inference import baseline_frames as frames
from genoseq.inference.baseline_frames import CodingFrame

STOPS = frames.STOPS[11]
SCHEME = cds_phase_scheme()
PHASES = {"+": (1, 2, 3), "-": (4, 5, 6)}


def random_genes(seed: int, genes: int = 6) -> tuple[np.ndarray, list[CodingFrame]]:
    """Genes of 300 to 600 bp, alternating strands, in stretches full of stops."""
    rng = np.random.default_rng(seed)
    codons = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT"]
    inner = [codon for codon in codons if codon not in STOPS]
    text, found = "", []
    for number in range(genes):
        text += "TTAATTAATTAA" * 3 + "T" * int(rng.integers(3))
        gene = "ATG" + "".join(rng.choice(inner, int(rng.integers(100, 200)))) + "TAA"
        strand = "+" if number % 2 == 0 else "-"
        codes = encode(gene.encode())
        piece = codes if strand == "+" else reverse_complement_codes(codes)
        found.append(CodingFrame(len(text), len(text) + len(gene), strand, 0))
        text += "".join("ACGT"[code] for code in piece)
    return encode((text + "TTAATTAATTAA").encode()), found


def bounds(found: Iterable[CodingFrame]) -> list[tuple[int, int, str]]:
    return sorted((one.start, one.end, one.strand) for one in found)


@given(st.integers(0, 1000))
def test_open_frames_finds_planted_genes_on_both_strands(seed: int) -> None:
    codes, planted = random_genes(seed)
    assert set(bounds(planted)) <= set(bounds(frames.open_frames(codes, STOPS, 90)))


@given(st.integers(0, 1000))
def test_open_frames_of_the_reverse_complement_are_mirrored(seed: int) -> None:
    codes = np.random.default_rng(seed).integers(0, 5, 1_500, np.uint8)
    codes[np.random.default_rng(seed).random(1_500) < 0.9] &= 3
    size = len(codes)
    turned = frames.open_frames(reverse_complement_codes(codes), STOPS, 60)
    mirrored = [(size - end, size - start, "-+"[s == "-"]) for start, end, s in bounds(turned)]
    own = bounds(frames.open_frames(codes, STOPS, 60))
    assert own == sorted(mirrored)


def test_open_frames_end_at_n_and_begin_at_the_contig() -> None:
    # Without a start codon: open to the left; its stop is of it; N ends what would be open.
    open_left = encode(b"CTGACTAAC" * 14 + b"TAA" + b"TTAATTAATTAA")
    assert (0, 129, "+") in bounds(frames.open_frames(open_left, STOPS, 90))
    broken = encode(b"TAATTAATTAA" + b"ATG" + b"CTGACTAAC" * 12 + b"N" + b"CTGACTAAC" * 12)
    assert (11, 11 + 111, "+") in bounds(frames.open_frames(broken, STOPS, 90))
    assert list(frames.open_frames(encode(b"AC"), STOPS, 90)) == []


def test_longest_frames_leaves_out_what_lies_in_a_longer_one() -> None:
    codes, planted = random_genes(3, genes=2)
    kept = frames.longest_frames(codes, STOPS, 90)
    taken = np.zeros(len(codes), int)
    for one in kept:
        taken[one.start : one.end] += 1
    for one in planted:
        assert (taken[one.start : one.end] == 1).mean() > 0.5


@pytest.mark.parametrize("number", range(3))
def test_frame_values_have_strand_and_phase(number: int) -> None:
    codes, planted = random_genes(number)
    values = frames.frame_values(
        [CodingFrame(one.start, one.end, one.strand, 0.8) for one in planted],
        50,
        len(codes) - 30,
        PHASES,
        7,
    )
    expected = np.zeros(len(codes), int)
    for one in planted:
        phases = np.arange(one.end - one.start) % 3
        expected[one.start : one.end] = 1 + phases if one.strand == "+" else 4 + phases[::-1]
    assert values.argmax(0).tolist() == expected[50:-30].tolist()
    assert values.sum(0) == pytest.approx(1)
    assert values.max(0)[expected[50:-30] > 0] == pytest.approx(0.8)


def test_coding_states_are_by_phase_strand_or_neither() -> None:
    assert frames.coding_states(gene_phase_scheme()) == PHASES
    stranded = stranded_scheme(["exon", "CDS"])
    assert frames.coding_states(stranded) == {"+": (3, 3, 3), "-": (4, 4, 4)}
    assert frames.coding_states(unstranded_scheme(["CDS"])) == {"+": (1, 1, 1), "-": (1, 1, 1)}
    assert frames.coding_states(stranded_scheme(["exon"])) is None


def labelled(seed: int, stop: bytes = b"TAA") -> tuple[np.ndarray, np.ndarray]:
    codes, planted = random_genes(seed, genes=12)
    codes = codes.copy()
    labels = np.zeros(len(codes), np.uint8)
    for one in planted:
        phases = np.arange(one.end - one.start) % 3
        labels[one.start : one.end] = 1 + phases if one.strand == "+" else 4 + phases[::-1]
        if stop == b"TGA":  # read through: half of the tryptophans of code 4
            at = one.start + 60 if one.strand == "+" else one.end - 63
            tga = encode(stop)
            codes[at : at + 3] = tga if one.strand == "+" else reverse_complement_codes(tga)
    return codes, labels


@pytest.mark.parametrize(("stop", "code"), [(b"TAA", 11), (b"TGA", 4)])
def test_choose_frames_finds_the_code(tmp_path: Path, stop: bytes, code: int) -> None:
    codes, labels = labelled(5, stop)
    store = store_of_contigs(tmp_path / "s", SCHEME, [("c", "train", codes, labels)])
    chosen = frames.choose_frames(SCHEME, PHASES, [store])
    assert chosen.code == code
    assert f"genetic code {code}" in chosen.note
    right = chosen.values(store, "c", 0, len(codes)).argmax(0) == labels
    assert right.mean() > 0.9
    part = chosen.values(store, "c", 100, 900)
    assert part.tobytes() == chosen.values(store, "c", 0, len(codes))[:, 100:900].tobytes()


def test_choose_frames_without_labels_says_so(tmp_path: Path) -> None:
    codes, labels = labelled(5)
    labels[:] = UNKNOWN_LABEL
    store = store_of_contigs(tmp_path / "s", SCHEME, [("c", "train", codes, labels)])
    chosen = frames.choose_frames(SCHEME, PHASES, [store])
    assert (chosen.shortest, chosen.code) == (150, 11)
    assert "no train region to choose by" in chosen.note


@pytest.mark.parametrize("genes", [70, 240])
def test_prodigal_genes_are_those_of_pyrodigal(tmp_path: Path, genes: int) -> None:
    import pyrodigal

    codes, _ = random_genes(8, genes)
    learned = len(codes) > 100_000
    assert learned == (genes == 240)
    row = ("c", "test", codes, np.zeros(len(codes), np.uint8))
    store = store_of_contigs(tmp_path / "s", SCHEME, [row])
    values = frames.ProdigalGenes(SCHEME, PHASES, 11, "").values(store, "c", 100, 20_000)
    sequence = store.sequence("c", 0, len(codes))
    finder = pyrodigal.GeneFinder(meta=not learned)
    if learned:
        finder.train(sequence)
    coding = np.zeros(len(codes), bool)
    for gene in finder.find_genes(sequence):
        coding[gene.begin - 1 : gene.end] = True
    assert coding.mean() > 0.5
    assert (values.argmax(0) > 0).tolist() == coding[100:20_000].tolist()
