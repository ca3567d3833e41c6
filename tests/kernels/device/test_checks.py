"""The checks of benchmarks/gpu.sh: on the CPU here, and on a GPU where there is one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from kernels.attention.calls import Given
from kernels.device import checks
from kernels.device.checks import CHECKS, DTYPES, Subject, compare

NEEDS_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="not measured: no CUDA device")


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(
    params=[
        ("cpu", torch.float32),  # gpu.sh --cpu tries bfloat16
        *(
            pytest.param(("cuda", getattr(torch, dtype)), marks=NEEDS_GPU, id=f"cuda-{dtype}")
            for dtype in DTYPES
        ),
    ]
)
def subject(request: pytest.FixtureRequest) -> Subject:
    return Subject(*request.param)


@pytest.mark.parametrize("name", CHECKS)
def test_attention_holds_to(name: str, subject: Subject) -> None:
    finding = CHECKS[name](subject)
    assert finding.holds, finding.words


def test_compare_refuses_a_large_error_and_nan() -> None:
    truth = tuple(torch.rand(4, dtype=torch.float64) for _ in range(5))
    plain = tuple(t.float() for t in truth)
    assert compare(plain, plain, truth).holds
    for spoil in (1e-5, torch.nan):
        found = (*plain[:3], plain[3] + spoil, plain[4])
        assert not compare(found, plain, truth).holds
        assert compare(found, plain, truth).words.startswith("dk ")


@pytest.mark.parametrize(
    "name",
    [
        "full, 32 wide",
        "window",
        "the same bits each time",
        "packed documents, the bits of separate ones",
        "nan in the second document",
        "values of one",
        "scores times 900",
        "no gradient of the log-sum-exp",
        "strides",
        "64-bit offsets",
    ],
)
def test_checks_fail_of_wrong_results(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two wrong elements of each result that is not in float64, one of them another each time."""
    right, calls = checks.run, iter(range(1000))

    def wrong(
        options: checks.Options, given: Given, backend: checks.Asked
    ) -> tuple[torch.Tensor, ...]:
        results = right(options, given, backend)
        call = next(calls)
        if given.q.dtype != torch.float64:
            results[0][0, 0, 0] += 1 + call
            results[2][1, 0, 0] = torch.inf
        return results

    monkeypatch.setattr(checks, "run", wrong)
    assert not CHECKS[name](Subject("cpu", torch.float32)).holds
