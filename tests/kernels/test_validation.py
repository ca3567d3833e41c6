"""attention() says what does not fit together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from kernels.dense_attention import documents
from kernels.operator_inputs import CU_SEQLENS, OTHER, other_inputs, random_inputs, tables

from genoseq.kernels.operator import attention
from genoseq.kernels.rotary import Rotary


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
