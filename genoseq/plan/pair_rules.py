"""What rule ``translate`` is asked for: outputs and options, of a plan and wildcards."""

from __future__ import annotations

from collections.abc import Callable

from genoseq.plan.label_options import options
from genoseq.plan.rules import Plan, Wildcards


def translations(plan: Plan) -> list[str]:
    """A file for each row with sequences to translate and each model, if models do that."""
    if not plan.pairs:
        return []
    return [
        f"<results>/translations/{name}/{model}.fa"
        for name, row in plan.genomes.items()
        if row.fasta
        for model in plan.config.models
    ]


def translate_options(plan: Plan) -> Callable[[Wildcards], str]:
    """Beams, and the most letters."""
    settings = plan.config.translate
    return lambda _: options(beams=settings.beams, max_length=settings.longest)
