"""One call of the kernels and the same of dense attention; needs Triton's interpreter."""

from __future__ import annotations

from typing import NamedTuple

import torch
from kernels.attention import dense
from kernels.attention.cases import Options
from torch import Tensor

from genoseq.kernels.attention import launch
from genoseq.kernels.attention.configurations import Blocks, Configuration
from genoseq.kernels.mask import Mask
from genoseq.kernels.rotary import Rotary, positions, rotate

_LARGE = Configuration(
    forward=Blocks(256, 128, 4, 1), dq=Blocks(256, 128, 4, 1), dkv=Blocks(128, 256, 4, 1)
)


class Given(NamedTuple):
    """Leaves and incoming gradients of one call."""

    q: Tensor
    k: Tensor
    v: Tensor
    d_out: Tensor
    d_lse: Tensor | None

    def to(self, dtype: torch.dtype, device: str | None = None) -> Given:
        """The same in another type; `device`: another place too."""
        wide = torch.float64 if dtype == torch.float64 else torch.float32
        d_lse = None if self.d_lse is None else self.d_lse.to(device, wide)
        return Given(*(t.to(device, dtype) for t in self[:4]), d_lse)


def given_for(options: Options, seed: int = 0) -> Given:
    """Random float64 leaves and gradients."""
    random = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=random, dtype=torch.float64)

    tokens, width = options.tokens, options.width
    rows = (tokens, options.heads), *[(sum(options.keys), options.key_heads)] * 2
    leaves = (draw(*shape, width) for shape in (*rows, rows[0]))
    return Given(*leaves, draw(options.heads, tokens))


def ends_of(options: Options) -> tuple[Tensor, Tensor | None]:
    """Ends of the queries' documents, and of the keys', if those are others; int32, from 0 on."""
    ends = torch.tensor([0, *options.lengths]).cumsum(0).int()
    if options.key_lengths is None:
        return ends, None
    return ends, torch.tensor([0, *options.key_lengths]).cumsum(0).int()


def run(options: Options, given: Given) -> tuple[Tensor, ...]:
    """The kernels' out, lse, dq, dk, dv."""
    ends, key_ends = ends_of(options)
    mask = Mask(options.window, options.global_tokens, options.causal)
    q, k, v, d_out, d_lse = given
    rotary = None
    if options.rotary:
        wide = torch.float64 if q.dtype == torch.float64 else torch.float32
        angle = dense.angles(options)
        rotary = Rotary(angle.cos().to(wide), angle.sin().to(wide))
        place = positions(ends, options.tokens)
        q, k = rotate(q, rotary, place), rotate(k, rotary, place)
    scale = options.width**-0.5
    blocks = _LARGE if options.large else None
    out, lse = launch.forward(q, k, v, ends, mask, scale, cu_seqlens_k=key_ends, blocks=blocks)
    gradients = launch.backward(
        d_out, d_lse, q, k, v, out, lse, ends, mask, scale, rotary,
        cu_seqlens_k=key_ends, blocks=blocks,
    )  # fmt: skip
    return (out, lse, *gradients)


def run_dense(options: Options, given: Given) -> tuple[Tensor, ...]:
    """Dense attention's out, lse, dq, dk, dv, in the precision of `given`."""
    leaves = [t.clone().requires_grad_() for t in given[:3]]
    out, lse = dense.attend(*leaves, options, options.width**-0.5)
    gradients = torch.autograd.grad((out, lse), leaves, (given.d_out, given.d_lse))
    return (out.detach(), lse.detach(), *gradients)


def distance(left: Tensor, right: Tensor) -> Tensor:
    """Largest difference, in float64; -inf is no distance from -inf."""
    return (left.double() - right.double()).masked_fill(left == right, 0).abs().max()


def same(left: tuple[Tensor, ...], right: tuple[Tensor, ...]) -> bool:
    """Whether all results have the same bits."""
    return all(torch.equal(a, b) for a, b in zip(left, right, strict=True))
