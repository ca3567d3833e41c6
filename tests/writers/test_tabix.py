"""bgzip text with its index: what is said when it cannot be written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pysam
import pytest

from genoseq.writers.tabix import TabixFile

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
    assert found.stdout == f"Input/output error {tmp_path}/a.tsv.gz\n"


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


@pytest.mark.parametrize("files", [1, 300, 5_000])
def test_text_is_compressed_as_it_is_at_once_however_many_files_wait(
    tmp_path: Path, files: int
) -> None:
    lines = [b"c\t%d\t%d\t%d\n" % (at, at + 1, at % 97) for at in range(300_000)]
    file = TabixFile(tmp_path / "a.gz", {"c": len(lines)}, files)
    for at in range(0, len(lines), 7_001):
        file.write(b"".join(lines[at : at + 7_001]))
    assert file.finish() == "tbi"
    with pysam.BGZFile(str(tmp_path / "b.gz"), "wb1") as whole:
        whole.write(b"".join(lines))
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
