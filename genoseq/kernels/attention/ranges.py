"""Which blocks a program walks over, and which pairs of an edge block see each other.

A program holds a block of one side (queries, or keys in the kernel for their gradients) and walks
over the other side in steps.  Steps whose every pair is visible need no mask and are walked in a
loop of their own; the others, the edges, follow in a second loop.  In order of position:

    [0, leading * STEP)         edges: blocks that hold global tokens
    [low, full_low)             edges: the near end of the window
    [full_low, full_high)       full blocks
    [full_high, ...)            edges: the far end of the window, or of the document

All four start at multiples of STEP and do not overlap.  The rule is :class:`~genoseq.kernels.mask.
Mask`; without CAUSAL it is symmetric, so the same range serves held queries and held keys.
"""

# ruff: noqa: N803 - compile-time constants in capitals, as Triton code has them
# mypy: disable-error-code="untyped-decorator, no-untyped-def, no-untyped-call"

import triton
import triton.language as tl


@triton.jit
def visited(
    first,
    length,
    window,
    global_tokens,
    HELD: tl.constexpr,
    STEP: tl.constexpr,
    WINDOWED: tl.constexpr,
    CAUSAL: tl.constexpr,
    HOLDS_KEYS: tl.constexpr,
    UNEQUAL: tl.constexpr,
):
    """Steps that a program visits that holds the tokens first ... first + HELD - 1.

    `length` is that of the document on the side that is walked over; `first`, `global_tokens`, and
    all that is returned, count within it.  UNEQUAL: the held side has another length, and as the
    last tokens of both stand side by side, `first` and `global_tokens` may be negative.

    Returns
    -------
    leading, low, before, full_low, full_high, after: see the module; `leading`, `before` and
    `after` are numbers of edge blocks, the others tokens.
    """
    last = first + HELD - 1
    low = 0
    high = length
    full_low = 0
    full_high = length
    if WINDOWED:
        low = tl.maximum(first - window, 0)
        high = tl.minimum(length, last + window + 1)
        full_low = tl.maximum(last - window, 0)
        full_high = tl.minimum(length, first + window + 1)
    if CAUSAL and HOLDS_KEYS:
        low = first
        full_low = last
    if CAUSAL and not HOLDS_KEYS:
        high = tl.minimum(length, last + 1)
        full_high = tl.minimum(length, first + 1)

    if UNEQUAL:
        low = tl.maximum(low, 0)
        high = tl.maximum(high, 0)

    leading = 0
    if WINDOWED:
        # A causal query that is global sees no further than the global keys, which lead anyway,
        # and a key is not seen by the leading queries that come before it.
        if HOLDS_KEYS or not CAUSAL:
            some_global = first < global_tokens
            all_global = tl.minimum(last + 1, length) <= global_tokens
            high = tl.where(some_global, length, high)
            full_high = tl.where(all_global, length, full_high)
            if not CAUSAL:
                low = tl.where(some_global, 0, low)
                full_low = tl.where(all_global, 0, full_low)
        if not (HOLDS_KEYS and CAUSAL):
            leading = tl.cdiv(tl.minimum(global_tokens, high), STEP)
            low = tl.maximum(low, leading * STEP)

    low = low // STEP * STEP
    end = tl.maximum(tl.cdiv(high, STEP) * STEP, low)
    full_low = tl.maximum(tl.cdiv(full_low, STEP) * STEP, low)
    full_high = tl.maximum(full_high // STEP * STEP, low)
    full_low = tl.minimum(full_low, full_high)
    return (
        leading,
        low,
        (full_low - low) // STEP,
        full_low,
        full_high,
        (end - full_high) // STEP,
    )


@triton.jit
def edge(step, leading, low, before, full_high, STEP: tl.constexpr):
    """First token of the edge block that is walked at `step`, 0 ... leading + before + after."""
    near = low + (step - leading) * STEP
    far = full_high + (step - leading - before) * STEP
    return tl.where(step < leading, step * STEP, tl.where(step < leading + before, near, far))


@triton.jit
def visible(
    queries, keys, length, window, global_tokens, WINDOWED: tl.constexpr, CAUSAL: tl.constexpr
):
    """Which pairs see each other: positions that broadcast, (Q, 1) and (1, K) or their reverse."""
    seen = (queries < length) & (keys < length)
    if WINDOWED:
        near = tl.abs(queries - keys) <= window
        seen = seen & (near | (queries < global_tokens) | (keys < global_tokens))
    if CAUSAL:
        seen = seen & (keys <= queries)
    return seen
