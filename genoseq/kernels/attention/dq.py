"""Gradient of the queries, one program per block of queries and query head; formulas: delta.py."""

# ruff: noqa: N803 - compile-time constants in capitals, as Triton code has them
# mypy: disable-error-code="untyped-decorator, no-untyped-def, no-untyped-call"

import triton
import triton.language as tl

from genoseq.kernels.attention.ranges import edge, visible, visited
from genoseq.kernels.attention.rows import load_rows, store_rows, turned_back
from genoseq.kernels.attention.tiles import held_block, other_side

LOG2_E = tl.constexpr(1.4426950408889634)


@triton.jit
def _gather_query_gradient(
    d_q,
    q,
    d_o,
    log_sum,
    shift,
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
    """Add dS K over BLOCK_K keys from `start` on to the gradients (Q, D)."""
    columns = start + tl.arange(0, BLOCK_K)
    k = load_rows(keys, columns, keys_t, length, WIDTH, MASKED, WIDE)
    v = load_rows(values, columns, values_t, length, WIDTH, MASKED, WIDE)
    scores = tl.dot(q, tl.trans(k), out_dtype=ACCUMULATE, input_precision=PRECISION)
    weights = tl.math.exp2(scores * scale_log2[:, None] - log_sum[:, None])
    if MASKED:
        seen = visible(
            positions[:, None], columns[None, :], length, window, global_tokens, WINDOWED, CAUSAL
        )
        weights = tl.where(seen, weights, 0.0)
    d_weights = tl.dot(d_o, tl.trans(v), out_dtype=ACCUMULATE, input_precision=PRECISION)
    d_scores = weights * (d_weights - shift[:, None])
    return tl.dot(d_scores.to(k.dtype), k, d_q, out_dtype=ACCUMULATE, input_precision=PRECISION)


@triton.jit(do_not_specialize=["tokens", "window", "global_tokens"])
def attention_dq(
    queries,  # pointer to queries, shape (T, Hq, D)
    keys,  # pointer to keys, shape (Tk, Hk, D)
    values,  # pointer to values, shape (Tk, Hk, D)
    d_out,  # pointer to gradients of the outputs, shape (T, Hq, D)
    d_queries,  # pointer to the result, shape (T, Hq, D)
    log_sums,  # pointer to log-sum-exp, natural logarithm, shape (Hq, T)
    delta,  # pointer to delta, shape (Hq, T)
    cos,  # pointers to the tables of the rotation, shape (positions, D/2), read if ROTATED
    sin,
    cu_seqlens,  # pointer to first tokens of documents, then T, int32, shape (documents + 1,)
    cu_seqlens_k,  # the same of the keys; None: those of the queries, and Tk is T
    tiles,  # pointer to document and block of each program, int32, shape (tiles, 2)
    scale,  # factor of the scores
    scale_log2,  # the same times log2(e)
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
    d_out_t,
    d_out_h,
    d_queries_t,
    d_queries_h,
    GROUP: tl.constexpr,  # query heads per key head
    WIDTH: tl.constexpr,  # D
    BLOCK_Q: tl.constexpr,
    BLOCK_K: tl.constexpr,
    WINDOWED: tl.constexpr,
    CAUSAL: tl.constexpr,
    ROTATED: tl.constexpr,
    WIDE: tl.constexpr,  # 64-bit offsets within a document
    PRECISION: tl.constexpr,  # of products of float32
    ACCUMULATE: tl.constexpr,  # float32, or float64 for float64
):
    """Gradient of the queries before the rotation, one program per block and head."""
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
    d_o = load_rows(
        d_out + head * d_out_h + start * d_out_t, rows, d_out_t, length, WIDTH, True, WIDE
    )
    slots = head * tokens + start + rows
    # Rows beyond the document get a log-sum-exp of +inf, and so no weights.
    log_sum = tl.load(log_sums + slots, mask=rows < length, other=float("inf")) * LOG2_E
    shift = tl.load(delta + slots, mask=rows < length, other=0.0)
    # A tensor keeps the width of the accumulator, where a number would become float32.
    scale_log2 = tl.full([1], scale_log2, ACCUMULATE)
    d_q = tl.zeros([BLOCK_Q, WIDTH], ACCUMULATE)
    leading, low, before, full_low, full_high, after = visited(
        first + offset, key_length, window, global_tokens,
        BLOCK_Q, BLOCK_K, WINDOWED, CAUSAL, False, cu_seqlens_k is not None,
    )  # fmt: skip
    for column in range(full_low, full_high, BLOCK_K):
        d_q = _gather_query_gradient(
            d_q, q, d_o, log_sum, shift, keys, values, rows + offset, column, key_length,
            window, global_tokens, scale_log2, keys_t, values_t,
            WIDTH, BLOCK_K, False, WINDOWED, CAUSAL, WIDE, PRECISION, ACCUMULATE,
        )  # fmt: skip
    for step in range(0, leading + before + after):
        column = edge(step, leading, low, before, full_high, BLOCK_K)
        d_q = _gather_query_gradient(
            d_q, q, d_o, log_sum, shift, keys, values, rows + offset, column, key_length,
            window, global_tokens, scale_log2, keys_t, values_t,
            WIDTH, BLOCK_K, True, WINDOWED, CAUSAL, WIDE, PRECISION, ACCUMULATE,
        )  # fmt: skip
    d_q *= tl.full([1, 1], scale, ACCUMULATE)
    if ROTATED:
        d_q = turned_back(d_q, cos, sin, rows, length, WIDTH, BLOCK_Q, WIDE)
    d_queries += head * d_queries_h + start * d_queries_t
    store_rows(d_queries, rows, d_queries_t, length, d_q, WIDTH, WIDE)
