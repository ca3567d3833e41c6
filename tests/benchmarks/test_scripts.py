"""Every script of benchmarks/ finds what it imports; mypy does not look at them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
IMPORT = """
import os, runpy, sys
import torch  # once: it takes seconds

failed = 0
for script in sys.argv[1:]:
    # Each in a fork: none finds what another has imported, or its folders.
    if (child := os.fork()) == 0:
        sys.path[0] = os.path.dirname(script)
        try:
            runpy.run_path(script, run_name="imported")
        except SystemExit as error:  # tokenizer.py, without the package that only it needs
            print(script, error)
        sys.exit()
    failed += os.waitpid(child, 0)[1] != 0
sys.exit(failed)
"""


def test_scripts_find_what_they_import() -> None:
    scripts = sorted(map(str, BENCHMARKS.glob("*.py")))
    command = [sys.executable, "-c", IMPORT, *scripts]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
