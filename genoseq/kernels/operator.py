"""Attention as a PyTorch operator: one function for every backend, differentiable, opaque.

``genoseq::attention`` and ``genoseq::attention_backward`` have fake kernels, a gradient and an
autocast rule, so that they work in ``torch.compile(fullgraph=True)``, under activation
checkpointing and in mixed precision.  The backend is chosen inside them, when they run.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from genoseq.kernels import reference
from genoseq.kernels.dispatch import Asked, choose
from genoseq.kernels.mask import Mask
from genoseq.kernels.rotary import Rotary, positions, rotate


class Attended(NamedTuple):
    """What attention gives back; both are differentiable."""

    out: Tensor
    """(T, Hq, D), of the queries' type."""

    lse: Tensor
    """(Hq, T), float32 (float64 for float64 queries): natural logarithm of the summed exp."""


def attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    cu_seqlens: Tensor | None = None,
    *,
    window: int | None = None,
    global_tokens: int = 0,
    causal: bool = False,
    scale: float | None = None,
    rotary: Rotary | None = None,
    backend: Asked = "auto",
) -> Attended:
    """Softmax attention within packed documents.

    Parameters
    ----------
    q
        Queries (T, Hq, D) of all documents, one after the other.
    k, v
        Keys and values (T, Hk, D), Hk a divisor of Hq: query head h reads key head h // (Hq / Hk).
    cu_seqlens
        int32 (documents + 1,): 0, then the end of each document, the last one T.  A document may
        be empty.  None: one document.
    window, global_tokens, causal
        Which keys a query sees: :class:`~genoseq.kernels.mask.Mask`.
    scale
        Factor of the scores; None: D ** -0.5.
    rotary
        Turns q and k by the positions within their documents; None: they are not turned.
    backend
        ``auto``, ``triton`` or ``reference``: :func:`~genoseq.kernels.dispatch.choose`.

    Returns
    -------
    Outputs and log-sum-exp.  A query that sees no key gets 0 and -inf.

    Raises
    ------
    ValueError
        If shapes, types or numbers do not fit together.
    BackendError
        If the backend that was asked for cannot run here.
    """
    if cu_seqlens is None:
        cu_seqlens = torch.arange(2, dtype=torch.int32, device=q.device) * q.shape[0]
    cos, sin = (None, None) if rotary is None else (rotary.cos, rotary.sin)
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    out, lse, _, _ = _forward(
        q, k, v, cu_seqlens, cos, sin, scale, window, global_tokens, causal, backend
    )
    return Attended(out, lse)


@torch.library.custom_op("genoseq::attention", mutates_args=())
def _forward(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    cu_seqlens: Tensor,
    cos: Tensor | None,
    sin: Tensor | None,
    scale: float,
    window: int | None,
    global_tokens: int,
    causal: bool,
    backend: str,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    mask = Mask(window, global_tokens, causal)
    turned_q, turned_k = q.new_empty(0), k.new_empty(0)
    if cos is not None and sin is not None:
        position = positions(cu_seqlens, q.shape[0])
        q = turned_q = rotate(q, Rotary(cos, sin), position)
        k = turned_k = rotate(k, Rotary(cos, sin), position)
    choice = choose(q.device, q.dtype, q.shape[2], backend)  # type: ignore[arg-type]
    if choice.backend == "triton":
        from genoseq.kernels.attention import launch

        out, lse = launch.forward(q, k, v, cu_seqlens, mask, scale)
    else:
        out, lse = reference.forward(q, k, v, cu_seqlens, mask, scale)
    return out, lse, turned_q, turned_k


@_forward.register_fake
def _(
    q: Tensor, k: Tensor, v: Tensor, cu_seqlens: Tensor, cos: Tensor | None, *_: object
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    lse = q.new_empty((q.shape[1], q.shape[0]), dtype=reference.accumulator(q.dtype))
    turned = (0, 0) if cos is None else (q.shape, k.shape)
    return q.new_empty(q.shape), lse, q.new_empty(turned[0]), k.new_empty(turned[1])


@torch.library.custom_op("genoseq::attention_backward", mutates_args=())
def _backward(
    d_out: Tensor,
    d_lse: Tensor | None,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    out: Tensor,
    lse: Tensor,
    cu_seqlens: Tensor,
    cos: Tensor | None,
    sin: Tensor | None,
    scale: float,
    window: int | None,
    global_tokens: int,
    causal: bool,
    backend: str,
) -> tuple[Tensor, Tensor, Tensor]:
    mask = Mask(window, global_tokens, causal)
    rotary = None if cos is None or sin is None else Rotary(cos, sin)
    choice = choose(q.device, q.dtype, q.shape[2], backend)  # type: ignore[arg-type]
    if choice.backend == "triton":
        from genoseq.kernels.attention import launch

        return launch.backward(d_out, d_lse, q, k, v, out, lse, cu_seqlens, mask, scale, rotary)
    d_q, d_k, d_v = reference.backward(d_out, d_lse, q, k, v, out, lse, cu_seqlens, mask, scale)
    if rotary is not None:
        position = positions(cu_seqlens, q.shape[0])
        d_q, d_k = (rotate(t, rotary, position, back=True) for t in (d_q, d_k))
    return d_q, d_k, d_v


@_backward.register_fake
def _(
    d_out: Tensor, d_lse: Tensor | None, q: Tensor, k: Tensor, v: Tensor, *_: object
) -> tuple[Tensor, Tensor, Tensor]:
    return q.new_empty(q.shape), k.new_empty(k.shape), v.new_empty(v.shape)


def _setup(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    q, k, v, cu_seqlens, cos, sin, *settings = inputs
    out, lse, turned_q, turned_k = output
    if cos is not None:
        q, k = turned_q, turned_k
    ctx.mark_non_differentiable(turned_q, turned_k)
    ctx.set_materialize_grads(False)
    ctx.save_for_backward(q, k, v, out, lse, cu_seqlens, cos, sin)
    ctx.settings = settings


def _gradients(ctx: Any, d_out: Tensor | None, d_lse: Tensor | None, *_: object) -> tuple[Any, ...]:
    q, k, v, out, lse, cu_seqlens, cos, sin = ctx.saved_tensors
    nothing = (None,) * 8
    if d_out is None and d_lse is None:
        return (None, None, None, *nothing)
    if d_out is None:
        d_out = torch.zeros_like(out)
    saved = (q, k, v, out, lse, cu_seqlens, cos, sin)
    return (*_backward(d_out, d_lse, *saved, *ctx.settings), *nothing)


_forward.register_autograd(_gradients, setup_context=_setup)
