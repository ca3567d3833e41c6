"""Block sizes, warps and stages of the kernels: one frozen table.

Block sizes decide the order of sums and so the last bits of a result: nothing here is searched
for at run time.  Entries marked "zero spills" were compiled ahead of time without register spills
(Triton 3.9.0, bf16); none has been timed on a GPU.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from genoseq.errors import BackendError

Architecture = Literal["sm_80", "sm_90", "sm_100", "gfx942", "interpreter"]


class Blocks(NamedTuple):
    """How one kernel is cut: queries and keys of a block, warps and pipeline stages."""

    queries: int
    keys: int
    warps: int
    stages: int


class Configuration(NamedTuple):
    """The blocks of the three kernels that walk over blocks."""

    forward: Blocks
    dq: Blocks
    dkv: Blocks


class Case(NamedTuple):
    """What a configuration depends on."""

    architecture: Architecture
    head_width: int
    windowed: bool
    single: bool
    """float32 inputs (twice the shared memory of 16-bit ones)."""


_D64_SM80 = Configuration(
    # Zero spills: 180, 198 and 185 registers, window + global tokens.
    forward=Blocks(128, 64, warps=8, stages=3),
    dq=Blocks(128, 64, warps=8, stages=2),
    dkv=Blocks(32, 128, warps=8, stages=2),
)
_D64_SM90 = Configuration(
    # Zero spills: 167, 167 and 247 registers.
    forward=Blocks(128, 64, warps=8, stages=3),
    dq=Blocks(128, 64, warps=8, stages=2),
    dkv=Blocks(64, 128, warps=8, stages=2),
)
_D64_SM100 = Configuration(
    # Zero spills: 169, 143 and 187 registers.
    forward=Blocks(128, 64, warps=8, stages=3),
    dq=Blocks(128, 64, warps=8, stages=2),
    dkv=Blocks(64, 128, warps=8, stages=2),
)
_D64_GFX942 = Configuration(
    # Zero spills: 213, 183 and 213 vector registers.
    forward=Blocks(128, 64, warps=4, stages=1),
    dq=Blocks(128, 32, warps=4, stages=1),
    dkv=Blocks(32, 64, warps=4, stages=1),
)
_D128_NVIDIA = Configuration(
    forward=Blocks(128, 64, warps=8, stages=2),
    dq=Blocks(64, 64, warps=8, stages=2),
    dkv=Blocks(32, 64, warps=8, stages=2),
)
_D128_GFX942 = Configuration(
    forward=Blocks(64, 32, warps=4, stages=1),
    dq=Blocks(64, 32, warps=4, stages=1),
    dkv=Blocks(32, 32, warps=4, stages=1),
)
_SINGLE = Configuration(
    forward=Blocks(64, 32, warps=4, stages=2),
    dq=Blocks(64, 32, warps=4, stages=2),
    dkv=Blocks(32, 64, warps=4, stages=2),
)
_SINGLE_D128 = Configuration(
    forward=Blocks(32, 32, warps=4, stages=2),
    dq=Blocks(32, 32, warps=4, stages=2),
    dkv=Blocks(32, 32, warps=4, stages=2),
)
_SINGLE_GFX942 = Configuration(
    forward=Blocks(64, 32, warps=4, stages=1),
    dq=Blocks(64, 32, warps=4, stages=1),
    dkv=Blocks(32, 32, warps=4, stages=1),
)
_INTERPRETER = Configuration(
    # Small, so that short documents have full and edge blocks; queries and keys differ.
    forward=Blocks(32, 16, warps=4, stages=1),
    dq=Blocks(32, 16, warps=4, stages=1),
    dkv=Blocks(16, 32, warps=4, stages=1),
)

_BY_WIDTH: dict[tuple[Architecture, bool], dict[int, Configuration]] = {
    ("sm_80", False): {32: _D64_SM80, 64: _D64_SM80, 128: _D128_NVIDIA},
    ("sm_90", False): {32: _D64_SM90, 64: _D64_SM90, 128: _D128_NVIDIA},
    ("sm_100", False): {32: _D64_SM100, 64: _D64_SM100, 128: _D128_NVIDIA},
    ("gfx942", False): {32: _D64_GFX942, 64: _D64_GFX942, 128: _D128_GFX942},
    ("sm_80", True): {32: _SINGLE, 64: _SINGLE, 128: _SINGLE_D128},
    ("sm_90", True): {32: _SINGLE, 64: _SINGLE, 128: _SINGLE_D128},
    ("sm_100", True): {32: _SINGLE, 64: _SINGLE, 128: _SINGLE_D128},
    ("gfx942", True): {32: _SINGLE_GFX942, 64: _SINGLE_GFX942, 128: _SINGLE_GFX942},
    ("interpreter", False): dict.fromkeys((16, 32, 64, 128), _INTERPRETER),
    ("interpreter", True): dict.fromkeys((16, 32, 64, 128), _INTERPRETER),
}

TABLE: Mapping[Case, Configuration] = MappingProxyType(
    {
        Case(architecture, width, windowed, single): chosen
        for (architecture, single), widths in _BY_WIDTH.items()
        for width, chosen in widths.items()
        for windowed in (False, True)
    }
)


def configuration(case: Case) -> Configuration:
    """The configuration of a case.

    Raises
    ------
    BackendError
        If the table has no such case; the message lists the head widths it has.
    """
    found = TABLE.get(case)
    if found is None:
        widths = sorted({known.head_width for known in TABLE if known[0] == case.architecture})
        raise BackendError(
            f"no attention kernel for head width {case.head_width} on {case.architecture}: "
            f"it has {', '.join(map(str, widths)) or 'none'}; use backend='reference'"
        )
    return found


def nvidia_architecture(major: int, minor: int) -> Architecture:
    """The table's name for a compute capability.

    Consumer chips 12.x have neither Hopper's nor Blackwell's matrix units, so they take sm_80.

    Raises
    ------
    BackendError
        If the capability is below 8.0.
    """
    if major < 8:
        raise BackendError(
            f"GPU of compute capability {major}.{minor}: the attention kernels need 8.0 or more; "
            "use backend='reference'"
        )
    names: dict[int, Architecture] = {9: "sm_90", 10: "sm_100"}
    return names.get(major, "sm_80")
