"""What has to hold of the attention operator on a device, in one type; needs neither pytest nor
Triton's interpreter.

On a GPU the Triton kernels are what is checked, on a CPU the PyTorch reference, or, with
TRITON_INTERPRET=1, the kernels in Triton's interpreter.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from kernels.attention import dense
from kernels.attention.calls import Given, distance, ends_of, given_for, run_dense, same
from kernels.attention.cases import RESULTS, Options
from kernels.device.cases import CASES, OTHER_KEYS, PACKED
from torch import Tensor

from genoseq.kernels.dispatch import Asked, choose, interpreting
from genoseq.kernels.operator import attention
from genoseq.kernels.rotary import Rotary

DTYPES = ("float32", "float16", "bfloat16")

ALLOWED = {"out": 2, "lse": 2, "dq": 3, "dk": 3, "dv": 3}
"""Times plain PyTorch's own error: twice forward, three times for gradients."""


class Subject(NamedTuple):
    """What is checked."""

    device: str
    """``cpu`` or ``cuda``."""

    dtype: torch.dtype

    @property
    def backend(self) -> Asked:
        """Asked for by its name, so that nothing else can answer for it."""
        return "triton" if self.device == "cuda" or interpreting() else "reference"

    def given(self, options: Options) -> Given:
        """Random inputs and gradients there."""
        return given_for(options).to(self.dtype, self.device)


class Finding(NamedTuple):
    """Whether a check holds, and its figures in a few words."""

    holds: bool
    words: str = ""


Check = Callable[[Subject], Finding]


def run(options: Options, given: Given, backend: Asked) -> tuple[Tensor, ...]:
    """The operator's out, lse, dq, dk, dv; without `d_lse` the gradients are those of out alone."""
    device = given.q.device
    ends, key_ends = (None if t is None else t.to(device) for t in ends_of(options))
    rotary = None
    if options.rotary:
        wide = torch.float64 if given.q.dtype == torch.float64 else torch.float32
        angle = dense.angles(options)
        rotary = Rotary(angle.cos().to(device, wide), angle.sin().to(device, wide))
    leaves = [t.detach().requires_grad_() for t in given[:3]]
    out, lse = attention(
        *leaves,
        ends,
        key_ends,
        window=options.window,
        global_tokens=options.global_tokens,
        causal=options.causal,
        rotary=rotary,
        backend=backend,
    )
    if given.d_lse is None:
        gradients = torch.autograd.grad(out, leaves, given.d_out)
    else:
        gradients = torch.autograd.grad((out, lse), leaves, (given.d_out, given.d_lse))
    return (out.detach(), lse.detach(), *gradients)


def rounds_like_pytorch(options: Options, subject: Subject) -> Finding:
    """Errors against dense float64 attention, beside those of dense attention in the same type."""
    given = subject.given(options)
    truth = run_dense(options, given.to(torch.float64))
    plain = run_dense(options, given)
    return compare(run(options, given, subject.backend), plain, truth)


def long_document(subject: Subject) -> Finding:
    """The same for a document too long to be dense: the reference takes the places of both."""
    tokens = 16_384 if subject.device == "cuda" else 512
    options = PACKED._replace(lengths=(tokens - 100, 100), window=tokens // 16)
    given = subject.given(options)
    truth = run(options, given.to(torch.float64), "reference")
    plain = run(options, given, "reference")
    return compare(run(options, given, subject.backend), plain, truth)


def compare(
    found: tuple[Tensor, ...], plain: tuple[Tensor, ...], truth: tuple[Tensor, ...]
) -> Finding:
    """`found` errs no more than a small multiple of `plain` and of the spacing of its numbers."""
    worst, words = -1.0, ""
    for name, ours, theirs, true in zip(RESULTS, found, plain, truth, strict=True):
        near = true.to(ours.dtype)
        near = near[near.isfinite()]  # the log-sum-exp of no key is -inf
        spacing = (near + 0.3 - 0.3 - near).abs().max().item()
        allowed = ALLOWED[name] * distance(theirs, true).item() + 2 * spacing
        error = distance(ours, true).item()
        # NaN is worse than anything, and an allowance of 0 asks for the very same numbers.
        ratio = 0.0 if error == 0 else error / allowed if allowed and error > 0 else math.inf
        if ratio > worst:
            worst, words = ratio, f"{name} {error:.1e} of {allowed:.1e} allowed"
    return Finding(worst <= 1, words)


def runs_the_backend(subject: Subject) -> Finding:
    """``auto`` takes Triton on the GPU, and the reference on the CPU."""
    choice = choose(subject.device, subject.dtype, 64)
    return Finding(choice.backend == subject.backend, f"{choice.backend}: {choice.reason}")


def twice(subject: Subject) -> Finding:
    """The same bits, three times over: a race would show."""
    holds = True
    for options in (PACKED, OTHER_KEYS):
        given = subject.given(options)
        first, *others = (run(options, given, subject.backend) for _ in range(4))
        holds &= all(same(first, other) for other in others)
    return Finding(holds)


def packed(subject: Subject) -> Finding:
    """Packed documents give the bits of separate ones."""
    given = subject.given(PACKED)
    together = run(PACKED, given, subject.backend)
    holds, start = True, 0
    for length in PACKED.lengths:
        piece = slice(start, start + length)
        lse_part = None if given.d_lse is None else given.d_lse[:, piece]
        part = Given(*(t[piece] for t in given[:4]), lse_part)
        alone = run(PACKED._replace(lengths=(length,)), part, subject.backend)
        holds &= same(alone, _piece(together, piece))
        start += length
    return Finding(holds)


def nan_stays(subject: Subject) -> Finding:
    """NaN in the second document changes no bit of the first."""
    given = subject.given(PACKED)
    first = slice(0, PACKED.lengths[0])
    clean = _piece(run(PACKED, given, subject.backend), first)
    for tensor in given[:4]:
        tensor[first.stop :] = torch.nan
    spoilt = run(PACKED, given, subject.backend)
    return Finding(
        same(clean, _piece(spoilt, first)) and bool(spoilt[0][first.stop :].isnan().all())
    )


def values_of_one(subject: Subject) -> Finding:
    """A mean of ones is one, up to its own rounding and that of sums in float32."""
    given = subject.given(PACKED)
    given = given._replace(v=torch.ones_like(given.v))
    error = distance(
        run(PACKED, given, subject.backend)[0], torch.tensor(1.0, device=subject.device)
    )
    allowed = 2 * torch.finfo(subject.dtype).eps + 1e-6
    return Finding(error.item() <= allowed, f"{error.item():.1e} of {allowed:.1e} allowed")


def large_scores(subject: Subject) -> Finding:
    """Scores times 900 stay finite."""
    given = subject.given(PACKED)
    given = given._replace(q=given.q * 30, k=given.k * 30)
    results = run(PACKED, given, subject.backend)
    return Finding(all(bool(t.isfinite().all()) for t in results))


def no_lse_gradient(subject: Subject) -> Finding:
    """No gradient of the log-sum-exp is one of zeros, bit by bit."""
    given = subject.given(PACKED)
    zeros = torch.zeros(PACKED.heads, PACKED.tokens, device=subject.device)
    none, zero = given._replace(d_lse=None), given._replace(d_lse=zeros)
    both = (run(PACKED, each, subject.backend) for each in (none, zero))
    return Finding(same(*both))


def strides(subject: Subject) -> Finding:
    """Views into one packed tensor, transposed heads, strided and expanded gradients."""
    options = PACKED._replace(key_heads=4)
    given = subject.given(options)
    q, k, v = torch.stack(given[:3], dim=1).unbind(1)
    v = v.transpose(0, 1).contiguous().transpose(0, 1)
    moved = Given(q, k, v, given.d_out.mT.contiguous().mT, given.d_lse)
    ones = torch.ones((), device=subject.device, dtype=subject.dtype).expand(given.q.shape)
    dense_ones = given._replace(d_out=ones.contiguous())
    expanded = given._replace(d_out=ones)
    pairs = ((given, moved), (dense_ones, expanded))
    holds = all(same(*(run(options, each, subject.backend) for each in pair)) for pair in pairs)
    return Finding(holds)


def wide_offsets(subject: Subject) -> Finding:
    """64-bit offsets give the bits of 32-bit ones; the reference has no such switch."""
    from genoseq.kernels.attention import launch

    given = subject.given(PACKED)
    narrow = run(PACKED, given, subject.backend)
    before = launch.NARROW_OFFSETS
    launch.NARROW_OFFSETS = 1
    try:
        wide = run(PACKED, given, subject.backend)
    finally:
        launch.NARROW_OFFSETS = before
    return Finding(same(narrow, wide))


def no_tokens(subject: Subject) -> Finding:
    """Empty documents alone give no rows."""
    options = PACKED._replace(lengths=(0, 0), rotary=False)
    shapes = [tuple(t.shape) for t in run(options, subject.given(options), subject.backend)]
    rows, keys = (0, PACKED.heads, PACKED.width), (0, PACKED.key_heads, PACKED.width)
    return Finding(shapes == [rows, (PACKED.heads, 0), rows, keys, keys])


def autocast(subject: Subject) -> Finding:
    """Autocast gives what casting q, k and v gives, and gradients in the inputs' own type."""
    kind = torch.float16 if subject.dtype == torch.float32 else subject.dtype
    single = given_for(PACKED._replace(rotary=False)).to(torch.float32, subject.device)
    leaves = [t.requires_grad_() for t in single[:3]]
    reach = {"window": PACKED.window, "global_tokens": PACKED.global_tokens}
    with torch.autocast(subject.device, kind):
        out = attention(*leaves, **reach, backend=subject.backend).out
    cast = [t.detach().to(kind) for t in leaves]
    alike = torch.equal(out, attention(*cast, **reach, backend=subject.backend).out)
    gradients = torch.autograd.grad(out.float().sum(), leaves)
    return Finding(alike and {t.dtype for t in gradients} == {torch.float32})


def _piece(results: tuple[Tensor, ...], rows: slice) -> tuple[Tensor, ...]:
    """The rows of one document."""
    out, lse, *gradients = results
    return (out[rows], lse[:, rows], *(t[rows] for t in gradients))


CHECKS: dict[str, Check] = {
    "backend": runs_the_backend,
    **{name: partial(rounds_like_pytorch, options) for name, options in CASES.items()},
    "long document": long_document,
    "the same bits each time": twice,
    "packed documents, the bits of separate ones": packed,
    "nan in the second document": nan_stays,
    "values of one": values_of_one,
    "scores times 900": large_scores,
    "no gradient of the log-sum-exp": no_lse_gradient,
    "strides": strides,
    "64-bit offsets": wide_offsets,
    "no tokens": no_tokens,
    "autocast": autocast,
}
"""Every check by its name."""
