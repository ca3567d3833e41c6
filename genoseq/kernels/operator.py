"""Attention as a PyTorch operator: one function for every backend, differentiable, opaque.

``genoseq::attention`` and ``genoseq::attention_backward`` have fake kernels, a gradient and an
autocast rule, so that they work in ``torch.compile(fullgraph=True)``, under activation
checkpointing and in mixed precision (q, k and v are cast to autocast's type, the tables of the
rotation are not).  The backend is chosen, and arguments are checked, inside them, when they run.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import torch
from torch import Tensor

from genoseq.kernels import reference
from genoseq.kernels.dispatch import Asked, choose
from genoseq.kernels.mask import Mask
from genoseq.kernels.rotary import Rotary, positions, rotate
from genoseq.kernels.validation import check_tables, check_tensors, check_unequal

_MOST_KEPT = 1 << 26
"""Bytes of weights that one call keeps for its gradients, at most; with more they are computed
again, so that memory is as flat as that of long contexts has to be."""


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
    cu_seqlens_k: Tensor | None = None,
    *,
    window: int | None = None,
    global_tokens: int = 0,
    causal: bool = False,
    scale: float | None = None,
    rotary: Rotary | None = None,
    backend: Asked = "auto",
) -> Attended:
    """Softmax attention within packed documents, or of documents to others.

    Parameters
    ----------
    q
        Queries (T, Hq, D) of all documents, one after the other.
    k, v
        Keys and values (Tk, Hk, D), Hk a divisor of Hq: query head h reads key head
        h // (Hq / Hk).  Tk is T unless there is `cu_seqlens_k`.
    cu_seqlens
        int32 (documents + 1,): 0, then the end of each document, the last one T.  A document may
        be empty.  None: one document.
    cu_seqlens_k
        The same of the keys, the last entry Tk: the queries of a document see the keys of the
        document with the same number, all of them (cross-attention).  With `causal` they are its
        last tokens, as in a decoder that keeps keys: see :mod:`genoseq.kernels.mask`.  None: the
        keys are those of the same tokens as the queries.
    window, global_tokens, causal
        Which keys a query sees: :class:`~genoseq.kernels.mask.Mask`.  With `cu_seqlens_k` a window
        needs `causal`.
    scale
        Factor of the scores; None: D ** -0.5.
    rotary
        Turns q and k by the positions within their documents; None: they are not turned.  Not with
        `cu_seqlens_k`.
    backend
        ``auto``, ``triton`` or ``reference``: :func:`~genoseq.kernels.dispatch.choose`.

    Returns
    -------
    Outputs and log-sum-exp.  A query that sees no key gets 0 and -inf.

    Raises
    ------
    ValueError
        If shapes, types or numbers do not fit together.  What `cu_seqlens` says, and that the
        tables of the rotation are long enough, is checked for tensors on a CPU alone; on a GPU
        every backend trusts it, because checking would make the CPU wait for the GPU.
    BackendError
        If the backend that was asked for cannot run here.
    """
    if cu_seqlens is None:
        cu_seqlens = torch.arange(2, dtype=torch.int32, device=q.device) * q.shape[0]
    cos, sin = (None, None) if rotary is None else (rotary.cos, rotary.sin)
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    keep = torch.is_grad_enabled() and any(each.requires_grad for each in (q, k, v))
    out, lse, _, _, _ = _forward(
        q, k, v, cu_seqlens, cu_seqlens_k, cos, sin, scale, window, global_tokens, causal, backend,
        keep,
    )  # fmt: skip
    return Attended(out, lse)


@torch.library.custom_op("genoseq::attention", mutates_args=())
def _forward(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    cu_seqlens: Tensor,
    cu_seqlens_k: Tensor | None,
    cos: Tensor | None,
    sin: Tensor | None,
    scale: float,
    window: int | None,
    global_tokens: int,
    causal: bool,
    backend: str,
    keep: bool = False,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Outputs, log-sum-exp, and for the backward the rotated q and k (empty without tables) and,
    if they are to be kept and are not too many, the weights of the reference (else empty)."""
    mask = Mask(window, global_tokens, causal)
    check_tensors(q, k, v, cu_seqlens, cu_seqlens_k)
    if cu_seqlens_k is not None:
        check_unequal(mask, rotated=cos is not None)
    choice = choose(q.device, q.dtype, q.shape[2], cast(Asked, backend))
    turned_q, turned_k = q.new_empty(0), k.new_empty(0)
    if cos is not None and sin is not None:
        check_tables(cos, sin, q, cu_seqlens)
        position = positions(cu_seqlens, q.shape[0])
        q = turned_q = rotate(q, Rotary(cos, sin), position)
        k = turned_k = rotate(k, Rotary(cos, sin), position)
    kind = reference.accumulator(q.dtype)
    weights = q.new_empty(0, dtype=kind)
    if choice.backend == "triton":
        from genoseq.kernels.attention import launch

        out, lse = launch.forward(q, k, v, cu_seqlens, mask, scale, cu_seqlens_k=cu_seqlens_k)
    else:
        size = reference.weights_size(q, k, cu_seqlens, mask, cu_seqlens_k) if keep else 0
        if 0 < size * kind.itemsize <= _MOST_KEPT:
            weights = q.new_empty(size, dtype=kind)
        kept = weights if len(weights) else None
        out, lse = reference.forward(q, k, v, cu_seqlens, mask, scale, cu_seqlens_k, kept)
    return out, lse, turned_q, turned_k, weights


@_forward.register_fake
def _forward_shapes(
    q: Tensor, k: Tensor, *others: Any
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    rotated, keep = others[3] is not None, others[-1] is True
    kind = reference.accumulator(q.dtype)
    lse = q.new_empty((q.shape[1], q.shape[0]), dtype=kind)
    turned = [t.new_empty(t.shape if rotated else 0) for t in (q, k)]
    size = torch.library.get_ctx().new_dynamic_size() if keep else 0
    return q.new_empty(q.shape), lse, turned[0], turned[1], q.new_empty(size, dtype=kind)


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
    cu_seqlens_k: Tensor | None,
    cos: Tensor | None,
    sin: Tensor | None,
    scale: float,
    window: int | None,
    global_tokens: int,
    causal: bool,
    backend: str,
    weights: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients by q and k before their rotation, and by v; q and k come rotated."""
    mask = Mask(window, global_tokens, causal)
    rotary = None if cos is None or sin is None else Rotary(cos, sin)
    choice = choose(q.device, q.dtype, q.shape[2], cast(Asked, backend))
    if choice.backend == "triton":
        from genoseq.kernels.attention import launch

        return launch.backward(
            d_out, d_lse, q, k, v, out, lse, cu_seqlens, mask, scale, rotary,
            cu_seqlens_k=cu_seqlens_k,
        )  # fmt: skip
    kept = weights if weights is not None and len(weights) else None
    d_q, d_k, d_v = reference.backward(
        d_out, d_lse, q, k, v, out, lse, cu_seqlens, mask, scale, cu_seqlens_k, kept
    )
    if rotary is not None:
        position = positions(cu_seqlens, q.shape[0])
        d_q, d_k = (rotate(t, rotary, position, back=True) for t in (d_q, d_k))
    return d_q, d_k, d_v


@_backward.register_fake
def _backward_shapes(*given: Any) -> tuple[Tensor, Tensor, Tensor]:
    q, k, v = given[2:5]
    return q.new_empty(q.shape), k.new_empty(k.shape), v.new_empty(v.shape)


def _save(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    q, k, v, cu_seqlens, cu_seqlens_k, cos, sin, *settings, _ = inputs
    out, lse, turned_q, turned_k, weights = output
    if cos is not None:
        q, k = turned_q, turned_k
    ctx.mark_non_differentiable(turned_q, turned_k, weights)
    ctx.set_materialize_grads(False)
    ctx.save_for_backward(q, k, v, out, lse, cu_seqlens, cu_seqlens_k, cos, sin, weights)
    ctx.settings = settings


def _gradients(
    ctx: Any, d_out: Tensor | None, d_lse: Tensor | None, *_: Tensor | None
) -> tuple[Tensor | None, ...]:
    *saved, weights = ctx.saved_tensors
    others = (None,) * 10
    if d_out is None and d_lse is None:
        return (None, None, None, *others)
    if d_out is None:
        d_out = torch.zeros_like(saved[3])
    gradients = _backward(d_out, d_lse, *saved, *ctx.settings, weights)
    return (*gradients, *others)


_forward.register_autograd(_gradients, setup_context=_save)


def _register_autocast(device: str) -> None:
    """Cast q, k and v, and them alone, to autocast's type.

    ``CustomOpDef.register_autocast`` would round the tables of the rotation as well, by up to
    0.002 at bf16, and knows one type whatever autocast was set to.
    """

    def cast_then_call(q: Tensor, k: Tensor, v: Tensor, *others: Any) -> Any:
        kind = torch.get_autocast_dtype(device)
        given = (t if t.dtype == torch.float64 else t.to(kind) for t in (q, k, v))
        with torch.autocast(device, enabled=False):
            return torch.ops.genoseq.attention(*given, *others)

    key = f"Autocast{device.upper()}"
    _LIBRARY.impl("attention", cast_then_call, key)  # type: ignore[no-untyped-call]


_LIBRARY = torch.library.Library("genoseq", "FRAGMENT")  # type: ignore[no-untyped-call]
for _device in ("cpu", "cuda"):
    _register_autocast(_device)
