"""attention() as a PyTorch operator: gradients, fake kernels, compilation, autocast, refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from kernels.dense_attention import dense_attention, documents
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from genoseq.kernels import operator
from genoseq.kernels.mask import Mask
from genoseq.kernels.operator import Attended, attention
from genoseq.kernels.rotary import Rotary, positions, rotate

CU_SEQLENS = documents(13, 0, 7, 13)
TOKENS = 33
OPTIONS: dict[str, dict[str, Any]] = {
    "full": {},
    "causal": {"causal": True},
    "window and global tokens": {"window": 3, "global_tokens": 2},
    "window, causal": {"window": 3, "global_tokens": 1, "causal": True},
}
OPERATOR = torch.ops.genoseq.attention.default
BACKWARD = torch.ops.genoseq.attention_backward.default


def random_inputs(dtype: torch.dtype = torch.float64, width: int = 8) -> list[Tensor]:
    torch.manual_seed(1)
    return [
        torch.randn(TOKENS, heads, width, dtype=dtype, requires_grad=True) for heads in (4, 2, 2)
    ]


OTHER = documents(5, 9, 0, 21)
"""Keys of other tokens: 35, none for one document."""
OF_OTHER: dict[str, dict[str, Any]] = {
    "all": {},
    "causal": {"causal": True},
    "window, causal": {"window": 3, "global_tokens": 1, "causal": True},
}


def other_inputs(dtype: torch.dtype = torch.float64) -> list[Tensor]:
    """q of 33 tokens, k and v of 35."""
    torch.manual_seed(1)
    shapes = ((TOKENS, 4), (35, 2), (35, 2))
    return [torch.randn(*shape, 8, dtype=dtype, requires_grad=True) for shape in shapes]


def tables(dtype: torch.dtype = torch.float64, width: int = 8) -> Rotary:
    angles = torch.rand(13, width // 2, dtype=dtype, generator=torch.Generator().manual_seed(2)) * 6
    return Rotary(angles.cos(), angles.sin())


def total(attended: Attended) -> Tensor:
    return attended.out.sin().sum() + attended.lse.cos().sum()


@pytest.mark.parametrize("rotary", [None, tables()], ids=["plain", "rotary"])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_gradcheck(options: dict[str, Any], rotary: Rotary | None) -> None:
    def call(*inputs: Tensor) -> Attended:
        return attention(*inputs, CU_SEQLENS, rotary=rotary, **options)

    assert torch.autograd.gradcheck(call, random_inputs(), fast_mode=True)


def test_gradcheck_of_one_result_alone() -> None:
    for result in (0, 1):
        assert torch.autograd.gradcheck(
            lambda *inputs, which=result: attention(*inputs, CU_SEQLENS, window=3)[which],
            random_inputs(),
            fast_mode=True,
        )


@pytest.mark.parametrize("options", OF_OTHER.values(), ids=OF_OTHER)
def test_gradcheck_with_other_keys(options: dict[str, Any]) -> None:
    def call(*inputs: Tensor) -> tuple[Tensor, Tensor]:
        out, lse = attention(*inputs, CU_SEQLENS, OTHER, **options)
        return out, lse.masked_fill(lse == -torch.inf, 0)

    assert torch.autograd.gradcheck(call, other_inputs(), fast_mode=True)


@pytest.mark.parametrize("options", OF_OTHER.values(), ids=OF_OTHER)
def test_other_keys_are_seen_as_dense_attention_sees_them(options: dict[str, Any]) -> None:
    inputs, true = other_inputs(), other_inputs()
    found = attention(*inputs, CU_SEQLENS, OTHER, **options)
    dense = dense_attention(*true, CU_SEQLENS, Mask(**options), 8**-0.5, OTHER)
    torch.testing.assert_close(tuple(found), dense, rtol=0, atol=1e-12)
    sums = [out.sin().sum() + lse[lse > -torch.inf].cos().sum() for out, lse in (found, dense)]
    gradients = [torch.autograd.grad(*both) for both in zip(sums, (inputs, true), strict=True)]
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-12)


def test_queries_without_keys_get_nothing_and_change_nothing() -> None:
    inputs = other_inputs()
    out, lse = attended = attention(*inputs, CU_SEQLENS, OTHER)
    assert not out[13:20].any()
    assert (lse[:, 13:20] == -torch.inf).all()
    assert lse.isfinite().sum() == 4 * (33 - 7)
    # The cosine of -inf is NaN, and its slope too.
    gradients = torch.autograd.grad(total(attended), inputs)
    assert all(tensor.isfinite().all() for tensor in gradients)
    assert not gradients[0][13:20].any()
    assert not gradients[1][5:14].any(), "these keys have no query"


def test_rotary_turns_queries_and_keys_by_their_place_in_the_document() -> None:
    q, k, v = random_inputs()
    place = positions(CU_SEQLENS, TOKENS)
    assert place.tolist() == [*range(13), *range(7), *range(13)]
    turned = [rotate(tensor, tables(), place) for tensor in (q, k)]
    true = dense_attention(*turned, v, CU_SEQLENS, Mask(3), 8**-0.5)
    found = attention(q, k, v, CU_SEQLENS, window=3, rotary=tables())
    torch.testing.assert_close(tuple(found), true, rtol=0, atol=1e-12)


@pytest.mark.parametrize("rotary", [None, tables()], ids=["plain", "rotary"])
def test_opcheck(rotary: Rotary | None) -> None:
    settings = (CU_SEQLENS, None, *(rotary or (None, None)), 0.3, 3, 2, False, "auto")
    check_operators(random_inputs(), settings)


def test_opcheck_with_other_keys() -> None:
    check_operators(other_inputs(), (CU_SEQLENS, OTHER, None, None, 0.3, None, 0, False, "auto"))


def check_operators(inputs: list[Tensor], settings: tuple[Any, ...]) -> None:
    assert set(torch.library.opcheck(OPERATOR, (*inputs, *settings, True)).values()) == {"SUCCESS"}
    assert set(torch.library.opcheck(OPERATOR, (*inputs, *settings)).values()) == {"SUCCESS"}
    out, lse, *_ = (tensor.detach() for tensor in OPERATOR(*inputs, *settings))
    saved = [tensor.detach() for tensor in inputs]
    for d_lse in (None, torch.randn_like(lse)):
        given = (torch.randn_like(out), d_lse, *saved, out, lse, *settings)
        assert set(torch.library.opcheck(BACKWARD, given).values()) == {"SUCCESS"}


@pytest.mark.parametrize("most", [0, 1 << 20])
def test_gradients_are_right_whether_weights_were_kept_or_not(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(operator, "_MOST_KEPT", most)
    inputs = random_inputs()
    attended = attention(*inputs, CU_SEQLENS, window=3, global_tokens=2)
    *_, weights = attended.out.grad_fn.saved_tensors  # type: ignore[union-attr]
    assert bool(len(weights)) == bool(most)
    true = dense_attention(*inputs, CU_SEQLENS, Mask(3, 2), 8**-0.5)
    slopes = [torch.autograd.grad(total(Attended(*each)), inputs) for each in (attended, true)]
    torch.testing.assert_close(*slopes, rtol=0, atol=1e-12)


@pytest.mark.parametrize("compiler", ["aot_eager", "inductor"])
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_compiles_into_one_graph(compiler: str) -> None:
    rotary = tables()

    def call(*inputs: Tensor) -> Attended:
        return attention(*inputs, CU_SEQLENS, window=3, global_tokens=2, rotary=rotary)

    compiled = torch.compile(call, fullgraph=True, backend=compiler)
    assert same_gradients(lambda *x: total(call(*x)), lambda *x: total(compiled(*x)), exact=True)


@pytest.mark.parametrize("options", [{}, {"window": 3, "causal": True}], ids=str)
def test_compiles_with_other_keys_into_one_graph(options: dict[str, Any]) -> None:
    def call(*inputs: Tensor) -> Tensor:
        out, lse = attention(*inputs, CU_SEQLENS, OTHER, **options)
        return out.sin().sum() + lse.exp().sum()

    compiled = torch.compile(call, fullgraph=True, backend="aot_eager")
    assert same_gradients(call, compiled, exact=True, inputs=other_inputs())


def same_gradients(
    first: Callable[..., Tensor],
    second: Callable[..., Tensor],
    exact: bool = False,
    inputs: list[Tensor] | None = None,
) -> bool:
    inputs = inputs or random_inputs()
    found = [torch.autograd.grad(call(*inputs), inputs) for call in (first, second)]
    if exact:
        return all(map(torch.equal, *found))
    return all(map(torch.allclose, *found))


def test_checkpointing_gives_the_same_bits() -> None:
    def call(*inputs: Tensor) -> Tensor:
        return total(attention(*inputs, CU_SEQLENS, window=3, rotary=tables()))

    def again(*inputs: Tensor) -> Tensor:
        return checkpoint(call, *inputs, use_reentrant=False)

    assert same_gradients(call, again, exact=True)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
def test_autocast_casts_q_k_v_and_no_table(kind: torch.dtype) -> None:
    inputs, rotary = random_inputs(torch.float32), tables(torch.float32)
    with torch.autocast("cpu", kind):
        out, lse = attention(*inputs, CU_SEQLENS, window=3, rotary=rotary)
    cast = [tensor.to(kind) for tensor in inputs]
    assert torch.equal(out, attention(*cast, CU_SEQLENS, window=3, rotary=rotary).out)
    assert (out.dtype, lse.dtype) == (kind, torch.float32)
    gradients = torch.autograd.grad(out.float().sum(), inputs)
    assert {tensor.dtype for tensor in gradients} == {torch.float32}


def test_autocast_casts_with_other_keys() -> None:
    inputs = other_inputs(torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        out = attention(*inputs, CU_SEQLENS, OTHER).out
    cast = [tensor.bfloat16() for tensor in inputs]
    assert torch.equal(out, attention(*cast, CU_SEQLENS, OTHER).out)


def test_autocast_leaves_float64_alone() -> None:
    with torch.autocast("cpu", torch.bfloat16):
        assert attention(*random_inputs()).out.dtype == torch.float64


def test_one_document_needs_no_cu_seqlens() -> None:
    alone = attention(*random_inputs(), window=3)
    packed = attention(*random_inputs(), documents(TOKENS), window=3)
    assert all(map(torch.equal, alone, packed))


def test_one_document_of_other_keys_needs_no_cu_seqlens() -> None:
    inputs = other_inputs()
    alone = attention(*inputs, cu_seqlens_k=documents(35), causal=True)
    packed = attention(*inputs, documents(TOKENS), documents(35), causal=True)
    assert all(map(torch.equal, alone, packed))


def test_no_tokens_give_no_rows() -> None:
    out, lse = attention(*(tensor[:0] for tensor in random_inputs()))
    assert (out.shape, lse.shape) == ((0, 4, 8), (4, 0))


def with_inputs(change: Callable[[list[Any]], None]) -> list[Any]:
    given: list[Any] = [*random_inputs(torch.float32), CU_SEQLENS]
    change(given)
    return given


REFUSED: list[tuple[Callable[[list[Any]], None], str]] = [
    (lambda x: x.__setitem__(0, x[0][0]), "takes .tokens, heads, width."),
    (lambda x: x.__setitem__(2, x[2][:, :1]), "k and v in tokens and heads"),
    (lambda x: x.__setitem__(0, x[0][:, :3]), "multiple of key heads"),
    (lambda x: x.__setitem__(1, x[1].half()), "one floating type"),
    (lambda x: x.__setitem__(3, x[3].long()), "must be int32"),
    (lambda x: x.__setitem__(3, x[3][:0]), "at least one document"),
    (
        lambda x: x.__setitem__(3, documents(13, 7)),
        "from 0 to the number of tokens, 33; found 0 to 20",
    ),
    (lambda x: x.__setitem__(3, documents(20, -7, 20)), "must not fall"),
    (lambda x: x.__setitem__(0, x[0][1:]), r"cu_seqlens_k must say where .* q \(32, 4, 8\)"),
    (lambda x: x.append(documents(33)), "as many documents, found 4 in cu_seqlens and 1 in"),
    (lambda x: x.append(documents(13, 0, 7, 14)), "cu_seqlens_k must go from 0 .* 33; found 0 to"),
    (lambda x: x.append(documents(20, -7, 10, 10)), "cu_seqlens_k must not fall"),
    (lambda x: x.append(CU_SEQLENS.long()), "cu_seqlens_k must be int32"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_what_does_not_fit_is_refused(change: Callable[[list[Any]], None], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        attention(*with_inputs(change))


@pytest.mark.parametrize(
    ("rotary", "message"),
    [
        (tables(torch.float32, 6), "head width 8"),
        (tables(torch.float64), "must be torch.float32"),
        (Rotary(*(table[:9] for table in tables(torch.float32))), "longest document 13"),
    ],
)
def test_tables_that_do_not_fit_are_refused(rotary: Rotary, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        attention(*random_inputs(torch.float32), CU_SEQLENS, rotary=rotary)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": 3}, "with cu_seqlens_k need causal, by which the queries are the last tokens"),
        ({"global_tokens": 3}, "without it every query sees every key"),
        ({"rotary": tables(torch.float32), "causal": True}, "turn what has to be turned before"),
    ],
)
def test_options_that_make_no_sense_with_other_keys_are_refused(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        attention(*other_inputs(torch.float32), CU_SEQLENS, OTHER, **options)


def test_a_mask_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="window -1"):
        attention(*random_inputs(), window=-1)
