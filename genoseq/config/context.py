"""How much sequence a model is shown at once: context and width of a window, bases of a batch."""

from __future__ import annotations

from genoseq.config.schema import ModelSettings, RunSettings
from genoseq.errors import ConfigError
from genoseq.genome.windows import round_up

CONTEXT = 1536
"""Context that an encoder without a bounded reach is expected to need, in bp.  What it needs is
measured when it is trained (:mod:`genoseq.models.context`)."""
LEAST_QUARTER = 768
"""Least context of an encoder that sees all of its window, in bp."""
WINDOW_BASES = 15_360
"""Bases of a window, context included: longer ones waste less context, but put fewer in a batch."""
WIDE_WINDOW = 30_720
"""Bases of the widest window that is taken to waste no more than a fifth of it on context."""
BATCH_BASES = 46_080
"""Bases that are predicted at once on each strand, by default."""
FOLDED_WORD = 6
"""Bases of the longest word that a prediction looks up in place of embedding and stem: 5 ** 6 rows
x 96 columns of float32 are 6 MB a table, still near the cache."""


def usual_context(settings: RunSettings) -> int:
    """Context of a bundle where none is asked for and none is measured, in bp.

    An encoder of bounded reach gets exactly what can change a base's outputs.  Where each base sees
    all of its window (full attention, registers), a quarter of the training window: then scoring,
    whose windows are four times the context, shows lengths that were trained.
    """
    encoder, reach = settings.model.encoder, settings.model.reach
    if reach is not None:
        return reach
    quarter = settings.training.window // 4
    return max(LEAST_QUARTER, quarter) if encoder.sees_all() else CONTEXT


def batch_rows(batch_bases: int, window: int) -> int:
    """Rows of a batch of windows of both strands, as near to so many bases of each as they come.

    An LSTM's step takes 2.3 us for each of 4 rows and 3.6 for each of 2 (AVX2, oneDNN).
    """
    return 2 * max(1, (batch_bases + window // 2) // window)


def longest_window(settings: ModelSettings, context: int, asked: int | None = None) -> int:
    """Bases of the windows in which a long contig is scored, a multiple of the model's stride.

    The windows belong to the model where it looks further than its context: then a base's score
    depends on the genome and the bundle alone.  By default they have :data:`WINDOW_BASES`, or more
    for a model of much context: ten times the context up to :data:`WIDE_WINDOW`, and never less
    than four times.  Where each base sees all of its window (full attention, registers) they have
    four times the context, see :func:`usual_context`.

    Parameters
    ----------
    settings, context
        Of a bundle.
    asked
        Bases of a window of an encoder of bounded reach, which any window suits; of others without
        effect.

    Raises
    ------
    ConfigError
        If a window that was asked for has no room for more than the context.
    """
    stride = settings.stride
    if settings.encoder.sees_all() and context > 0:
        return round_up(4 * context, stride)
    usual = round_up(max(WINDOW_BASES, min(10 * context, WIDE_WINDOW), 4 * context), stride)
    if asked is None or not any_window_suits(settings):
        return usual
    if asked // stride * stride <= 2 * context:
        raise ConfigError(
            f"a window of {asked} bp has no room beside the model's context, {context} bp on each "
            f"side: use {4 * context + stride} or more"
        )
    return asked // stride * stride


def any_window_suits(settings: ModelSettings) -> bool:
    """Whether a model's reach is bounded, so that windows of any width give the same scores."""
    return settings.reach is not None
