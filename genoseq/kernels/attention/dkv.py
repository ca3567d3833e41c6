"""Gradients of keys and values, one program per block of keys and key head; formulas: delta.py.

The kernel computes Sᵀ = K Qᵀ, so that no sum in registers is ever transposed.
"""

# ruff: noqa: N803 - compile-time constants in capitals, as Triton code has them
# mypy: disable-error-code="untyped-decorator, no-untyped-def, no-untyped-call"

import triton
import triton.language as tl

from genoseq.kernels.attention.ranges import edge, visible, visited
from genoseq.kernels.attention.rows import load_rows, store_rows, turned_back
from genoseq.kernels.attention.tiles import held_block, other_side

LOG2_E = tl.constexpr(1.4426950408889634)


@triton.jit
def _gather_key_gradients(
    d_k,
    d_v,
    k,
    v,
    queries,
    d_out,
    log_sums,
    delta,
    positions,
    start,
    length,
    window,
    global_tokens,
    scale_log2,
    queries_t,
    d_out_t,
    WIDTH: tl.constexpr,
    BLOCK_Q: tl.constexpr,
    MASKED: tl.constexpr,
    WINDOWED: tl.constexpr,
    CAUSAL: tl.constexpr,
    WIDE: tl.constexpr,
    PRECISION: tl.constexpr,
    ACCUMULATE: tl.constexpr,
):
    """Add dSᵀ Q and Pᵀ dO over BLOCK_Q queries from `start` on to the gradients (K, D)."""
    rows = start + tl.arange(0, BLOCK_Q)
    q = load_rows(queries, rows, queries_t, length, WIDTH, MASKED, WIDE)
    d_o = load_rows(d_out, rows, d_out_t, length, WIDTH, MASKED, WIDE)
    if MASKED:
        log_sum = tl.load(log_sums + rows, mask=rows < length, other=float("inf"))
        shift = tl.load(delta + rows, mask=rows < length, other=0.0)
    else:
        log_sum = tl.load(log_sums + rows)
        shift = tl.load(delta + rows)
    scores = tl.dot(k, tl.trans(q), out_dtype=ACCUMULATE, input_precision=PRECISION)
    weights = tl.math.exp2(scores * scale_log2[:, None] - (log_sum * LOG2_E)[None, :])
    if MASKED:
        seen = visible(
            rows[None, :], positions[:, None], length, window, global_tokens, WINDOWED, CAUSAL
        )
        weights = tl.where(seen, weights, 0.0)
    d_v = tl.dot(weights.to(d_o.dtype), d_o, d_v, out_dtype=ACCUMULATE, input_precision=PRECISION)
    d_weights = tl.dot(v, tl.trans(d_o), out_dtype=ACCUMULATE, input_precision=PRECISION)
    d_scores = weights * (d_weights - shift[None, :])
    d_k = tl.dot(d_scores.to(q.dtype), q, d_k, out_dtype=ACCUMULATE, input_precision=PRECISION)
    return d_k, d_v


@triton.jit(do_not_specialize=["tokens", "window", "global_tokens"])
def attention_dkv(
    queries,  # pointer to queries, shape (T, Hq, D)
    keys,  # pointer to keys, shape (Tk, Hk, D)
    values,  # pointer to values, shape (Tk, Hk, D)
    d_out,  # pointer to gradients of the outputs, shape (T, Hq, D)
    d_keys,  # pointers to the results, shape (Tk, Hk, D)
    d_values,
    log_sums,  # pointer to log-sum-exp, natural logarithm, shape (Hq, T)
    delta,  # pointer to delta, shape (Hq, T)
    cos,  # pointers to the tables of the rotation, shape (positions, D/2), read if ROTATED
    sin,
    cu_seqlens_k,  # pointer to first keys of documents, then Tk, int32, shape (documents + 1,)
    cu_seqlens,  # the same of the queries; None: those of the keys, and T is Tk
    tiles,  # pointer to document and block of each program, int32, shape (tiles, 2)
    scale,  # factor of the scores
    scale_log2,  # the same times log2(e)
    tokens,  # T
    window,  # tokens per side, read if WINDOWED
    global_tokens,  # per document, read if WINDOWED
    heads,  # Hk
    queries_t,  # strides in elements along T and H
    queries_h,
    keys_t,
    keys_h,
    values_t,
    values_h,
    d_out_t,
    d_out_h,
    d_keys_t,  # of d_values as well
    d_keys_h,
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
    """Gradients of keys (before the rotation) and values, one program per block and key head."""
    key_head, document, key_start, key_length, first = held_block(
        cu_seqlens_k, tiles, heads, BLOCK_K, WINDOWED
    )
    if first < 0:
        return
    start, length = other_side(cu_seqlens, document, key_start, key_length)
    offset = length - key_length  # queries are the last tokens of the keys' document
    columns = first + tl.arange(0, BLOCK_K)
    keys += key_head * keys_h + key_start * keys_t
    values += key_head * values_h + key_start * values_t
    k = load_rows(keys, columns, keys_t, key_length, WIDTH, True, WIDE)
    v = load_rows(values, columns, values_t, key_length, WIDTH, True, WIDE)
    d_k = tl.zeros([BLOCK_K, WIDTH], ACCUMULATE)
    d_v = tl.zeros([BLOCK_K, WIDTH], ACCUMULATE)
    # A tensor keeps the width of the accumulator, where a number would become float32.
    scale_log2 = tl.full([1], scale_log2, ACCUMULATE)
    leading, low, before, full_low, full_high, after = visited(
        first + offset, length, window, global_tokens + offset,
        BLOCK_K, BLOCK_Q, WINDOWED, CAUSAL, True, cu_seqlens is not None,
    )  # fmt: skip
    queries += start * queries_t
    d_out += start * d_out_t
    log_sums += start
    delta += start
    # One loop over blocks and heads of the group: a loop within a loop spills registers.
    for step in range(0, (full_high - full_low) // BLOCK_Q * GROUP):
        head = key_head * GROUP + step % GROUP
        d_k, d_v = _gather_key_gradients(
            d_k, d_v, k, v, queries + head * queries_h, d_out + head * d_out_h,
            log_sums + head * tokens, delta + head * tokens,
            columns + offset, full_low + step // GROUP * BLOCK_Q, length,
            window, global_tokens + offset, scale_log2, queries_t, d_out_t,
            WIDTH, BLOCK_Q, False, WINDOWED, CAUSAL, WIDE, PRECISION, ACCUMULATE,
        )  # fmt: skip
    for step in range(0, (leading + before + after) * GROUP):
        head = key_head * GROUP + step % GROUP
        row = edge(step // GROUP, leading, low, before, full_high, BLOCK_Q)
        d_k, d_v = _gather_key_gradients(
            d_k, d_v, k, v, queries + head * queries_h, d_out + head * d_out_h,
            log_sums + head * tokens, delta + head * tokens,
            columns + offset, row, length,
            window, global_tokens + offset, scale_log2, queries_t, d_out_t,
            WIDTH, BLOCK_Q, True, WINDOWED, CAUSAL, WIDE, PRECISION, ACCUMULATE,
        )  # fmt: skip
    d_k *= tl.full([1, 1], scale, ACCUMULATE)
    if ROTATED:
        d_k = turned_back(d_k, cos, sin, columns, key_length, WIDTH, BLOCK_K, WIDE)
    d_keys += key_head * d_keys_h + key_start * d_keys_t
    d_values += key_head * d_keys_h + key_start * d_keys_t
    store_rows(d_keys, columns, d_keys_t, key_length, d_k, WIDTH, WIDE)
    store_rows(d_values, columns, d_keys_t, key_length, d_v, WIDTH, WIDE)
