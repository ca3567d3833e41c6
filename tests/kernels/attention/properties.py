"""What has to hold of the kernels whatever the numbers are; needs Triton's interpreter."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kernels.attention.calls import Given, distance, given_for, run, same
from kernels.attention.cases import PROPERTIES, Options
from torch import Tensor

from genoseq.kernels.attention import launch
from genoseq.kernels.attention.tiles import tile_map


@cache
def _usual(options: Options) -> tuple[Tensor, ...]:
    """Results in float32, which several properties compare with."""
    return run(options, given_for(options).to(torch.float32))


def _packed(options: Options) -> bool:
    """Packed documents give the bits of separate ones."""
    given = given_for(options).to(torch.float32)
    together = _usual(options)
    alike, start = True, 0
    for length in options.lengths:
        piece = slice(start, start + length)
        alone = run(
            options._replace(lengths=(length,)),
            Given(*(t[piece] for t in given[:4]), given.d_lse[:, piece]),
        )
        out, lse, *gradients = together
        alike &= same(alone, (out[piece], lse[:, piece], *(t[piece] for t in gradients)))
        start += length
    return alike


_PACKED = Options((57, 33), key_heads=1, window=9, global_tokens=3, rotary=True)


def _nan_stays() -> bool:
    """NaN in the second document changes no bit of the first."""
    options = _PACKED._replace(rotary=False)
    given = given_for(options).to(torch.float32)
    clean = run(options, given)
    for tensor in given[:4]:
        tensor[57:] = float("nan")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy's own, on rows of NaN
        spoilt = run(options, given)
    out, lse, *gradients = zip(clean, spoilt, strict=True)
    heads = [(a[:57], b[:57]) for a, b in (out, *gradients)]
    return all(torch.equal(a, b) for a, b in [*heads, (lse[0][:, :57], lse[1][:, :57])])


def _values_of_one() -> float:
    given = given_for(_PACKED)._replace(v=torch.ones(90, 1, 16, dtype=torch.float64))
    return distance(run(_PACKED, given)[0], torch.tensor(1.0)).item()


def _window_of_all() -> float:
    options = Options((57, 20), key_heads=1)
    given = given_for(options)
    windowed = run(options._replace(window=56), given)
    pairs = zip(windowed, run(options, given), strict=True)
    return max(distance(a, b).item() for a, b in pairs)


def _permuted() -> float:
    """Attention without positions does not see the order: permuted in, permuted out."""
    options = Options((57,))
    given = given_for(options)
    order = torch.randperm(57, generator=torch.Generator().manual_seed(1))
    moved = run(options, Given(*(t[order] for t in given[:4]), given.d_lse[:, order]))
    out, lse, *gradients = run(options, given)
    kept = (out[order], lse[:, order], *(t[order] for t in gradients))
    return max(distance(a, b).item() for a, b in zip(moved, kept, strict=True))


def _scores_times_900() -> bool:
    given = given_for(_PACKED).to(torch.float32)
    given = given._replace(q=given.q * 30, k=given.k * 30)
    with np.errstate(over="ignore"):  # of pairs that the mask then drops
        return all(bool(t.isfinite().all()) for t in run(_PACKED, given))


def _twice() -> bool:
    return same(_usual(_PACKED), run(_PACKED, given_for(_PACKED).to(torch.float32)))


def _no_lse_gradient() -> bool:
    given = given_for(_PACKED).to(torch.float32)
    none, zeros = given._replace(d_lse=None), given._replace(d_lse=torch.zeros(2, 90))
    return same(run(_PACKED, none), run(_PACKED, zeros))


def _wide_offsets() -> bool:
    given = given_for(_PACKED).to(torch.float32)
    narrow = _usual(_PACKED)
    before = launch.NARROW_OFFSETS
    launch.NARROW_OFFSETS = 1
    wide = run(_PACKED, given)
    launch.NARROW_OFFSETS = before
    return same(narrow, wide)


def _strides() -> bool:
    """Views into one packed tensor, transposed heads, a strided last dimension."""
    options = _PACKED._replace(key_heads=2, rotary=False)
    given = given_for(options).to(torch.float32)
    packed = torch.stack(given[:3], dim=1)
    q, k, v = packed.unbind(1)
    v = v.transpose(0, 1).contiguous().transpose(0, 1)
    d_out = given.d_out.mT.contiguous().mT
    d_lse = given.d_lse.T.contiguous().T
    return same(run(options, given), run(options, Given(q, k, v, d_out, d_lse)))


def _expanded() -> bool:
    """The gradient of a sum has strides of 0."""
    given = given_for(_PACKED).to(torch.float32)
    ones = torch.ones(())
    expanded = given._replace(d_out=ones.expand(90, 2, 16))
    by_row = given._replace(d_out=torch.ones(16).expand(90, 2, 16))
    dense = given._replace(d_out=torch.ones(90, 2, 16))
    expected = run(_PACKED, dense)
    return same(expected, run(_PACKED, expanded)) and same(expected, run(_PACKED, by_row))


def _no_tokens() -> list[list[int]]:
    options = Options((0, 0), window=3)
    return [list(t.shape) for t in run(options, given_for(options))]


def _tile_maps() -> int:
    """Examples in which the map held every block of every document once, long ones first."""
    examples = 0

    @settings(max_examples=60, deadline=None, derandomize=True, database=None)
    @given(
        st.lists(st.integers(0, 90), min_size=1, max_size=12),
        st.sampled_from([16, 32]),
        st.integers(0, 3),
        st.booleans(),
    )
    @example([0], 16, 2, False)
    @example([16] * 300, 16, 0, True)
    def check(lengths: list[int], block: int, leading: int, reverse: bool) -> None:
        nonlocal examples
        ends = torch.tensor([0, *lengths]).cumsum(0).to(torch.int32)
        tiles = tile_map(ends, sum(lengths), block, leading, reverse=reverse).tolist()
        held = [(document, number) for document, number in tiles if document >= 0]
        expected = [
            (document, number)
            for document, length in enumerate(lengths)
            for number in range(-(-length // block))
        ]
        first = [tile for tile in expected if tile[1] < leading]
        rest = [tile for tile in expected if tile[1] >= leading]
        expected = first + rest
        assert held == (expected[::-1] if reverse else expected)
        examples += 1

    check()
    return examples


def property_checks() -> dict[str, Callable[[], object]]:
    """What each property of `PROPERTIES` measures."""
    checks = (
        lambda: _packed(_PACKED),
        lambda: _packed(Options((57, 1, 33), causal=True)),
        _nan_stays,
        _values_of_one,
        _window_of_all,
        _permuted,
        _scores_times_900,
        _twice,
        _no_lse_gradient,
        _wide_offsets,
        _strides,
        _expanded,
        _no_tokens,
        _tile_maps,
    )
    return dict(zip(PROPERTIES, checks, strict=True))
