"""bgzip text with its index: what is said when it cannot be written."""

from __future__ import annotations

import gzip
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pysam
import pytest

from genoseq.readers.tabix_index import read_tabix_index
from genoseq.writers.tabix import TabixFile, in_blocks
from genoseq.writers.tbi import Text

FULL = """
import random, resource, sys
from pathlib import Path
from genoseq.writers.tabix import TabixFile

resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))
file = TabixFile(Path(sys.argv[1]), {"c": 9})
try:
    file.write(random.Random(1).randbytes(1 << 20))
    file.finish()
except OSError as error:
    print(error.strerror, error.filename)
"""


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL, str(tmp_path / "a.tsv.gz")]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.stdout == f"File too large {tmp_path}/a.tsv.gz\n"


DESCRIPTORS = """
import resource, sys
import numpy as np
from pathlib import Path
from genoseq.genome.tracks import Channel, Track
from genoseq.writers.outputs import write_tracks

resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
channels = tuple(Channel(f"s{number}", ".") for number in range(40))
values = np.random.default_rng(1).random((3_000, 40), np.float32)
tracks = [Track("c", 0, values, channels)]
write_tracks(tracks, {"c": 3_000}, channels, "signal", sys.argv[1], ["bedgraph", "bigwig", "tsv"])
"""


def test_more_channels_than_open_files_are_written(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DESCRIPTORS, str(tmp_path / "out")]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")
    assert len(list((tmp_path / "out").iterdir())) == 40 * 3 + 2 + 1


def lines(count: int) -> list[bytes]:
    return [b"c\t%d\t%d\t%d\n" % (at, at + 1, at % 97) for at in range(count)]


@pytest.mark.parametrize("files", [300, 5_000])
def test_text_is_compressed_as_it_is_at_once_however_many_files_wait(
    tmp_path: Path, files: int
) -> None:
    whole = lines(300_000)
    found = []
    for name, step, side in (("a.gz", 7_001, files), ("b.gz", len(whole), 1)):
        file = TabixFile(tmp_path / name, {"c": len(whole)}, side)
        for at in range(0, len(whole), step):
            file.write(b"".join(whole[at : at + step]))
        assert file.finish() == "tbi"
        found.append((tmp_path / name).read_bytes())
    assert found[0] == found[1]
    with pysam.BGZFile(str(tmp_path / "a.gz"), "rb") as file:
        assert file.read() == b"".join(whole)


def test_lines_in_blocks_are_found_by_readers_of_the_format(tmp_path: Path) -> None:
    whole = lines(30_000)
    file = TabixFile(tmp_path / "a.gz", {"c": len(whole)})
    file.write(b"#comment\n")
    for start, end in ((0, 1), (1, 20_000), (20_000, 20_003), (20_003, 30_000)):
        bases = np.arange(start, end)
        file.append(in_blocks([Text(b"".join(whole[start:end]), "c", bases, bases + 1)]))
    assert file.finish() == "tbi"
    text = gzip.decompress((tmp_path / "a.gz").read_bytes())
    assert text == b"#comment\n" + b"".join(whole)
    with pysam.TabixFile(str(tmp_path / "a.gz")) as table:
        for start in (0, 1, 19_999, 20_001, 29_999):
            assert list(table.fetch("c", start, start + 1)) == [whole[start].decode()[:-1]]


def test_what_cannot_be_compressed_fits_its_blocks(tmp_path: Path) -> None:
    data = random.Random(1).randbytes(300_000)
    file = TabixFile(tmp_path / "a.gz", {"c": 9})
    file.write(data)
    file.complete()
    with pysam.BGZFile(str(tmp_path / "a.gz"), "rb") as found:
        assert found.read() == data
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()) == data


@pytest.mark.parametrize("seed", range(4))
def test_an_index_finds_the_lines_that_htslibs_finds(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    lengths = {"a": 3_000_000, "b": 40, "c": 300_000}
    file = TabixFile(tmp_path / "a.gz", lengths)
    for chrom, length in lengths.items():
        edges = np.unique(rng.integers(0, length + 1, length // 60 + 3 if seed % 2 else 40))
        kept = rng.random(len(edges) - 1) < 0.7
        starts, ends = edges[:-1][kept], edges[1:][kept]
        for at in range(0, len(starts), 7_000):
            part = slice(at, at + 7_000)
            rows = zip(starts[part], ends[part], strict=True)
            text = "".join(f"{chrom}\t{start}\t{end}\t1\n" for start, end in rows).encode()
            file.append(in_blocks([Text(text, chrom, starts[part], ends[part])]))
    assert file.finish() == "tbi"
    shutil.copy(tmp_path / "a.gz", tmp_path / "b.gz")
    pysam.tabix_index(str(tmp_path / "b.gz"), preset="bed", force=True)
    indexes = [read_tabix_index(tmp_path / f"{name}.gz.tbi") for name in "ab"]
    assert indexes[0].extents == indexes[1].extents
    with (
        pysam.TabixFile(str(tmp_path / "a.gz")) as own,
        pysam.TabixFile(str(tmp_path / "b.gz")) as other,
    ):
        assert own.contigs == other.contigs
        for chrom in own.contigs:
            for _ in range(60):
                start = int(rng.integers(0, lengths[chrom]))
                end = min(start + int(rng.integers(1, 1 << rng.integers(1, 20))), lengths[chrom])
                found = list(own.fetch(chrom, start, end))
                assert found == list(other.fetch(chrom, start, end))
            assert list(own.fetch(chrom)) == list(other.fetch(chrom))
