"""Sections of bigWig and bigBed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_deflated_bytes_depend_on_the_data_alone() -> None:
    # ISA-L's bytes of one of these sections were others where allocations are fresh pages.
    words = [sys.executable, str(Path(__file__).with_name("deflated.py"))]
    digests = {
        subprocess.run(words, env=os.environ | memory, check=True, capture_output=True).stdout
        for memory in ({}, {"MALLOC_MMAP_THRESHOLD_": "1000"}, {"MALLOC_PERTURB_": "165"})
    }
    assert len(digests) == 1
