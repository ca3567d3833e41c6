"""Block sizes, warps and stages of the kernels: one frozen table.

Block sizes decide the order of sums and so the last bits of a result: nothing here is searched
for at run time.  None has been timed on a GPU.

Numbers in comments are registers per thread, compiled ahead of time (Triton 3.9.0, bf16 or float32,
rotary embedding, 1 query head per key head; 4 where it says grouped), the most of the masks of
benchmarks/attention_compile.py.  They spill nothing unless it says so.
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


_SM80 = {
    32: Configuration(
        forward=Blocks(128, 64, warps=8, stages=3),  # 106
        dq=Blocks(128, 64, warps=8, stages=2),  # 176
        dkv=Blocks(64, 128, warps=8, stages=2),  # 178
    ),
    64: Configuration(
        forward=Blocks(128, 64, warps=8, stages=3),  # 192
        dq=Blocks(128, 64, warps=8, stages=2),  # 214
        dkv=Blocks(32, 128, warps=8, stages=2),  # 184
    ),
    128: Configuration(
        forward=Blocks(128, 64, warps=8, stages=2),  # 221
        dq=Blocks(128, 32, warps=8, stages=2),  # 204
        dkv=Blocks(64, 64, warps=8, stages=2),  # 177
    ),
}
_SM90 = {
    32: Configuration(
        forward=Blocks(128, 64, warps=8, stages=3),  # 128
        dq=Blocks(128, 64, warps=8, stages=2),  # 142
        dkv=Blocks(64, 128, warps=8, stages=2),  # 177
    ),
    64: Configuration(
        forward=Blocks(128, 64, warps=8, stages=3),  # 159
        dq=Blocks(128, 64, warps=8, stages=2),  # 172
        dkv=Blocks(64, 128, warps=8, stages=2),  # 213
    ),
    128: Configuration(
        forward=Blocks(128, 64, warps=8, stages=3),  # 207
        dq=Blocks(128, 64, warps=8, stages=2),  # 238
        dkv=Blocks(32, 128, warps=8, stages=2),  # 247
    ),
}
_SM90_FULL = {
    64: _SM90[64]._replace(
        # 159; 64 queries, as with a window, take 212.
        dkv=Blocks(32, 128, warps=8, stages=2)
    )
}
_SM100 = {
    32: Configuration(
        forward=Blocks(128, 64, warps=8, stages=3),  # 200
        dq=Blocks(128, 64, warps=8, stages=2),  # 120
        dkv=Blocks(32, 128, warps=8, stages=2),  # 116
    ),
    64: Configuration(
        forward=Blocks(128, 64, warps=8, stages=3),  # 210
        dq=Blocks(128, 64, warps=8, stages=2),  # 128
        dkv=Blocks(32, 128, warps=8, stages=2),  # 118; 119 grouped
    ),
    128: Configuration(
        forward=Blocks(128, 64, warps=8, stages=3),  # 219
        dq=Blocks(128, 64, warps=8, stages=2),  # 194
        dkv=Blocks(64, 128, warps=8, stages=2),  # 210; 236 grouped
    ),
}
_SM100_FULL = {
    32: _SM100[32]._replace(
        # 128, where 3 stages spill 4 + 4 bytes if causal.
        forward=Blocks(128, 64, warps=8, stages=2)
    )
}
_GFX942 = {
    32: Configuration(
        forward=Blocks(128, 64, warps=4, stages=1),  # 163
        dq=Blocks(128, 32, warps=4, stages=1),  # 122
        dkv=Blocks(32, 64, warps=4, stages=1),  # 202
    ),
    64: Configuration(
        forward=Blocks(128, 64, warps=4, stages=1),  # 238
        dq=Blocks(128, 32, warps=4, stages=1),  # 182
        dkv=Blocks(32, 64, warps=4, stages=1),  # 222
    ),
    128: Configuration(
        forward=Blocks(128, 32, warps=4, stages=1),  # 216
        dq=Blocks(64, 32, warps=4, stages=1),  # 239
        dkv=Blocks(32, 64, warps=4, stages=1),  # 327
    ),
}
_SINGLE_SM80 = {
    32: Configuration(
        forward=Blocks(64, 16, warps=4, stages=2),  # 128
        dq=Blocks(16, 32, warps=4, stages=2),  # 125
        dkv=Blocks(32, 16, warps=4, stages=2),  # 126
    ),
    64: Configuration(
        forward=Blocks(64, 16, warps=4, stages=2),  # 254
        dq=Blocks(16, 32, warps=4, stages=2),  # 168
        dkv=Blocks(32, 16, warps=4, stages=2),  # 209
    ),
    128: Configuration(
        forward=Blocks(16, 32, warps=8, stages=2),  # 180
        dq=Blocks(16, 32, warps=8, stages=2),  # 255
        dkv=Blocks(16, 16, warps=4, stages=2),  # 255
    ),
}
_SINGLE_SM90 = {
    32: Configuration(
        forward=Blocks(64, 32, warps=4, stages=2),  # 155
        dq=Blocks(64, 32, warps=4, stages=2),  # 164
        dkv=Blocks(16, 64, warps=4, stages=2),  # 167
    ),
    64: Configuration(
        forward=Blocks(64, 32, warps=4, stages=2),  # 193
        dq=Blocks(64, 32, warps=4, stages=2),  # 242
        dkv=Blocks(16, 32, warps=4, stages=2),  # 231
    ),
    128: Configuration(
        forward=Blocks(16, 32, warps=8, stages=2),  # 180
        dq=Blocks(16, 16, warps=8, stages=2),  # 255
        dkv=Blocks(16, 16, warps=4, stages=2),  # 255
    ),
}
_SINGLE_SM100 = {
    32: Configuration(
        forward=Blocks(64, 32, warps=8, stages=2),  # 110
        dq=Blocks(64, 16, warps=8, stages=2),  # 108
        dkv=Blocks(32, 64, warps=8, stages=2),  # 146
    ),
    64: Configuration(
        forward=Blocks(64, 32, warps=8, stages=2),  # 167
        dq=Blocks(64, 32, warps=8, stages=2),  # 232
        dkv=Blocks(32, 64, warps=8, stages=2),  # 255; causal spills up to 12 + 20 bytes
    ),
    128: Configuration(
        forward=Blocks(16, 32, warps=8, stages=2),  # 182
        dq=Blocks(16, 16, warps=8, stages=2),  # 252
        dkv=Blocks(16, 16, warps=4, stages=2),  # 254
    ),
}
_SINGLE_GFX942 = {
    32: Configuration(
        forward=Blocks(64, 32, warps=4, stages=1),  # 124
        dq=Blocks(64, 32, warps=4, stages=1),  # 179
        dkv=Blocks(32, 32, warps=4, stages=1),  # 221
    ),
    64: Configuration(
        forward=Blocks(64, 32, warps=4, stages=1),  # 185
        dq=Blocks(64, 32, warps=4, stages=1),  # 232
        dkv=Blocks(32, 32, warps=4, stages=1),  # 309
    ),
    128: Configuration(
        forward=Blocks(64, 32, warps=4, stages=1),  # 255
        dq=Blocks(64, 32, warps=4, stages=1),  # 419
        dkv=Blocks(32, 32, warps=4, stages=1),  # 475
    ),
}
_INTERPRETER = Configuration(
    # Small, so that short documents have full and edge blocks; queries and keys differ.
    forward=Blocks(32, 16, warps=4, stages=1),
    dq=Blocks(32, 16, warps=4, stages=1),
    dkv=Blocks(16, 32, warps=4, stages=1),
)

_BY_WIDTH: dict[tuple[Architecture, bool], dict[int, Configuration]] = {
    ("sm_80", False): _SM80,
    ("sm_90", False): _SM90,
    ("sm_100", False): _SM100,
    ("gfx942", False): _GFX942,
    ("sm_80", True): _SINGLE_SM80,
    ("sm_90", True): _SINGLE_SM90,
    ("sm_100", True): _SINGLE_SM100,
    ("gfx942", True): _SINGLE_GFX942,
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
    | {Case("sm_90", width, False, False): chosen for width, chosen in _SM90_FULL.items()}
    | {Case("sm_100", width, False, False): chosen for width, chosen in _SM100_FULL.items()}
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
