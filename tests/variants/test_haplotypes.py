"""Haplotypes of phased VCFs: which variants are applied, to which bases, and why others are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pysam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pysam import bcftools

from genoseq.errors import ConfigError, InputFormatError
from genoseq.files.inputs import kept
from genoseq.genome.regions import Region
from genoseq.genome.sequences import Codes, decode, encode
from genoseq.readers.genotypes import parse_genotype, samples_of
from genoseq.readers.vcf import open_vcf
from genoseq.variants.haplotypes import Haplotypes, Row

LETTERS = "ACGTACGTTTGACCATGACGGATTACAGATCCGATAGG"
FORMATS = "".join(
    f'##FORMAT=<ID={name},Number=1,Type=String,Description="-">\n' for name in ("GT", "PS")
)
HEADER = "##fileformat=VCFv4.4\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"


class Letters:
    """A genome of a few contigs."""

    def __init__(self, contigs: Mapping[str, str]) -> None:
        self._codes = {name: encode(text.encode()) for name, text in contigs.items()}
        self.lengths = {name: len(text) for name, text in contigs.items()}

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        assert 0 <= start <= end <= self.lengths[chrom]
        return self._codes[chrom][start:end]


def vcf(folder: Path, records: Sequence[str], samples: Sequence[str] = ("s",)) -> Path:
    """A VCF of records such as ``c 5 A T 0|1``."""
    lines = [HEADER + "\t".join(samples)]
    for record in records:
        chrom, pos, ref, alt, *genotypes = record.split()
        words = [chrom, pos, ".", ref, alt, ".", "PASS", ".", "GT:PS"]
        lines.append("\t".join([*words, *genotypes]))
    path = folder / "phased.vcf"
    path.write_text("\n".join(lines) + "\n")
    return path


def found(
    path: Path,
    letters: Mapping[str, str],
    region: tuple[int, int] | None = None,
    margin: int = 5,
    keep_unphased: bool = False,
    samples: Sequence[str] = (),
) -> tuple[Haplotypes, list[Row]]:
    """The haplotypes of a file, and what its table says."""
    genome = Letters(letters)
    regions = {name: [Region(name, *(region or (0, n)))] for name, n in genome.lengths.items()}
    near = {
        name: [Region(name, max(0, own[0].start - margin), own[0].end + margin)]
        for name, own in regions.items()
    }
    with kept(path) as given, open_vcf(given) as file:
        chosen = samples_of(file.header, given, samples)
        haplotypes = Haplotypes(genome, chosen, regions, near, keep_unphased)
        return haplotypes, list(haplotypes.rows(file.records))


def sequences(haplotypes: Haplotypes, sample: str = "s", chrom: str = "c") -> list[str]:
    """The letters of each haplotype."""
    genomes = haplotypes.of(sample).values()
    return [
        decode(genome.codes(chrom, 0, genome.lengths[chrom])).decode()
        for genome in genomes
        if chrom in genome.contigs
    ]


def reasons(rows: Sequence[Row]) -> list[tuple[int, int, str]]:
    return [(row.haplotype, row.record.start + 1, row.reason) for row in rows]


def test_haplotypes_have_their_variants_together(tmp_path: Path) -> None:
    records = ["c 2 C G 0|1", "c 4 T TAA 1|0", "c 6 CGT C 1|1", "c 19 GA GAA,TT 1|2"]
    haplotypes, rows = found(vcf(tmp_path, records), {"c": LETTERS})
    assert (LETTERS[:8], LETTERS[8:18], LETTERS[18:20]) == ("ACGTACGT", "TTGACCATGA", "CG")
    assert sequences(haplotypes) == [
        "ACGTAAAC" + LETTERS[8:],
        "AGGTAC" + LETTERS[8:],
    ]
    assert [row.reason for row in rows] == [None] * 4 + ["REF_MISMATCH", "REF_MISMATCH"]
    records = ["c 19 CG CGG,TT 1|2"]
    haplotypes, _ = found(vcf(tmp_path, records), {"c": LETTERS})
    assert sequences(haplotypes) == [
        LETTERS[:18] + "CGG" + LETTERS[20:],
        LETTERS[:18] + "TT" + LETTERS[20:],
    ]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("c 5 A <DEL> 1|1", "SYMBOLIC"),
        ("c 5 A * 1|1", "SPANNING_DELETION"),
        ("c 5 A A[c:9[ 1|1", "BREAKEND"),
        ("c 5 A .T 1|1", "BREAKEND"),
        ("c 5 A AXQ 1|1", "ALT_NOT_DNA"),
        ("c 5 A T,,G 2|2", "ALT_NOT_DNA"),
        ("c 5 C T 1|1", "REF_MISMATCH"),
        ("c 38 GG T 1|1", "OUTSIDE_CONTIG"),
        ("c 0 N T 1|1", "OUTSIDE_CONTIG"),
        ("c 5 A T .|.", "UNKNOWN_GENOTYPE"),
    ],
)
def test_haplotypes_keep_the_reference_for_a_reason(
    tmp_path: Path, record: str, reason: str
) -> None:
    haplotypes, rows = found(vcf(tmp_path, [record]), {"c": LETTERS})
    assert sequences(haplotypes) == [LETTERS, LETTERS]
    assert [(row.haplotype, row.reason) for row in rows] == [(1, reason), (2, reason)]


def test_the_first_of_overlapping_variants_wins(tmp_path: Path) -> None:
    records = [
        *("c 5 ACGT A 1|0", "c 7 G T 1|1", "c 7 G T 0|1", "c 7 G GA 0|1", "c 7 G GC 0|1"),
        *("c 4 T C 1|0", "c 5 A AT 1|0"),
    ]
    haplotypes, rows = found(vcf(tmp_path, records), {"c": LETTERS})
    # What is inserted behind a base does not overlap that base, nor what is deleted behind it.
    assert reasons(rows) == [
        *((1, 5, None), (1, 7, "OVERLAP"), (2, 7, None), (2, 7, "DUPLICATE"), (2, 7, None)),
        *((2, 7, "OVERLAP"), (1, 4, None), (1, 5, None)),
    ]
    assert sequences(haplotypes) == ["ACGCAT" + LETTERS[8:], "ACGTACTA" + LETTERS[7:]]


def test_unphased_genotypes_are_an_error_where_they_matter(tmp_path: Path) -> None:
    path = vcf(tmp_path, ["c 3 G A 0/1", "c 30 A T 1/1", "c 20 G T 1"])
    with pytest.raises(InputFormatError, match=r"^sample 's' is heterozygous at c:3 and not"):
        found(path, {"c": LETTERS}, region=(7, 20))
    haplotypes, rows = found(path, {"c": LETTERS}, region=(8, 20))
    assert reasons(rows)[0] == (0, 3, "UNPHASED")
    assert [row.where for row in rows] == ["elsewhere", "elsewhere", "elsewhere", "region"]
    haplotypes, rows = found(path, {"c": LETTERS}, keep_unphased=True)
    assert reasons(rows) == [
        *((0, 3, "UNPHASED"), (1, 30, "REF_MISMATCH"), (2, 30, "REF_MISMATCH"), (1, 20, None)),
    ]
    assert sequences(haplotypes)[1] == LETTERS


def test_haplotypes_are_as_many_as_genotypes_say(tmp_path: Path) -> None:
    records = ["c 1 A C 0|1|1|0 1 .", "d 1 A G 1 0|1 0|1"]
    path = vcf(tmp_path, records, ("four", "one", "two"))
    haplotypes, rows = found(path, {"c": LETTERS, "d": LETTERS, "e": LETTERS})
    assert len(haplotypes.of("four")) == 4
    assert [haplotypes.ploidy("four", chrom) for chrom in "cde"] == [4, 1, 4]
    assert [haplotypes.ploidy("one", chrom) for chrom in "cde"] == [1, 2, 2]
    assert [haplotypes.ploidy("two", chrom) for chrom in "cde"] == [1, 2, 2]
    assert sequences(haplotypes, "four", "d") == ["G" + LETTERS[1:]]
    assert [(row.sample, row.haplotype, row.reason) for row in rows] == [
        *(("four", 2, None), ("four", 3, None), ("one", 1, None), ("two", 0, "UNKNOWN_GENOTYPE")),
        *(("four", 1, None), ("one", 2, None), ("two", 2, None)),
    ]
    none, _ = found(vcf(tmp_path, []), {"c": LETTERS})
    assert sequences(none) == [LETTERS, LETTERS]


def test_phase_sets_are_noted(tmp_path: Path) -> None:
    records = ["c 1 A C 0|1:7", "c 2 C A 1|0:9", "c 3 G A 1|1:11", "c 30 A T 0|1:12"]
    haplotypes, rows = found(vcf(tmp_path, records), {"c": LETTERS}, region=(0, 10))
    assert haplotypes.phase_sets == {("c", "s"): {"7", "9"}}
    assert [row.phase_set for row in rows] == ["7", "9", "11", "11", "12"]


def test_samples_are_those_asked_for(tmp_path: Path) -> None:
    path = vcf(tmp_path, ["c 1 A C,G 0|1 1|2"], ("a", "b"))
    _, rows = found(path, {"c": LETTERS}, samples=["b"])
    assert [(row.sample, row.haplotype, row.alt) for row in rows] == [("b", 1, "C"), ("b", 2, "G")]
    with pytest.raises(ConfigError, match="no sample 'z': it has a, b"):
        found(path, {"c": LETTERS}, samples=["z"])


@pytest.mark.parametrize(
    ("text", "alleles"),
    [("0|1", (0, 1)), ("|0/1", (0, 1)), (".", (None,)), ("2/2|2", (2, 2, 2)), ("1|.", (1, None))],
)
def test_genotypes_are_read(text: str, alleles: tuple[int | None, ...]) -> None:
    found = parse_genotype(text, 3)
    assert found.alleles == alleles
    assert found.phased == (text not in ("|0/1",))


@pytest.mark.parametrize(
    "text", ["", "a", "0|", "0||1", "-1|0", "0|3", "1" * 5_000, "0|" * 80 + "0"]
)
def test_genotypes_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(InputFormatError):
        parse_genotype(text, 3)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (HEADER[:-8] + "\nc\t1\t.\tA\tT\t.\t.\t.\n", "without samples"),
        (HEADER + "s\ts\n", "a sample is there twice"),
        (HEADER + "s\nc\t1\t.\tA\tT\t.\t.\t.\tDP\t3\n", "no GT in FORMAT"),
        (HEADER + "s\nc\t1\t.\tA\tT\t.\t.\t.\tGT\t0|2\n", "allele 2, but"),
    ],
)
def test_files_without_genotypes_are_refused(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "phased.vcf"
    path.write_text(text)
    with pytest.raises(InputFormatError, match=problem):
        found(path, {"c": LETTERS})


Change = tuple[int, int, str, tuple[bool, bool]]
CHANGES = st.lists(
    st.tuples(
        st.integers(0, len(LETTERS) - 1),
        st.integers(1, 5),
        st.text("ACGT", min_size=1, max_size=5),
        st.tuples(st.booleans(), st.booleans()),
    ),
    max_size=12,
)


def trimmed(at: int, ref: str, alt: str) -> tuple[int, int, str]:
    """What a record changes: start, end, and what is there then."""
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        at, ref, alt = at + 1, ref[1:], alt[1:]
    return at, at + len(ref), alt


def together(one: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    """Whether both can be applied, by trying every cut between two bases and every base."""
    (a, b, _), (c, d, _) = one, other
    bases = {*range(a, b)} & {*range(c, d)}
    # A cut lies before base i, within what is replaced, or where something is inserted.
    cuts = [{*range(low, high + 1)} if low == high else {*range(low + 1, high)}
            for low, high in ((a, b), (c, d))]  # fmt: skip
    return not bases and not ((a == b or c == d) and cuts[0] & cuts[1])


@settings(max_examples=60)
@given(changes=CHANGES)
def test_haplotypes_are_what_a_string_with_these_changes_is(
    changes: list[Change], tmp_path_factory: pytest.TempPathFactory
) -> None:
    records = [(at, LETTERS[at : at + n], alt, who) for at, n, alt, who in changes]
    lines = [f"c {at + 1} {ref} {alt} {who[0]:d}|{who[1]:d}" for at, ref, alt, who in records]
    haplotypes, _ = found(vcf(tmp_path_factory.mktemp("v"), lines), {"c": LETTERS})
    for number, letters in enumerate(sequences(haplotypes)):
        taken: list[tuple[int, int, str]] = []
        for at, ref, alt, who in records:
            change = trimmed(at, ref, alt)
            if who[number] and change[1:] != (change[0], ""):
                taken += [change] if all(together(change, other) for other in taken) else []
        expected = LETTERS
        for start, end, alt in sorted(taken, reverse=True):
            expected = expected[:start] + alt + expected[end:]
        assert letters == expected


def test_haplotypes_are_those_of_bcftools_consensus(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    letters = "".join(rng.choice(list("ACGT"), 3_000))
    records = []
    for at in range(20, 2_950, 30):
        ref, one, two = letters[at], letters[at : at + int(rng.integers(2, 9))], "GATTACA"[at % 7 :]
        words = [f"{ref} {'ACGT'.replace(ref, '')[at % 3]}", f"{one} {ref}", f"{ref} {ref}{two}"]
        records.append(
            f"c {at + 1} {words[int(rng.integers(3))]} {rng.choice(['0|1', '1|0', '1/1'])}"
        )
    path = vcf(tmp_path, records)
    text = path.read_text().replace("#CHROM", "##contig=<ID=c>\n" + FORMATS + "#CHROM", 1)
    path.write_text(text)
    (tmp_path / "c.fa").write_text(f">c\n{letters}\n")
    pysam.tabix_index(str(path), preset="vcf", force=True, keep_original=True)
    haplotypes, rows = found(path, {"c": letters})
    assert {row.reason for row in rows} == {None}
    for number, own in enumerate(sequences(haplotypes), 1):
        words = ("-H", str(number), "-s", "s", "-f", str(tmp_path / "c.fa"), f"{path}.gz")
        assert own == "".join(bcftools.consensus(*words).split("\n")[1:])


def test_no_haplotype_is_found_of_contigs_that_are_not_asked_for(tmp_path: Path) -> None:
    _, rows = found(vcf(tmp_path, ["d 1 A C 0|1", "c 1 A C 0|1"]), {"c": LETTERS})
    assert [row.record.chrom for row in rows] == ["c"]
    assert np.isin([row.reason for row in rows], [None]).all()
