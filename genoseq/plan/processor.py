"""The speed of this processor beside that of the one that the constants of estimates come from.

It is measured once, in processes of their own that import torch, and kept in the user's cache.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import mean
from typing import Literal
from zlib import crc32

from genoseq.files.atomic import atomic_file
from genoseq.files.provenance import cpuinfo, processor
from genoseq.files.stored import read_json
from genoseq.plan.constants import SPEED_SECONDS

_log = logging.getLogger(__name__)

Work = Literal["scoring", "training"]
_COMMAND = (sys.executable, "-m", "genoseq.models.speed")
_TIMEOUT = 60
"""Seconds: a processor that needs so many is not waited for."""


@dataclass(frozen=True)
class Speed:
    """How long work takes on a processor.

    Attributes
    ----------
    name
        Of the processor; empty where nothing was measured.
    seconds
        Of what :data:`~genoseq.plan.constants.SPEED_SECONDS` has, and of the same in bf16 and int8
        where the processor computes in them.
    """

    name: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)

    def plain(self) -> float:
        """Times the seconds of the constants that rules without a network take."""
        return self.seconds.get("plain", SPEED_SECONDS["plain"]) / SPEED_SECONDS["plain"]

    def network(self, like: str, work: Work, precision: Literal["bf16", "fp32", "int8"]) -> float:
        """Times the seconds of the constants that a network takes.

        Parameters
        ----------
        like
            One of those measured; 1 of any other.
        precision
            bf16 and int8 count where the processor computes in them.
        """
        known = SPEED_SECONDS.get(f"{like} {work} fp32", 1.0)
        found = self.seconds.get(f"{like} {work} fp32", known)
        return self.seconds.get(f"{like} {work} {precision}", found) / known


REFERENCE = Speed()
"""Of the processor that the constants were measured on."""


def speed_here() -> Speed:
    """Speed of this processor: from the user's cache, or measured now.

    :data:`REFERENCE` where it cannot be measured.  A cache that cannot be written is no error.
    """
    path, key = _cache(), _key()
    known = _read(path)
    if key not in known:
        _log.info("measuring the speed of this processor, once: some seconds")
        if not (found := measured_seconds(_TIMEOUT)):
            return REFERENCE
        known[key] = found
        with suppress(OSError), atomic_file(path) as partial:
            partial.write_text(json.dumps(known, indent=1))
    return Speed(processor(), known[key])


def _cache() -> Path:
    """Its file; one that cannot be written where there is no home."""
    # Path.expanduser fails where there is no home.
    folder = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    return Path(os.devnull if folder[:1] == "~" else folder, "genoseq", "speed.json")


def _key() -> str:
    """What the speed depends on: processor, torch, and the work that is measured.

    Work that changes, or is measured otherwise, has other seconds in the constants.
    """
    try:
        torch = version("torch")
    except PackageNotFoundError:
        torch = "none"
    bf16 = [name for name in ("avx512_bf16", "amx_bf16") if name in cpuinfo("flags").split()]
    hidden = os.environ.get("ONEDNN_MAX_CPU_ISA", "")
    work = f"work {crc32(json.dumps(SPEED_SECONDS, sort_keys=True).encode()):08x}"
    words = [processor(), f"torch {torch}", "1 thread", work, *bf16, hidden]
    return "; ".join(filter(None, words))


def _read(path: Path) -> dict[str, dict[str, float]]:
    """The speeds of a cache; none of one that is missing or damaged."""
    try:
        found = read_json(path)
        return {
            key: {name: float(each) for name, each in seconds.items() if float(each) > 0}
            for key, seconds in found.items()
            if seconds.keys() >= SPEED_SECONDS.keys()
        }
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def measured_seconds(timeout: float) -> dict[str, float]:
    """Means of two processes at once, as the constants were measured.

    Nothing if one fails, or is not done within the seconds of the timeout.
    """
    try:
        with ExitStack() as stack:
            running = [_start(stack) for _ in range(min(2, os.cpu_count() or 1))]
            said = [json.loads(process.communicate(timeout=timeout)[0]) for process in running]
        return {name: mean(seconds[name] for seconds in said) for name in said[0]}
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired):
        return {}


def _start(stack: ExitStack) -> subprocess.Popen[bytes]:
    """A process that measures; it is killed where the stack ends, if it still runs."""
    process = stack.enter_context(
        subprocess.Popen(_COMMAND, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    )
    stack.callback(process.kill)
    return process
