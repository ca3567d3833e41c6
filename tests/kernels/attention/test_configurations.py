"""The table of block sizes."""

from __future__ import annotations

import pytest

from genoseq.errors import BackendError
from genoseq.kernels.attention.configurations import (
    TABLE,
    Case,
    configuration,
    nvidia_architecture,
)
from genoseq.kernels.dispatch import WIDTHS


@pytest.mark.parametrize("architecture", ["sm_80", "sm_90", "sm_100", "gfx942", "interpreter"])
@pytest.mark.parametrize("windowed", [False, True])
@pytest.mark.parametrize("single", [False, True])
def test_table_has_every_width_that_dispatch_offers(
    architecture: str, windowed: bool, single: bool
) -> None:
    assert all(Case(architecture, width, windowed, single) in TABLE for width in WIDTHS)


def test_table_holds_blocks_that_triton_takes() -> None:
    blocks = [blocks for chosen in TABLE.values() for blocks in chosen]
    assert all(b.queries in (16, 32, 64, 128) and b.keys in (16, 32, 64, 128) for b in blocks)
    assert all(b.warps in (1, 2, 4, 8) and 1 <= b.stages <= 5 for b in blocks)


def test_table_is_frozen() -> None:
    with pytest.raises(TypeError):
        TABLE[next(iter(TABLE))] = None  # type: ignore[index]


def test_configuration_names_the_widths_it_has() -> None:
    with pytest.raises(BackendError, match="width 48 on sm_90: it has 32, 64, 128; use backend="):
        configuration(Case("sm_90", 48, True, False))


@pytest.mark.parametrize(
    ("capability", "name"),
    [
        ((8, 0), "sm_80"),
        ((8, 9), "sm_80"),
        ((9, 0), "sm_90"),
        ((10, 3), "sm_100"),
        ((12, 0), "sm_80"),
    ],
)
def test_nvidia_architecture_has_the_nearest_matrix_units(
    capability: tuple[int, int], name: str
) -> None:
    assert nvidia_architecture(*capability) == name


def test_nvidia_architecture_refuses_old_chips() -> None:
    with pytest.raises(BackendError, match=r"capability 7\.5: .* need 8\.0"):
        nvidia_architecture(7, 5)
