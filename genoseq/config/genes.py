"""Settings of the genes that the workflow calls."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field

from genoseq.config.base import Settings


def _number(code: object) -> object:
    """The number that a cell of a sheet holds as text."""
    return int(code) if isinstance(code, str) and code.isdecimal() else code


_Code = Literal[11, 4, 25, 15]
CODES: tuple[int, ...] = get_args(_Code)
"""NCBI's numbers of the genetic codes of bacteria and archaea."""
_NuclearCode = Literal[1, 6, 10, 12, 26, 29, 30]
NUCLEAR_CODES: tuple[int, ...] = get_args(_NuclearCode)
"""NCBI's numbers of the genetic codes of genes with introns: those of nuclei, of which each codon
means one thing."""
GeneticCode = Annotated[_Code | _NuclearCode, BeforeValidator(_number)]
Adapt = Literal["auto", "on", "off"]
"""Whether a network is trained on the genome at hand."""
SHORTEST = 90
"""bp of the shortest gene, its stop codon included, if nobody says otherwise."""
ADAPT_STEPS, ADAPT_BATCH, ADAPT_WINDOW = 150, 12, 2304
"""Of the training on the genome at hand, whatever its size: steps, windows of each, bp of each."""
LEAST = 30
"""bp that it has at least."""


def _word(adapt: object) -> object:
    """The word that YAML reads as true or false."""
    return {True: "on", False: "off"}[adapt] if isinstance(adapt, bool) else adapt


class GeneSettings(Settings):
    """Genes, called by each model of codon phases in every genome."""

    code: GeneticCode | Literal["auto"] = Field(
        "auto",
        description="genetic code of genomes whose row of the sheet has none: 11, 4, 25 or 15, "
        "of models with introns 1, 6, 10, 12, 26, 29 or 30; auto: inferred, with introns 1",
    )
    circular: str = Field(
        "none",
        description="contigs that are circles, in genomes whose row has none: all, none or names "
        "separated by commas",
    )
    shortest: Annotated[int, Field(ge=LEAST, le=100_000)] = Field(
        SHORTEST, description="bp of the shortest gene, its stop codon included"
    )
    weights: str | None = Field(
        None,
        description="the decoder's weights, made by genoseq fit-genes, if not those in the bundle",
    )
    adapt: Annotated[Adapt, BeforeValidator(_word)] = Field(
        "off", description="train the network on what is certain of each genome, and call again"
    )
    frameshifts: bool = Field(
        False, description="read genes across indels: for noisy assemblies and reads"
    )
