"""The option ``--expect`` of verbs that compute with a model."""

from __future__ import annotations

from typing import Annotated

import typer

Expected = Annotated[
    str | None,
    typer.Option(
        metavar="SETTINGS",
        help="Refuse a model that was trained by other settings than these (as of genoseq train).",
        show_default="any model",
    ),
]
