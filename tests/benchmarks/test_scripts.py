"""Every script of benchmarks/ finds what it imports; mypy does not look at them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
IMPORT = """
import os, pkgutil, runpy, sys, traceback
from importlib import import_module
import genoseq

# Once, for it takes seconds: torch, and every module of the package.
for module in pkgutil.walk_packages(genoseq.__path__, "genoseq."):
    if not module.name.endswith("__main__"):
        import_module(module.name)
failed = 0
for script in sys.argv[1:]:
    # Each in a fork: none finds what another has imported, or its folders.
    if (child := os.fork()) == 0:
        sys.path[0] = os.path.dirname(script)
        try:
            runpy.run_path(script, run_name="imported")
        except SystemExit as error:  # tokenizer.py, without the package that only it needs
            print(script, error, flush=True)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)  # at once: Python takes half a second to take its modules apart
    failed += os.waitpid(child, 0)[1] != 0
sys.exit(failed)
"""


def test_scripts_find_what_they_import() -> None:
    scripts = sorted(map(str, BENCHMARKS.glob("*.py")))
    command = [sys.executable, "-c", IMPORT, *scripts]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
