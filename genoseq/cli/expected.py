"""The option ``--expect`` of verbs that compute with a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from genoseq.models.bundle import Bundle

Expected = Annotated[
    str | None,
    typer.Option(
        metavar="SETTINGS",
        help="Refuse a model that was trained by other settings than these (as of genoseq train).",
        show_default="any model",
    ),
]


def check_model(bundle: Bundle, path: Path, expected: str | None) -> None:
    """BundleError if a model is not the one that was expected."""
    if expected is None:
        return
    from genoseq.config.base import parse_settings, read_mapping
    from genoseq.config.schema import RunSettings
    from genoseq.models.expected import check_expected

    check_expected(bundle, path, parse_settings(RunSettings, read_mapping(expected)))
