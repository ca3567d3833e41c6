"""Run by command.py: a process that has imported a package and forks for each of its commands.

Importing torch, or Snakemake, takes seconds: a test of four commands would wait for
it four times.  Each command is still a process of its own, with its own streams, folder,
environment, signals, and exit status.  Standard input has a request on each line, in JSON: a
command to start, answered by a line with its process id, or one to wait for, answered by its exit
status (``runs`` while it runs, to those who do not want to wait).

A request to listen makes a socket at which other programs ask for commands: the rules of a workflow
do so by forward.py, which stands on PATH as ``genoseq``.

What a fork cannot show is what happens before a command begins: an import that is missing, or that
writes a warning, a variable that is read by an import (command.py refuses those), an order of sets
that differs from start to start, and what goes wrong when Python takes its modules apart.  The run
through Slurm and that of a wheel start every verb of a run as it is, test_app.py those that no run
has.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import pkgutil
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from json import loads
from pathlib import Path
from runpy import run_path
from typing import NoReturn, TypedDict

import genoseq
from genoseq.cli.app import main as genoseq_main
from genoseq.cli.prodigal import main as prodigal_main


class Request(TypedDict):
    """A program, its words, where it runs, and the files to which its output is appended.

    ``script`` is a Python file that runs instead of the program, with what the program imports; it
    may be empty.
    """

    program: str
    words: list[str]
    script: str
    folder: str
    environment: dict[str, str]
    stdout: str
    stderr: str


def load_genoseq() -> dict[str, Callable[[], None]]:
    """The command lines, with every module that a verb would import late."""
    for module in pkgutil.walk_packages(genoseq.__path__, "genoseq."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    # What torch imports for the first optimizer and the first curve: 1.4 s of every training.
    for name in ("torch._dynamo", "torch.utils.tensorboard", "tensorboard.compat.tensorflow_stub"):
        import_module(name)
    return {"genoseq": genoseq_main, "genoseq-prodigal": prodigal_main}


def load_snakemake() -> dict[str, Callable[[], None]]:
    """Snakemake's command line, with what it and our Snakefile import late."""
    parts = ("api", "assets", "dag", "executors.local", "profiles", "report", "shell", "storage")
    for name in (*parts, "workflow"):
        import_module(f"snakemake.{name}")
    for name in ("jinja2", "smart_open", "genoseq.plan.rules"):
        import_module(name)
    return {"snakemake": import_module("snakemake.cli").main}


LOADERS = {"genoseq": load_genoseq, "snakemake": load_snakemake}
"""By package, which may have several programs: each by its name."""


def main() -> None:
    """Answer requests until there are no more."""
    package = sys.argv[1]
    programs = LOADERS[package]()
    listeners: list[int] = []
    for line in sys.stdin:
        request = loads(line)
        if "wait" in request:
            child, status = os.waitpid(request["wait"], 0 if request["block"] else os.WNOHANG)
            answer = f"{os.waitstatus_to_exitcode(status)}" if child else "runs"
        elif "listen" in request:
            listeners.append(listen(package, programs[package], request["listen"]))
            answer = "listens"
        else:
            answer = f"{start(programs[request['program']], request)}"
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
    for process in listeners:
        os.kill(process, signal.SIGTERM)


def start(command_line: Callable[[], None], request: Request) -> int:
    """Start a command; the number of its process."""
    child = os.fork()
    if child == 0:
        outputs = (request["stdout"], request["stderr"])
        files = [os.open(name, os.O_WRONLY | os.O_APPEND) for name in outputs]
        files.insert(0, os.open(os.devnull, os.O_RDONLY))
        words, folder, environment = (request[k] for k in ("words", "folder", "environment"))
        script = request["script"]
        become([script or request["program"], *words], folder, environment, enumerate(files))
        if script:
            # As where Python runs it, and its tests' modules besides.
            sys.path[:0] = [str(Path(script).parent), str(Path(__file__).parent)]
            run(lambda: run_path(script, run_name="__main__"))
        run(command_line)
    return child


def listen(program: str, command_line: Callable[[], None], path: str) -> int:
    """Start a process that starts a command for everyone who connects; its number."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(16)
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system forgets those that are over
        while True:
            connection, _ = listener.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                listener.close()
                serve(program, command_line, connection)
            connection.close()
    listener.close()
    return child


def serve(program: str, command_line: Callable[[], None], connection: socket.socket) -> NoReturn:
    """Run one command for forward.py, with its open files, and tell it the exit status."""
    text, files, _, _ = socket.recv_fds(connection, 1 << 16, 16)
    while more := connection.recv(1 << 16):
        text += more
    request = loads(text)
    files = [fcntl.fcntl(file, fcntl.F_DUPFD, 64) for file in files]  # none takes another's number
    child = os.fork()
    if child == 0:
        connection.close()
        numbers = zip(request["files"], files, strict=True)
        words, folder, environment = (request[k] for k in ("words", "folder", "environment"))
        become([program, *words], folder, environment, numbers)
        run(command_line)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    connection.sendall(f"{status}".encode())
    os._exit(0)


def become(
    words: list[str],
    folder: str,
    environment: Mapping[str, str],
    files: Iterable[tuple[int, int]],
) -> None:
    """Make this process the command's: arguments, folder, environment and open files.

    Of each file the number that the command knows it by comes first.
    """
    sys.argv = words
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, file in files:
        os.dup2(file, number)


def run(command_line: Callable[[], None]) -> NoReturn:
    """Run the command and end, without the half second in which Python takes all imports apart."""
    status: object = 0
    try:
        command_line()
    except SystemExit as error:
        status = error.code or 0
        if not isinstance(status, int):
            sys.stderr.write(f"{status}\n")
    except BaseException:
        traceback.print_exc()
        status = 1
    threading._shutdown()  # as Python does: a command whose threads go on hangs here too
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else 1)


if __name__ == "__main__":
    main()
