"""Commands in processes of their own, as people run them, without waiting for imports each time."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_IMPORTED = ("CUDA_", "KMP_", "LANG", "LC_", "MKL_", "MPL", "OMP_", "PYTHON", "TORCH", "TRITON_")
"""Beginnings of the variables that are read while a program is imported, once for all commands."""

_SET_BY_TORCH = ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR")
"""Variables that torch sets itself, where a test of this process compiled something."""

Genoseq = Callable[..., subprocess.CompletedProcess[str]]
"""``genoseq(*words)`` in a process of its own; the result has returncode, stdout, stderr."""


def run_command(
    program: str,
    words: list[str],
    environment: Mapping[str, str] | None = None,
    one_stream: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run a command in the current folder.

    Parameters
    ----------
    program
        ``genoseq`` or ``snakemake``.
    words
        Its arguments.
    environment
        By default this process's.
    one_stream
        Put what it writes to stderr into ``stdout``, in the order in which it was written.

    Raises
    ------
    ValueError
        If the environment has another value than at the program's start of a variable that was
        read then: such a command has to be started as it is.
    """
    environment = dict(os.environ if environment is None else environment)
    server, folder, imported = _server(program)
    if (found := _read_by_imports(environment)) != imported:
        raise ValueError(f"read while {program} was imported: {found} now, {imported} then")
    out, err = folder / "stdout", folder / "stdout" if one_stream else folder / "stderr"
    for path in (out, err):
        path.write_text("")
    request: dict[str, Any] = {"words": words, "folder": str(Path.cwd())}
    request |= {"environment": environment, "stdout": str(out), "stderr": str(err)}
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(request) + "\n")
    server.stdin.flush()
    status = int(server.stdout.readline())
    said = "" if one_stream else err.read_text()
    return subprocess.CompletedProcess(words, status, out.read_text(), said)


@cache
def _server(program: str) -> tuple[subprocess.Popen[str], Path, dict[str, str]]:
    """The process that forks for a program's commands, a folder for output, what imports read."""
    folder = TemporaryDirectory(prefix="genoseq-tests-")
    # -P: a command does not find the modules of the tests.
    command = [sys.executable, "-P", str(Path(__file__).parent / "forked.py"), program]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(folder.cleanup)
    atexit.register(server.communicate)
    return server, Path(folder.name), _read_by_imports(os.environ)


def _read_by_imports(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: text
        for name, text in environment.items()
        if name.startswith(_IMPORTED) and name not in _SET_BY_TORCH
    }
