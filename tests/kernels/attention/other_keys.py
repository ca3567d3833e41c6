"""What has to hold of queries whose keys are of other tokens; needs Triton's interpreter."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from kernels.attention.calls import Given, distance, given_for, run, run_dense, same
from kernels.attention.cases import OF_OTHER_KEYS, RESULTS, Options
from torch import Tensor

from genoseq.kernels.attention import launch

_ALL = Options((37, 20, 33), heads=4, key_lengths=(50, 67, 0))
_LAST = Options(
    (37, 50, 20), key_heads=1, window=9, global_tokens=5, causal=True, key_lengths=(67, 20, 40)
)


def _single(options: Options) -> Given:
    return given_for(options).to(torch.float32)


@cache
def _usual(options: Options) -> tuple[Tensor, ...]:
    """Results in float32, which several properties compare with."""
    return run(options, _single(options))


def _of_document(options: Options, number: int, results: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """The rows of one document among `results`: out, lse, dq, dk, dv."""
    start, first = sum(options.lengths[:number]), sum(options.keys[:number])
    own = slice(start, start + options.lengths[number])
    seen = slice(first, first + options.keys[number])
    out, lse, d_q, d_k, d_v = results
    return out[own], lse[:, own], d_q[own], d_k[seen], d_v[seen]


def _packed() -> bool:
    """Packed documents give the bits of separate ones."""
    alike = True
    for options in (_ALL, _LAST):
        together, inputs = _usual(options), _single(options)
        for number, lengths in enumerate(zip(options.lengths, options.keys, strict=True)):
            alone = options._replace(lengths=lengths[:1], key_lengths=lengths[1:])
            d_out, d_lse, *leaves = _of_document(
                options, number, (inputs.d_out, inputs.d_lse, *inputs[:3])
            )
            results = run(alone, Given(*leaves, d_out, d_lse))
            alike &= same(results, _of_document(options, number, together))
    return alike


def _nan_stays() -> bool:
    """NaN in the second document changes no bit of the others, and spoils its own."""
    holds = True
    for options in (_ALL, _LAST):
        inputs, clean = _single(options), _usual(options)
        d_out, d_lse, *leaves = (inputs.d_out, inputs.d_lse, *inputs[:3])
        spoilt_rows = _of_document(options, 1, (d_out, d_lse, *leaves))
        for rows in spoilt_rows:
            rows.fill_(torch.nan)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numpy's own, on rows of NaN
            spoilt = run(options, inputs)
        for number in (0, 2):
            pair = (_of_document(options, number, results) for results in (clean, spoilt))
            holds &= same(*pair)
        for name, rows in zip(RESULTS, _of_document(options, 1, spoilt), strict=True):
            # The first queries of more than there are keys see none.
            seen = rows[:, 30:] if name == "lse" else rows[30:] if name in ("out", "dq") else rows
            last = seen if options.causal else rows
            holds &= bool(last.isnan().all())
    return holds


def _nan_unseen() -> bool:
    """What depends on a log-sum-exp of -inf may give it the gradient NaN, which goes nowhere."""
    inputs = _single(_LAST)
    results = _usual(_LAST)
    unseen = results[1] == -torch.inf
    spoilt = inputs._replace(d_lse=inputs.d_lse.masked_fill(unseen, torch.nan))
    return int(unseen.sum()) == 2 * 30 and same(results, run(_LAST, spoilt))


def _wide_offsets() -> bool:
    before, alike = launch.NARROW_OFFSETS, True
    for options in (_ALL, _LAST):
        narrow = _usual(options)
        launch.NARROW_OFFSETS = 1
        alike &= same(narrow, run(options, _single(options)))
        launch.NARROW_OFFSETS = before
    return alike


def _strides() -> bool:
    """Keys and values that are views into one tensor, transposed heads, a strided gradient."""
    inputs = _single(_ALL)
    k, v = torch.stack(inputs[1:3], dim=1).unbind(1)
    q = inputs.q.transpose(0, 1).contiguous().transpose(0, 1)
    d_out = inputs.d_out.mT.contiguous().mT
    return same(_usual(_ALL), run(_ALL, Given(q, k, v, d_out, inputs.d_lse.T.contiguous().T)))


def _nothing() -> list[bool]:
    """Without queries the gradients of keys are 0; without keys outputs are 0, their sums -inf."""
    unseen = Options((0, 0), key_lengths=(20, 3))
    _, _, _, d_k, d_v = run(unseen, _single(unseen))
    blind = Options((20, 3), key_lengths=(0, 0))
    out, lse, d_q, *_ = run(blind, _single(blind))
    return [
        d_k.shape == (23, 2, 16) and not d_k.any() and not d_v.any(),
        not out.any() and bool((lse == -torch.inf).all()) and not d_q.any(),
    ]


def _last_rows() -> float:
    """Queries of the last tokens alone get what they get among all."""
    options = Options((90,), key_heads=1, window=20, global_tokens=3, causal=True)
    inputs = given_for(options)
    out, lse, d_q, *_ = run(options, inputs)
    last = slice(53, None)
    few = Given(inputs.q[last], inputs.k, inputs.v, inputs.d_out[last], inputs.d_lse[:, last])
    alone = run(options._replace(lengths=(37,), key_lengths=(90,)), few)
    pairs = zip(alone[:3], (out[last], lse[:, last], d_q[last]), strict=True)
    return max(distance(a, b).item() for a, b in pairs)


def _at_random() -> list[float]:
    """Largest error in float64 of each of some random calls."""
    errors: list[float] = []
    lengths = st.integers(0, 70) | st.sampled_from([0, 1, 16, 32])

    @settings(max_examples=20, deadline=None, derandomize=True, database=None)
    @given(
        st.lists(st.tuples(lengths, lengths), min_size=1, max_size=3),
        st.sampled_from([(1, 1), (2, 1), (3, 1), (4, 2)]),
        st.none() | st.integers(0, 60),
        st.integers(0, 40),
        st.booleans(),
    )
    def check(
        sides: list[tuple[int, int]],
        heads: tuple[int, int],
        window: int | None,
        global_tokens: int,
        causal: bool,
    ) -> None:
        queries, keys = zip(*sides, strict=True)
        options = Options(queries, *heads, key_lengths=keys, causal=causal)
        if causal:
            options = options._replace(window=window, global_tokens=global_tokens)
        inputs = given_for(options)
        pairs = zip(run(options, inputs), run_dense(options, inputs), strict=True)
        found = (distance(a, b).item() for a, b in pairs if a.numel())
        errors.append(max(found, default=0.0))

    check()
    return errors


def checks_of_other_keys() -> dict[str, Callable[[], object]]:
    """What each property of `OF_OTHER_KEYS` measures."""
    checks = (
        *(_packed, _nan_stays, _nan_unseen, _wide_offsets),
        *(_strides, _nothing, _last_rows, _at_random),
    )
    return dict(zip(OF_OTHER_KEYS, checks, strict=True))
