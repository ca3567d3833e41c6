"""Reads of genes: what their proteins are, and the demo's pairs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import genoseq as gs
from genoseq.genes.demo_pairs import make_demo_pairs
from genoseq.genes.gene_reads import coding_sequences, noisy, reads_of, turned
from genoseq.genes.genetic_codes import genetic_code, translate
from genoseq.genome.sequences import decode, encode, reverse_complement_codes
from genoseq.readers.annotation import read_annotation
from genoseq.readers.pairs import read_pair_table
from genoseq.readers.records import read_records

CODE = genetic_code(11)


def test_coding_sequences_are_whole_open_and_without_their_stop(tmp_path: Path) -> None:
    genome, annotation = tmp_path / "g.fa", tmp_path / "g.gff3"
    back = decode(reverse_complement_codes(encode(b"TTGGGGCCCTGA"))).decode()
    # Forward, reverse, one with a stop within, one of 13 bases.
    genome.write_text(f">c\nATGAAATTTTAA{back}ATGTAATTTTAAATGAAATTTTTAA\n")
    rows = [(1, 12, "+"), (13, 24, "-"), (25, 36, "+"), (37, 49, "+")]
    lines = [f"c\t.\tCDS\t{a}\t{b}\t.\t{s}\t0\tID=x{a}\n" for a, b, s in rows]
    annotation.write_text("##gff-version 3\n" + "".join(lines))
    with gs.open_fasta(genome) as fasta:
        genes = read_annotation(annotation)
        found = [decode(each) for each in coding_sequences(fasta, genes, CODE, 6)]
        assert sorted(found) == [b"ATGAAATTT", b"TTGGGGCCC"]
        assert list(coding_sequences(fasta, genes, CODE, 10)) == []


def test_reads_have_the_protein_of_their_whole_codons() -> None:
    rng = np.random.default_rng(1)
    gene = encode(b"GTG" + b"".join([b"AAA", b"TTT", b"GGC", b"CAT"] * 20))
    protein = translate(gene, CODE, True)
    assert protein.startswith(b"MKFGH")
    starts = set()
    for read in reads_of([gene], CODE, 300, (10, 40), rng):
        assert 10 <= len(read.codes) <= 40
        at = protein.find(read.protein)
        assert at >= 0
        starts.add(bytes(read.codes[:3].tobytes()))
        assert len(read.codes) // 3 - 1 <= len(read.protein) <= len(read.codes) // 3
    assert len(starts) > 8


def test_noisy_reads_have_as_many_errors_as_asked() -> None:
    rng = np.random.default_rng(2)
    gene = rng.integers(0, 4, 20_000).astype(np.uint8)
    (read,) = reads_of([gene], CODE, 1, (20_000, 20_000), rng)
    assert np.array_equal(noisy(read, 0.0, rng), read.codes)
    changed = noisy(read, 0.1, rng)
    assert abs(len(changed) - len(gene)) < 300  # as many bases are put in as left out
    assert len(changed) != len(gene)
    both = {turned(gene, rng).tobytes() for _ in range(20)}
    assert both == {gene.tobytes(), reverse_complement_codes(gene).tobytes()}


def test_demo_pairs_are_the_same_each_time(tmp_path: Path) -> None:
    made = make_demo_pairs(tmp_path / "p.tsv", tmp_path / "r.fa")
    first = (tmp_path / "p.tsv").read_bytes(), (tmp_path / "r.fa").read_bytes()
    gs.make_demo_pairs(tmp_path / "p.tsv", tmp_path / "r.fa")
    assert ((tmp_path / "p.tsv").read_bytes(), (tmp_path / "r.fa").read_bytes()) == first
    pairs = list(read_pair_table(tmp_path / "p.tsv"))
    assert (made.pairs, made.reads) == (len(pairs), 200)
    assert {pair.split for pair in pairs} == {"train", "valid", "test"}
    for pair in pairs[:50]:
        frames = [translate(pair.source[n:], CODE, False)[1:] for n in range(3)]
        assert pair.target[1:] in frames  # the first residue may be a start's
    assert len(list(read_records(tmp_path / "r.fa"))) == 200
    with pytest.raises(gs.ConfigError, match="is also"):
        make_demo_pairs(tmp_path / "p.tsv", tmp_path / "p.tsv")
