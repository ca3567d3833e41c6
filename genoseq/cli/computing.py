"""Options of verbs that compute with a model, and what they do to the process."""

from __future__ import annotations

from typing import Annotated

import typer

Device = Annotated[
    str | None, typer.Option(help="cpu, cuda or cuda:N.", show_default="a GPU if there is one")
]
Threads = Annotated[
    int | None,
    typer.Option(min=1, help="Threads of torch.", show_default="one for each processor"),
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
        help="File descriptor of this process that gets a line of progress now and then, such as "
        "the terminal where stderr is a log: genoseq ... --progress-fd 3 3>&2 2> log",
        show_default="none",
    ),
]


def set_up_process(threads: int | None) -> None:
    """Settings of the whole process, which a function called from Python would not touch."""
    from genoseq.models.allocator import keep_freed_memory

    keep_freed_memory()
    if threads is not None:
        import torch

        torch.set_num_threads(threads)
