"""From a genome and a model to what every mutation changes: ``gs.mutate``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, get_args

from genoseq.errors import ConfigError
from genoseq.genome.regions import Region, check_bounds
from genoseq.inference.predict import Predictor, bundle_of
from genoseq.inference.score import wanted_regions
from genoseq.inference.windows import Genome
from genoseq.models.bundle import Bundle
from genoseq.variants.attribution import STEPS, Attribution
from genoseq.variants.mutagenesis import Mutagenesis
from genoseq.variants.mutations import Mutations
from genoseq.variants.targets import DISTANCE, Seen, parse_targets

Method = Literal["saturation", "gradient", "integrated"]


def mutate(
    genome: Genome,
    bundle: Bundle | str | Path,
    *,
    regions: Iterable[Region] | None = None,
    targets: Sequence[str] = (),
    distance: int = DISTANCE,
    at: Region | None = None,
    method: Method = "saturation",
    steps: int = STEPS,
    device: str | None = None,
) -> Iterator[Mutations]:
    """What every substitution of bases changes, in flat memory.

    Parameters
    ----------
    genome
        An open FASTA, or a store.
    bundle
        The model, or its folder; of any task and encoder that scoring takes.
    regions
        Which bases are mutated, each alone; by default every contig.  Overlapping regions are
        merged.
    targets
        Columns, ``CLASS[:sum|max]``, see :func:`genoseq.variants.targets.parse_targets`; by default
        every class and strand, or signal, by its sum.
    distance
        Changes are looked for within so many bp of the mutated base.
    at
        Instead, changes are looked for in this region, wherever the mutated base is.
    method
        ``saturation``: exactly what scoring the mutated sequence from scratch would tell, up to
        rounding.  ``gradient`` and ``integrated``: estimates by gradients, of ``effect`` alone, see
        :mod:`genoseq.variants.attribution`.
    steps
        Gradients that an integrated one is the mean of.
    device
        See :class:`genoseq.inference.predict.Predictor`; numbers are always fp32, as effects are
        small differences.

    Yields
    ------
    Effects of consecutive bases, contigs in FASTA order.

    Raises
    ------
    ConfigError
        If there is no such target or method, or the model has none of it.
    RegionError
        If a region is not on the genome.
    """
    if not hasattr(genome, "lengths"):
        raise ConfigError(f"{genome!r} is no genome: open it, by open_fasta or open_store")
    if method not in get_args(Method):
        raise ConfigError(f"method {method!r}: use {', '.join(get_args(Method))}")
    if not 1 <= steps <= 10_000:
        raise ConfigError(f"steps {steps}: use 1 to 10,000")
    predictor = Predictor(bundle_of(bundle), device, "fp32")
    output = predictor.task.output()
    columns = parse_targets(targets, output.channels)
    seen = Seen(distance, None if at is None else check_bounds(at, genome.lengths))
    wanted = wanted_regions(genome, regions)
    if at is not None:
        far = [region for region in wanted if region.chrom != at.chrom]
        if far:
            raise ConfigError(
                f"{far[0]} is not on the contig of {at}, where changes are looked for"
            )
    if method == "saturation":
        return Mutagenesis(predictor, genome, output, columns, seen)(wanted)
    ways = steps if method == "integrated" else 0
    return Attribution(predictor, genome, output, columns, seen, ways)(wanted)
