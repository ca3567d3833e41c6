"""Options that verbs share: of what they read, and of what they compute with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from genoseq.cli.progress import Shown, progress
from genoseq.cli.progress_lines import ProgressLines

GenomeFile = Annotated[
    Path, typer.Argument(help="FASTA, GenBank or EMBL, plain or compressed; - is stdin.")
]
Model = Annotated[
    str | None,
    typer.Option(
        "-m",
        "--model",
        metavar="MODEL",
        help="Model folder, made by genoseq train, or a model in the box (genoseq models).",
        show_default="bacteria",
    ),
]
Precision = Annotated[
    Literal["auto", "bf16", "fp32", "int8"],
    typer.Option(
        help="auto: bf16 where it is faster; int8: of recurrent networks on CPUs, the fastest."
    ),
]
GenesPrecision = Annotated[
    Literal["auto", "bf16", "fp32", "int8"],
    typer.Option(
        help="auto: int8 of recurrent networks on CPUs, where there are kernels of it; else bf16 "
        "where it is faster."
    ),
]
Device = Annotated[
    str | None, typer.Option(help="cpu, cuda or cuda:N.", show_default="a GPU if there is one")
]
Threads = Annotated[
    int | None,
    typer.Option(min=1, max=4096, help="Threads of torch.", show_default="one for each processor"),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=4096,
        help="Processes that share the genome on a CPU, one thread each: the bytes of one.",
        show_default="one for each processor, as memory allows; with --threads 1",
    ),
]
BatchBases = Annotated[
    int | None, typer.Option(min=1, max=1 << 30, help="Bases a batch.", show_default="46080")
]
Expected = Annotated[
    str | None,
    typer.Option(
        metavar="SETTINGS",
        help="Refuse a model that was trained by other settings than these (as of genoseq train).",
        show_default="any model",
    ),
]
ProgressFd = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=1 << 20,
        help="File descriptor of this process that gets a line of progress now and then, such as "
        "the terminal where stderr is a log: genoseq ... --progress-fd 3 3>&2 2> log",
        show_default="none",
    ),
]


@contextmanager
def start_computing(
    verb: str,
    out: object,
    threads: int | None,
    progress_fd: int | None = None,
    unit: str = "bases",
) -> Iterator[Shown]:
    """How every verb that computes with a model begins; gives what shows its progress.

    Settings are those of the whole process, which a function called from Python would not touch.

    Parameters
    ----------
    verb, out
        By which lines of progress are told apart.
    threads, progress_fd
        As the options :data:`Threads` and :data:`ProgressFd`.
    unit
        What amounts are counted in, see :func:`genoseq.cli.progress.progress`.
    """
    lines = ProgressLines(progress_fd, f"{verb} {out}")  # before anything opens descriptors
    from genoseq.models.allocator import keep_freed_memory

    keep_freed_memory()
    if threads is not None:
        import torch

        torch.set_num_threads(threads)
    with progress(verb, unit, also=lines) as report:
        yield report


def chosen_jobs(jobs: int | None, threads: int | None) -> int:
    """How many processes to compute with, by the options :data:`Jobs` and :data:`Threads`."""
    if jobs is not None:
        return jobs
    if threads is not None:
        return 1
    from genoseq.inference.machine import jobs_here

    return jobs_here()
