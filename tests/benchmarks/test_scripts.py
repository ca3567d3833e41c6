"""Every script of benchmarks/ finds what it imports; mypy does not look at them."""

from __future__ import annotations

from pathlib import Path

from command import start_command

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
IMPORT = """
import os, runpy, sys, traceback

del sys.path[:2]  # of this script and of the tests, which those of benchmarks/ do not find
failed = 0
for script in sys.argv[1:]:
    # Each in a fork: none finds what another has imported, or its folders.
    if (child := os.fork()) == 0:
        sys.path.insert(0, os.path.dirname(script))
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


def test_scripts_find_what_they_import(tmp_path: Path) -> None:
    scripts = sorted(map(str, BENCHMARKS.glob("*.py")))
    (tmp_path / "import.py").write_text(IMPORT)
    # In a process that has imported torch and every module of the package: it takes seconds.
    done = start_command("genoseq", scripts, script=str(tmp_path / "import.py")).wait()
    assert done.returncode == 0, done.stderr
