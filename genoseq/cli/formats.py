"""The option ``--formats`` of verbs that write tracks."""

from __future__ import annotations

from typing import Annotated

import typer

from genoseq.writers.formats import FORMATS, default_formats

Formats = Annotated[
    str | None,
    typer.Option(
        help=f"Of {', '.join(FORMATS)}; comma-separated.",
        show_default=f"{','.join(default_formats('classes'))}; "
        f"of signals {','.join(default_formats('signal'))}",
    ),
]
