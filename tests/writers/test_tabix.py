"""bgzip text with its index: what is said when it cannot be written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
