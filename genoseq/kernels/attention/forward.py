"""Forward kernel: outputs and log-sum-exp, one program per block of queries and query head.

The running maximum and sum follow Milakov and Gimelshein 2018, Online normalizer calculation for
softmax, arXiv:1805.02867; the blocking Dao 2023, FlashAttention-2, arXiv:2307.08691.  Powers are
of 2: with c = scale * log2(e), exp(scale * s) = 2 ** (c * s).
"""

# ruff: noqa: N803 - compile-time constants in capitals, as Triton code has them
# mypy: disable-error-code="untyped-decorator, no-untyped-def, no-untyped-call"

import triton
import triton.language as tl

from genoseq.kernels.attention.ranges import edge, visible, visited
from genoseq.kernels.attention.rows import load_rows, store_rows
from genoseq.kernels.attention.tiles import held_block, other_side

LN_2 = tl.constexpr(0.6931471805599453)


@triton.jit
def _attend(
    accumulated,
    total,
    highest,
    q,
    keys,
    values,
    positions,
    start,
    length,
    window,
    global_tokens,
    scale_log2,
    keys_t,
    values_t,
    WIDTH: tl.constexpr,
    BLOCK_K: tl.constexpr,
    MASKED: tl.constexpr,
    WINDOWED: tl.constexpr,
    CAUSAL: tl.constexpr,
    WIDE: tl.constexpr,
    PRECISION: tl.constexpr,
    ACCUMULATE: tl.constexpr,
):
    """Take in BLOCK_K keys from `start` on: new sums of values (Q, D), of powers and maxima (Q)."""
    columns = start + tl.arange(0, BLOCK_K)
    k = load_rows(keys, columns, keys_t, length, WIDTH, MASKED, WIDE)
    scores = tl.dot(q, tl.trans(k), out_dtype=ACCUMULATE, input_precision=PRECISION)
    if MASKED:
        seen = visible(
            positions[:, None], columns[None, :], length, window, global_tokens, WINDOWED, CAUSAL
        )
        scores = tl.where(seen, scores, float("-inf"))
    new_highest = tl.maximum(highest, tl.max(scores, 1) * scale_log2)
    # A row that has seen no key yet has the maximum -inf, and -inf - -inf is NaN.
    shift = tl.where(new_highest == float("-inf"), 0.0, new_highest) if MASKED else new_highest
    weights = tl.math.exp2(scores * scale_log2[:, None] - shift[:, None])
    shrink = tl.math.exp2(highest - shift)
    total = total * shrink + tl.sum(weights, 1)
    v = load_rows(values, columns, values_t, length, WIDTH, MASKED, WIDE)
    accumulated = tl.dot(
        weights.to(v.dtype),
        v,
        accumulated * shrink[:, None],
        out_dtype=ACCUMULATE,
        input_precision=PRECISION,
    )
    return accumulated, total, new_highest


@triton.jit(do_not_specialize=["tokens", "window", "global_tokens"])
def attention_forward(
    queries,  # pointer to queries, shape (T, Hq, D)
    keys,  # pointer to keys, shape (Tk, Hk, D)
    values,  # pointer to values, shape (Tk, Hk, D)
    out,  # pointer to outputs, shape (T, Hq, D)
    log_sums,  # pointer to log-sum-exp, natural logarithm, shape (Hq, T)
    cu_seqlens,  # pointer to first tokens of documents, then T, int32, shape (documents + 1,)
    cu_seqlens_k,  # the same of the keys; None: those of the queries, and Tk is T
    tiles,  # pointer to document and block of each program, int32, shape (tiles, 2)
    scale_log2,  # factor of the scores times log2(e)
    tokens,  # T
    window,  # tokens per side, read if WINDOWED
    global_tokens,  # per document, read if WINDOWED
    heads,  # Hq
    queries_t,  # strides in elements along T and H
    queries_h,
    keys_t,
    keys_h,
    values_t,
    values_h,
    out_t,
    out_h,
    GROUP: tl.constexpr,  # query heads per key head
    WIDTH: tl.constexpr,  # D
    BLOCK_Q: tl.constexpr,
    BLOCK_K: tl.constexpr,
    WINDOWED: tl.constexpr,
    CAUSAL: tl.constexpr,
    WIDE: tl.constexpr,  # 64-bit offsets within a document
    PRECISION: tl.constexpr,  # of products of float32
    ACCUMULATE: tl.constexpr,  # float32, or float64 for float64
):
    """Outputs (T, Hq, D) and log-sum-exp (Hq, T); a query without keys gets 0 and -inf."""
    head, document, start, length, first = held_block(cu_seqlens, tiles, heads, BLOCK_Q, WINDOWED)
    if first < 0:
        return
    key_start, key_length = other_side(cu_seqlens_k, document, start, length)
    offset = key_length - length  # queries are the last tokens of the keys' document
    key_head = head // GROUP
    keys += key_head * keys_h + key_start * keys_t
    values += key_head * values_h + key_start * values_t
    rows = first + tl.arange(0, BLOCK_Q)
    q = load_rows(
        queries + head * queries_h + start * queries_t, rows, queries_t, length, WIDTH, True, WIDE
    )
    # A tensor keeps the width of the accumulator, where a number would become float32.
    scale_log2 = tl.full([1], scale_log2, ACCUMULATE)
    accumulated = tl.zeros([BLOCK_Q, WIDTH], ACCUMULATE)
    total = tl.zeros([BLOCK_Q], ACCUMULATE)
    highest = tl.full([BLOCK_Q], float("-inf"), ACCUMULATE)
    leading, low, before, full_low, full_high, after = visited(
        first + offset, key_length, window, global_tokens,
        BLOCK_Q, BLOCK_K, WINDOWED, CAUSAL, False, cu_seqlens_k is not None,
    )  # fmt: skip
    for column in range(full_low, full_high, BLOCK_K):
        accumulated, total, highest = _attend(
            accumulated, total, highest, q, keys, values, rows + offset, column, key_length,
            window, global_tokens, scale_log2, keys_t, values_t,
            WIDTH, BLOCK_K, False, WINDOWED, CAUSAL, WIDE, PRECISION, ACCUMULATE,
        )  # fmt: skip
    for step in range(0, leading + before + after):
        column = edge(step, leading, low, before, full_high, BLOCK_K)
        accumulated, total, highest = _attend(
            accumulated, total, highest, q, keys, values, rows + offset, column, key_length,
            window, global_tokens, scale_log2, keys_t, values_t,
            WIDTH, BLOCK_K, True, WINDOWED, CAUSAL, WIDE, PRECISION, ACCUMULATE,
        )  # fmt: skip
    total = tl.where(total == 0.0, 1.0, total)
    outputs = accumulated / total[:, None]
    store_rows(out + head * out_h + start * out_t, rows, out_t, length, outputs, WIDTH, WIDE)
    log_sum = (highest + tl.math.log2(total)) * LN_2
    tl.store(log_sums + head * tokens + start + rows, log_sum, mask=rows < length)
