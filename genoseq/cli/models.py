"""``genoseq models``: the models that come with the package."""

from __future__ import annotations

from typing import Annotated

import typer

EPILOG = "Example: genoseq models"


def models(
    name: Annotated[
        str | None, typer.Argument(help="Print the card of this one.", show_default="list all")
    ] = None,
) -> None:
    """List the models in the box, or print the card of one.

    A line for each: name, size in bytes, SHA-256 of its weights, and what it is for, separated by
    tabs. Where verbs take the folder of a model they take such a name.
    """
    from genoseq.pretrained.registry import shipped_models, text_of_card

    if name is not None:
        print(text_of_card(name))
        return
    found = shipped_models()
    if not found:
        print("no model comes with this version of genoseq: train one (genoseq train)")
    for each in found.values():
        print(each.name, each.size, each.sha256, each.about, sep="\t")
