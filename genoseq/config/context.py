"""How much sequence a model is shown at once: context and core of a window, bases of a batch."""

from __future__ import annotations

from genoseq.config.schema import ModelSettings, RunSettings
from genoseq.errors import ConfigError

CONTEXT = 768
"""Context of a recurrent model's bundle, in bp.  With it another window length changes the arg-max
of 0.02% of bases at most, as many as bf16 does; with 192, of 0.2% (``benchmarks/invariance.py``).
"""
WINDOW_BASES = 9216
"""Bases of a window, context included: longer ones waste less context, but put fewer in a batch."""
BATCH_BASES = 46_080
"""Bases that are predicted at once, by default."""
FOLDED_WORD = 6
"""Bases of the longest word that a prediction looks up in place of embedding and stem: 5 ** 6 rows
x 96 columns of float32 are 6 MB a table, still near the cache."""


def usual_context(settings: RunSettings) -> int:
    """Context of a bundle where none is asked for, in bp.

    An encoder of bounded reach gets exactly what can change a base's outputs.  Where each base sees
    all of its window (full attention, registers), a quarter of the training window: then scoring,
    whose windows are four times the context, shows lengths that were trained.
    """
    encoder, reach = settings.model.encoder, settings.model.reach
    if reach is not None:
        return reach
    quarter = settings.training.window // 4
    return max(CONTEXT, quarter) if encoder.sees_all() else CONTEXT


def core_length(
    settings: ModelSettings, context: int, length: int, window_bases: int | None = None
) -> int:
    """Core of the windows of a contig of ``length`` bases, a multiple of the model's stride.

    By default windows have :data:`WINDOW_BASES`, or more for a model of much context; where each
    base sees all of its window (full attention, registers), four times the context, see
    :func:`usual_context`.

    A short contig gets windows of its own size, a power of two of strides, so that a million of
    them cost no more than their bases.  It depends on the contig alone, as does then the score.

    Raises
    ------
    ConfigError
        If the window has no room for a core.
    """
    stride = settings.stride
    if window_bases is None:
        all_seen = settings.encoder.sees_all() and context > 0
        window = 4 * context if all_seen else max(WINDOW_BASES, 4 * context)
    else:
        window = window_bases
    core = (window - 2 * context) // stride * stride
    if core < 1:
        raise ConfigError(
            f"a window of {window} bp has no room beside the model's context, {context} bp on each "
            f"side: use {4 * context + stride} or more"
        )
    return min(core, stride << (-(-length // stride) - 1).bit_length())


def round_up(length: int, stride: int) -> int:
    """The next multiple of the stride."""
    return -(-length // stride) * stride
