"""Delta kernel, and the formulas of the backward kernels.

With P = exp(S - lse), S = scale * Q Kᵀ, for the gradients dO of the outputs and dL of the
log-sum-exp (Dao 2023, FlashAttention-2, arXiv:2307.08691, algorithm 2, with dL added):

    delta = rowsum(dO * O) - dL        dS = P * (dO Vᵀ - delta)
    dV = Pᵀ dO      dQ = scale * dS K      dK = scale * dSᵀ Q

dL only shifts delta, because the derivative of the log-sum-exp by a score is P.  Each gradient
has one program that sums it in one order: no atomics, and the same bits in every run.
"""

# ruff: noqa: N803 - compile-time constants in capitals, as Triton code has them
# mypy: disable-error-code="untyped-decorator, no-untyped-def, no-untyped-call"

import triton
import triton.language as tl

from genoseq.kernels.attention.rows import load_rows


@triton.jit(do_not_specialize=["tokens"])
def attention_delta(
    out,  # pointer to outputs, shape (T, Hq, D)
    d_out,  # pointer to their gradients, shape (T, Hq, D)
    d_log_sums,  # pointer to gradients of the log-sum-exp, shape (Hq, T), read if SHIFTED
    delta,  # pointer to the result, shape (Hq, T)
    tokens,  # T
    out_t,  # strides in elements along T and H
    out_h,
    d_out_t,
    d_out_h,
    WIDTH: tl.constexpr,  # D
    BLOCK: tl.constexpr,
    SHIFTED: tl.constexpr,
    ACCUMULATE: tl.constexpr,
):
    """delta = rowsum(dO * O) - dL, shape (Hq, T)."""
    head = tl.program_id(1).to(tl.int64)
    first = tl.program_id(0).to(tl.int64) * BLOCK
    rows = tl.arange(0, BLOCK)
    left = tokens - first
    o = load_rows(out + head * out_h + first * out_t, rows, out_t, left, WIDTH, True, True)
    d_o = load_rows(
        d_out + head * d_out_h + first * d_out_t, rows, d_out_t, left, WIDTH, True, True
    )
    products = tl.sum(o.to(ACCUMULATE) * d_o.to(ACCUMULATE), 1)
    slots = head * tokens + first + rows
    if SHIFTED:
        products -= tl.load(d_log_sums + slots, mask=rows < left, other=0.0)
    tl.store(delta + slots, products, mask=rows < left)
