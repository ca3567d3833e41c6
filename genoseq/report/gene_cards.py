"""What the page says of called genes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from genoseq.files.names import GENES
from genoseq.report.results import GeneFolder


def gene_card(genes: GeneFolder, folder: Path) -> dict[str, Any]:
    """Facts of the genes of a genome by a model, and links to files relative to the page's folder.

    ``confidence`` has, for each range of ``conf``, its name, how many genes are in it, and that as
    a share of the fullest one.
    """
    said = genes.summary
    relative = os.path.relpath(genes.path.resolve(), folder)
    return {
        "genome": genes.genome,
        "model": genes.model,
        "facts": _facts(said),
        "confidence": _bars(said["confidence"]),
        "files": [(name, Path(relative, name).as_posix()) for name in GENES],
    }


def _facts(said: Mapping[str, Any]) -> list[tuple[str, str]]:
    starts = ", ".join(f"{name} {count:,}" for name, count in said["start_types"].items())
    found = [
        ("genes", f"{said['genes']:,}, of which {said['partial_genes']:,} are cut off"),
        ("expected to be true", f"{said['expected_true_genes']:,.0f}"),
        ("coding density", f"{said['coding_density']:.1%}"),
        ("genetic code", f"{said['genetic_code']}"),
        ("starts", starts or "-"),
    ]
    if (motif := said.get("motif")) is not None:
        shown = f"{motif['consensus']}, at {motif['share_of_starts']:.0%} of them"
        found.append(("motif before starts", shown))
    if "introns" in said:
        found.append(("introns", f"{said['introns']:,}, in {said['genes_with_introns']:,} genes"))
    return found


def _bars(counts: Mapping[str, int]) -> list[tuple[str, int, float]]:
    most = max(counts.values(), default=0) or 1
    return [(name, count, count / most) for name, count in counts.items()]
