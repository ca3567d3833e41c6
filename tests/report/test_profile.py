"""Profiles around sites: strands, edges, letters, and files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from track_cases import Values, write

from genoseq.errors import ConfigError, InputFormatError
from genoseq.genome.complement import reverse_complement
from genoseq.genome.regions import Region
from genoseq.genome.tracks import Channel
from genoseq.report.profile import bits, middle, profile_sites

TSS = (Channel("TSS", "+"), Channel("TSS", "-"))
LENGTH, FLANK = 2_000, 5
PLUS, MINUS = (100, 400, 900), (250, 1_500)
MOTIF = "TATAAT"
"""Begins at the site, 5' to 3'."""


@pytest.fixture
def values() -> Values:
    """0.8 at each site, 0.4 at the base behind it, 5' to 3'."""
    values = np.zeros((LENGTH, 2), np.float32)
    for at in PLUS:
        values[at, 0], values[at + 1, 0] = 0.8, 0.4
    for at in MINUS:
        values[at, 1], values[at - 1, 1] = 0.8, 0.4
    values[402, 0] = np.nan
    return values


@pytest.fixture
def sites(tmp_path: Path) -> Path:
    lines = [f"c\t{at}\t{at + 1}\ts\t0\t+\n" for at in PLUS]
    lines += [f"c\t{at}\t{at + 1}\ts\t0\t-\n" for at in MINUS]
    path = tmp_path / "sites.bed"
    path.write_text("".join(lines))
    return path


@pytest.fixture
def fasta(tmp_path: Path) -> Path:
    letters = np.random.default_rng(0).choice(list(b"ACGT"), LENGTH).astype(np.uint8)
    for at in PLUS:
        letters[at : at + 6] = list(MOTIF.encode())
    for at in MINUS:
        letters[at - 5 : at + 1] = list(reverse_complement(MOTIF.encode()))
    path = tmp_path / "g.fa"
    path.write_text(f">c\n{letters.tobytes().decode()}\n")
    return path


def read(path: Path) -> dict[tuple[str, int], list[str]]:
    rows = [line.split("\t") for line in path.read_text().splitlines()[1:]]
    return {(row[0], int(row[1])): row[2:] for row in rows}


def test_profile_is_5_to_3_on_either_strand(
    tmp_path: Path, values: Values, sites: Path, fasta: Path
) -> None:
    source = write(tmp_path / "s", {"c": values}, ["scores", "bigwig"], TSS)
    out = tmp_path / "out"
    written = profile_sites([source], sites, out, fasta=fasta, flank=FLANK)
    assert str(written) == f"{out}: 2 profiles around 5 sites"
    found = read(out / "profile.tsv")
    assert found["TSS.sense", 0] == ["0.8", "0.8", "0.8", "0.8", "5"]
    assert found["TSS.sense", 1] == ["0.4", "0.4", "0.4", "0.4", "5"]
    assert found["TSS.sense", -1][0] == "0"
    assert found["TSS.sense", 2][4] == "4", "a gap is no 0"
    assert {row[0] for (label, _), row in found.items() if label == "TSS.antisense"} == {"0"}
    letters = [line.split("\t") for line in (out / "letters.tsv").read_text().splitlines()]
    assert letters[0] == ["position", "A", "C", "G", "T", "bits"]
    for at, letter in enumerate(MOTIF):
        row = letters[1 + FLANK + at] if at <= FLANK else []
        assert row[:5] == [str(at), *("5" if each == letter else "0" for each in "ACGT")]
    with Image.open(out / "profile.png") as image:
        assert image.size[0] == 1_050
    assert "sense" in (out / "profile.svg").read_text()
    (tmp_path / "s/scores.json").unlink()
    profile_sites([source], sites, tmp_path / "bw", flank=FLANK)
    assert (tmp_path / "bw/profile.tsv").read_text() == (out / "profile.tsv").read_text()
    assert not (tmp_path / "bw/letters.tsv").exists()


def test_profile_at_the_ends_of_a_contig_has_fewer_sites(tmp_path: Path, values: Values) -> None:
    source = write(tmp_path / "s", {"c": values}, ["bigwig"], TSS)
    (tmp_path / "ends.bed").write_text(f"c\t1\t2\tx\t0\t-\nc\t{LENGTH - 1}\t{LENGTH}\tx\t0\t+\n")
    track = source / "TSS.plus.bw"
    profile_sites([source, track], tmp_path / "ends.bed", tmp_path / "out", flank=3)
    found = read(tmp_path / "out/profile.tsv")
    counts = [found["s TSS.sense", at][4] for at in range(-3, 4)]
    assert counts == ["2", "2", "2", "2", "1", "0", "0"]
    assert found["s TSS.sense", 3][0] == "nan"
    assert ("TSS.plus.bw TSS.plus.both", 0) in found


def test_middle_of_a_site_is_mirrored() -> None:
    assert [middle(Region("c", 10, 13, strand)) for strand in "+-."] == [11, 11, 11]
    assert [middle(Region("c", 10, 12, strand)) for strand in "+-"] == [10, 11]


def test_bits_of_many_equal_letters_are_nearly_two() -> None:
    heights = bits(np.array([[10_000, 0, 0, 0], [25, 25, 25, 25], [0, 0, 0, 0]]))
    assert heights[0, 0] == pytest.approx(2, abs=1e-3)
    assert heights[1].sum() == 0
    assert heights[2].sum() == 0


def test_profile_says_what_is_wrong_and_writes_nothing(
    tmp_path: Path, values: Values, sites: Path
) -> None:
    source = write(tmp_path / "s", {"c": values}, ["bigwig"], TSS)
    none = tmp_path / "none.bed"
    none.write_text("")
    out = tmp_path / "out"
    with pytest.raises(InputFormatError, match="no site"):
        profile_sites([source], none, out)
    none.write_text("other\t1\t2\n")
    with pytest.raises(InputFormatError, match="other"):
        profile_sites([source], none, out)
    with pytest.raises(InputFormatError, match="no values here"):
        profile_sites([sites], sites, out)
    with pytest.raises(ConfigError, match="--flank 100000000 of 5 sites"):
        profile_sites([source], sites, out, flank=10**8)
    with pytest.raises(ConfigError):
        profile_sites([source], sites, source)
    assert not out.exists()


GFF = """##gff-version 3
c\tx\tmRNA\t101\t900\t.\t+\t.\tID=t1
c\tx\texon\t101\t400\t.\t+\t.\tParent=t1
c\tx\texon\t501\t900\t.\t+\t.\tParent=t1
c\tx\ttRNA\t1001\t1300\t.\t-\t.\tID=t2
c\tx\texon\t1001\t1100\t.\t-\t.\tParent=t2
c\tx\texon\t1151\t1300\t.\t-\t.\tParent=t2
"""


def test_sites_of_an_annotation_are_those_of_a_class(
    tmp_path: Path, values: Values, fasta: Path
) -> None:
    """The donor of t1 is at 400 (0-based), that of t2, which is read backwards, at 1149."""
    source = write(tmp_path / "s", {"c": values}, ["scores"], TSS)
    genes, out = tmp_path / "g.gff3", tmp_path / "out"
    genes.write_text(GFF)
    for keep, number in (((), 2), (("type=mRNA",), 1)):
        written = profile_sites(
            [source], genes, out, kind="splice_donor", keep=keep, fasta=fasta, flank=FLANK
        )
        assert written.sites == number
    found = read(out / "profile.tsv")
    # Of the site's two bases the first is its middle.
    assert [found["TSS.sense", at][0] for at in (-1, 0, 1)] == ["0", "0.8", "0.4"]
    with pytest.raises(ConfigError, match="--class says which features"):
        profile_sites([source], genes, out, flank=FLANK)
    with pytest.raises(InputFormatError, match=r"g\.gff3: no feature to label as splice_dono, did"):
        profile_sites([source], genes, out, kind="splice_dono", flank=FLANK)
    genes.write_text(GFF.replace("c\t", "d\t"))
    with pytest.raises(InputFormatError, match=r"g\.gff3: .*d"):
        profile_sites([source], genes, out, kind="splice_donor", flank=FLANK)
