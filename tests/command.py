"""Commands in processes of their own, as people run them, without waiting for imports each time."""

from __future__ import annotations

import atexit
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_IMPORTED = ("CUDA_", "KMP_", "LANG", "LC_", "MKL_", "MPL", "OMP_", "PYTHON", "TORCH", "TRITON_")
"""Beginnings of the variables that are read while a program is imported, once for all commands."""

_SET_BY_TORCH = ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR")
"""Variables that torch sets itself, where a test of this process compiled something."""

Genoseq = Callable[..., subprocess.CompletedProcess[str]]
"""``genoseq(*words)`` in a process of its own; the result has returncode, stdout, stderr."""


class Started:
    """A command that runs in a process of its own, in the folder that was the current one."""

    def __init__(
        self,
        program: str,
        words: Sequence[str],
        environment: Mapping[str, str],
        one_stream: bool,
        script: str | None,
    ) -> None:
        server = _server(program.removesuffix("-prodigal"))
        if (found := _read_by_imports(environment)) != server.imported:
            raise ValueError(
                f"read while {program} was imported: {found} now, {server.imported} then"
            )
        self._server, self._words = server, [*words]
        number = next(server.numbers)
        self._out, self._err = (server.folder / f"{number}.{name}" for name in ("out", "err"))
        if one_stream:
            self._err = self._out
        for path in (self._out, self._err):
            path.write_text("")
        request: dict[str, Any] = {"program": program, "words": self._words}
        request |= {"script": script or ""}
        request |= {"folder": str(Path.cwd())}
        request |= {"environment": dict(environment)}
        self.pid = int(server.ask(request | {"stdout": str(self._out), "stderr": str(self._err)}))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit status, if it is over."""
        return self._end(block=False)

    def send_signal(self, number: int) -> None:
        """Send a signal to it, unless it is over."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def wait(self) -> subprocess.CompletedProcess[str]:
        """How it ended, and what it said."""
        status = self._end(block=True)
        assert status is not None
        said = "" if self._err == self._out else self._err.read_text()
        return subprocess.CompletedProcess(self._words, status, self._out.read_text(), said)

    def _end(self, block: bool) -> int | None:
        if self.returncode is None:
            answer = self._server.ask({"wait": self.pid, "block": block})
            self.returncode = None if answer == "runs" else int(answer)
        return self.returncode


def start_command(
    program: str,
    words: Sequence[str],
    environment: Mapping[str, str] | None = None,
    one_stream: bool = False,
    script: str | None = None,
) -> Started:
    """Start a command in the current folder.

    Parameters
    ----------
    program
        ``genoseq``, ``genoseq-prodigal`` or ``snakemake``.
    words
        Its arguments.
    environment
        By default this process's.
    one_stream
        Put what it writes to stderr into ``stdout``, in the order in which it was written.
    script
        A Python file that runs instead of the program, in a process that has imported it.

    Raises
    ------
    ValueError
        If the environment has another value than at the program's start of a variable that was
        read then: such a command has to be started as it is.
    """
    given = os.environ if environment is None else environment
    return Started(program, words, given, one_stream, script)


def run_command(
    program: str,
    words: Sequence[str],
    environment: Mapping[str, str] | None = None,
    one_stream: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; as :func:`start_command`."""
    return start_command(program, words, environment, one_stream).wait()


def forked_path() -> str:
    """A PATH for workflows: its ``genoseq`` is started by a fork, without seconds of imports.

    Only for runs that nobody kills: signals do not reach a command.
    """
    folders = (forked_genoseq().parent, Path(sys.executable).parent, *os.defpath.split(os.pathsep))
    return os.pathsep.join(map(str, folders))


@cache
def forked_genoseq() -> Path:
    """A program that hands its arguments, input and output to a fork: see :func:`forked_path`."""
    server = _server("genoseq")
    path, client = server.folder / "socket", Path(__file__).parent / "forward.py"
    assert server.ask({"listen": str(path)}) == "listens"
    folder = server.folder / "bin"
    folder.mkdir()
    # -IS: the client starts in a hundredth of a second.
    words = [sys.executable, "-IS", str(client), str(path)]
    program = folder / "genoseq"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    program.chmod(0o755)
    return program


class _Server:
    """The process that forks for a package's commands, a folder for output, what imports read."""

    def __init__(self, package: str) -> None:
        folder = TemporaryDirectory(prefix="genoseq-tests-")
        # -P: a command does not find the modules of the tests.
        command = [sys.executable, "-P", str(Path(__file__).parent / "forked.py"), package]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        atexit.register(folder.cleanup)
        atexit.register(self._process.communicate)
        self.folder, self.numbers = Path(folder.name), count()
        self.imported = _read_by_imports(os.environ)

    def ask(self, request: Mapping[str, Any]) -> str:
        """Its answer to a request: see forked.py."""
        server = self._process
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        return server.stdout.readline().strip()


@cache
def _server(package: str) -> _Server:
    return _Server(package)


def _read_by_imports(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: text
        for name, text in environment.items()
        if name.startswith(_IMPORTED) and name not in _SET_BY_TORCH
    }


def ended_by_ctrl_c(words: Sequence[str]) -> tuple[str, subprocess.CompletedProcess[str]]:
    """The first line that a command says, and how it ends at SIGINT, which follows at once."""
    # What a shell starts in the background ignores SIGINT, and so does what that starts.
    command, pipe = ["env", "--default-signal=INT", *words], subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as run:
        assert run.stdout is not None
        line = run.stdout.readline()
        run.send_signal(signal.SIGINT)
        try:
            out, err = run.communicate(timeout=60)
        finally:
            run.kill()
    return line, subprocess.CompletedProcess(command, run.returncode, out, err)
