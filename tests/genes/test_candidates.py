"""Open reading frames, against a plain search codon by codon."""

from __future__ import annotations

import numpy as np
import pytest

from genoseq.genes.candidates import find_candidates
from genoseq.genes.genetic_codes import EDGE, START_CODONS, genetic_code, translate
from genoseq.genes.layout import MARGIN, contig, lay_out, least_rotation
from genoseq.genome.sequences import N, decode, encode, reverse_complement

STOPS = {11: {"TAA", "TAG", "TGA"}, 4: {"TAA", "TAG"}, 25: {"TAA", "TAG"}, 15: {"TAA", "TGA"}}


def plain_search(letters: str, code: int, shortest: int) -> set[tuple[int, int, int]]:
    """Start, end and kind of all candidates on the forward strand."""
    found = set()
    for frame in range(3):
        starts = [(frame, EDGE)]
        for at in range(frame, len(letters) + 1, 3):
            codon = letters[at : at + 3]
            stop = codon in STOPS[code]
            if stop or len(codon) < 3:
                end = at + 3 if stop else at
                found |= {(s, end, kind) for s, kind in starts if end - s >= shortest}
                starts = []
            elif codon in START_CODONS:
                starts.append((at, START_CODONS.index(codon)))
    return found


@pytest.mark.parametrize("code", [4, 11, 15, 25])
def test_find_candidates_are_all_frames_of_both_strands(code: int) -> None:
    rng = np.random.default_rng(code)
    letters = "".join(rng.choice(list("ACGT"), 3000))
    layout = lay_out([contig("chr", encode(letters.encode()))], genetic_code(code))
    candidates = find_candidates(layout, genetic_code(code), 60)
    ends = candidates.per_start(candidates.ends)
    low, high = layout.forward(candidates.starts, ends)
    offset = int(layout.offsets[0])
    for strand in (0, 1):
        own = (candidates.starts >= layout.size) == bool(strand)
        text = letters if not strand else reverse_complement(letters.encode()).decode()
        first = low[own] - offset if not strand else len(letters) - (high[own] - offset)
        last = high[own] - offset if not strand else len(letters) - (low[own] - offset)
        found = set(zip(first.tolist(), last.tolist(), candidates.kind[own].tolist(), strict=True))
        assert found == plain_search(text, code, 60)


def test_find_candidates_break_at_long_runs_of_n() -> None:
    letters = b"ATG" + b"GCA" * 30 + b"N" * 10 + b"GCA" * 30 + b"TAA"
    code = genetic_code(11)
    layout = lay_out([contig("chr", encode(letters))], code)
    candidates = find_candidates(layout, code, 60)
    forward = candidates.ends < layout.size
    ends = candidates.ends[forward] - layout.offsets[0]
    assert len(letters) in ends
    assert not any(
        begin - layout.offsets[0] < 93 < end
        for begin, end in zip(candidates.begins[forward], ends, strict=True)
    )
    short = lay_out([contig("chr", encode(letters.replace(b"N" * 10, b"NNN")))], code)
    joined = find_candidates(short, code, 60)
    assert len(letters) - 7 in joined.ends - short.offsets[0]


def test_find_candidates_of_a_circle_are_those_of_every_rotation() -> None:
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 4, 2000, np.uint8)
    code = genetic_code(11)
    proteins = []
    for turn in (0, 1, 777, 1500):
        layout = lay_out([contig("chr", np.roll(codes, -turn), circular=True)], code)
        candidates = find_candidates(layout, code, 90)
        assert not candidates.open_5prime.any()
        assert not candidates.open_3prime.any()
        ends = candidates.per_start(candidates.ends)
        pairs = zip(candidates.starts, ends, strict=True)
        proteins.append(sorted(decode(layout.codes[start:end]) for start, end in pairs))
    assert proteins[0]
    assert all(each == proteins[0] for each in proteins)


def test_find_candidates_of_a_circle_without_a_stop_end_with_it() -> None:
    code = genetic_code(11)
    layout = lay_out([contig("chr", encode(b"ATGGCC" * 50), circular=True)], code)
    assert len(find_candidates(layout, code, 90)) == 0


def test_least_rotation_is_the_same_of_every_rotation() -> None:
    rng = np.random.default_rng(6)
    for length in (1, 5, 40, 900):
        codes = rng.integers(0, 5, length, np.uint8)
        turned = [np.roll(codes, -turn) for turn in (0, 1, length // 2, length - 1)]
        least = {np.roll(each, -least_rotation(each)).tobytes() for each in turned}
        assert least == {min(np.roll(codes, -turn).tobytes() for turn in range(length))}


def test_least_rotation_of_repeats_is_one_of_them() -> None:
    codes = encode(b"ACGGT" * 100)
    assert np.roll(codes, -least_rotation(codes)).tobytes() == codes.tobytes()


@pytest.mark.parametrize(
    ("code", "protein"), [(11, b"MK*X"), (4, b"MKWX"), (25, b"MKGX"), (15, b"MK*X")]
)
def test_translate_by_its_code(code: int, protein: bytes) -> None:
    codes = encode(b"GTGAAATGAACNA")
    assert translate(codes, genetic_code(code), whole_start=True) == protein
    assert translate(codes, genetic_code(code), whole_start=False)[:1] == b"V"
    assert codes[11] == N


def test_contigs_share_a_margin_and_their_genes_are_far_apart_all_the_same() -> None:
    """Between contigs is one run of N, as distances are counted are three; on either strand."""
    code = genetic_code(11)
    letters = [b"ATG" + b"GCC" * bases + b"TAA" for bases in (40, 50, 60)]
    one = lay_out([contig(str(i), encode(each)) for i, each in enumerate(letters)], code)
    assert np.diff(one.offsets).tolist() == [len(each) + MARGIN for each in letters[:2]]
    starts = np.concatenate([one.offsets, 2 * one.size - one.offsets - one.extents])
    far, ends = one.spread(starts, starts + np.tile(one.extents, 2))
    assert (ends - far).tolist() == 2 * one.extents.tolist()
    forward, reverse = far[:3], far[:2:-1]
    assert (forward[1:] - ends[:2]).tolist() == [3 * MARGIN] * 2
    assert (reverse[1:] - (reverse + one.extents[::-1])[:2]).tolist() == [3 * MARGIN] * 2
    turned = lay_out([contig("circle", encode(letters[0]), circular=True)], code)
    at = turned.offsets
    assert turned.spread(at, at + 9) == (at, at + 9)
