"""Options of verbs that write tracks: formats, what is called, digits."""

from __future__ import annotations

from typing import Annotated, Literal

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
ValuesTold = Annotated[
    Literal["probability", "log-odds"],
    typer.Option(help="log-odds: natural, of every state, codon phases and background too."),
]
ByPhase = Annotated[bool, typer.Option("--by-phase", help="One track for each codon phase.")]
Segments = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CLASS:RULE",
        help="Segments of a class, as TSS:threshold=0.2,min=30,gap=10: where it is that probable, "
        "bp at least, bp between two that are joined; may be repeated.",
        show_default="the most probable class",
    ),
]
Peaks = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CLASS:RULE",
        help="Sites of a class, as TSS:threshold=0.2,distance=10: local maxima, one each distance "
        "bp at most; writes peaks.bed; may be repeated.",
        show_default="of format peaks: all classes, threshold=0.5,distance=10",
    ),
]
Digits = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=6,
        help="Significant digits of probabilities: what is rare is not rounded to 0.",
        show_default="steps of 0.001",
    ),
]
Bin = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=1 << 16,
        metavar="BP",
        help="One value for BP bp in bigWig and bedGraph; other formats keep every base.",
        show_default="1",
    ),
]
BinBy = Annotated[
    Literal["mean", "max"],
    typer.Option(help="What a bin tells: mean, or max, in which rare sites stay as high."),
]
