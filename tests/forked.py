"""Run by command.py: a process that has imported a program and forks for each of its commands.

Importing torch, or Snakemake, takes seconds: a test of four commands would wait for
it four times.  Each command is still a process of its own, with its own streams, folder,
environment, signals, and exit status.  Standard input has a request on each line, in JSON: a
command to start, answered by a line with its process id, or one to wait for, answered by its exit
status (``runs`` while it runs, to those who do not want to wait).

What a fork cannot show is what happens before a command begins: an import that is missing, or that
writes a warning, a variable that is read by an import (command.py refuses those), an order of sets
that differs from start to start, and what goes wrong when Python takes its modules apart.  The
workflow's tests start every verb of a run as it is, test_app.py those that no run has.
"""

from __future__ import annotations

import atexit
import os
import pkgutil
import sys
import threading
import traceback
from collections.abc import Callable
from importlib import import_module
from json import loads
from typing import NoReturn, TypedDict

import genoseq
from genoseq.cli.app import main as genoseq_main
from genoseq.cli.prodigal import main as prodigal_main


class Request(TypedDict):
    """A command's words, where it runs, and the files to which its output is appended."""

    words: list[str]
    folder: str
    environment: dict[str, str]
    stdout: str
    stderr: str


def load_genoseq() -> Callable[[], None]:
    """The command line, with every module that a verb would import late."""
    for module in pkgutil.walk_packages(genoseq.__path__, "genoseq."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    return genoseq_main


def load_snakemake() -> Callable[[], None]:
    """Snakemake's command line, with what it and our Snakefile import late."""
    for name in ("api", "dag", "executors.local", "workflow", "shell", "report"):
        import_module(f"snakemake.{name}")
    import_module("genoseq.plan.rules")
    main: Callable[[], None] = import_module("snakemake.cli").main
    return main


def load_prodigal() -> Callable[[], None]:
    """The command line that has Prodigal's letters."""
    load_genoseq()
    return prodigal_main


LOADERS = {
    "genoseq": load_genoseq,
    "genoseq-prodigal": load_prodigal,
    "snakemake": load_snakemake,
}


def main() -> None:
    """Answer requests until there are no more."""
    program = sys.argv[1]
    command_line = LOADERS[program]()
    for line in sys.stdin:
        request = loads(line)
        if "wait" in request:
            child, status = os.waitpid(request["wait"], 0 if request["block"] else os.WNOHANG)
            answer = f"{os.waitstatus_to_exitcode(status)}" if child else "runs"
        else:
            answer = f"{start(program, command_line, request)}"
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


def start(program: str, command_line: Callable[[], None], request: Request) -> int:
    """Start a command; the number of its process."""
    child = os.fork()
    if child == 0:
        become(program, request)
        run(command_line)
    return child


def become(program: str, request: Request) -> None:
    """Make this process the command's: arguments, folder, environment and streams."""
    sys.argv = [program, *request["words"]]
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    for stream, name in ((sys.stdout, request["stdout"]), (sys.stderr, request["stderr"])):
        os.dup2(os.open(name, os.O_WRONLY | os.O_APPEND), stream.fileno())


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
