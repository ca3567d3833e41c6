"""Kernels for arm64 on another processor: a wheel of them compiled here, run by qemu, bit for bit.

    apt-get install g++-aarch64-linux-gnu qemu-user-static
    python benchmarks/arm64.py ROOT SITE [--processors max cortex-a76] [--tests]

Nothing is installed by it.  ROOT has Debian's Python of arm64, SITE its packages (600 MB; torch
2.10, as later ones on PyPI want CUDA's libraries there):

    dpkg --add-architecture arm64 && apt-get update
    apt-get download {python3.11-minimal,libpython3.11-minimal,libpython3.11-stdlib}:arm64 \\
        {libc6,zlib1g,libexpat1,libssl3,libffi8,libstdc++6,libgcc-s1,libgomp1}:arm64 \\
        {libbz2-1.0,liblzma5,libsqlite3-0,libuuid1}:arm64
    for each in *.deb; do dpkg-deb -x $each ROOT; done
    pip install --target SITE --python-version 3.11 --only-binary=:all: \\
        --platform manylinux_2_28_aarch64 --platform manylinux2014_aarch64 torch==2.10.0 numpy \\
        pydantic pyyaml safetensors pytest hypothesis biopython deflate pyfaidx pysam jinja2 rich \\
        typer

Each of qemu's processors chooses its kernels, then computes random layers, stems and heads by every
set that it has: LSTM, GRU and RNN in both directions, odd widths and rows, fp32 and int8.  The
digests have to be those of every set that runs here, and of int8 those of PyTorch's twin too; the
status is 1 if one is not.  ``--tests`` runs tests/kernels/cpu by the first of them as well (some
CPU minutes).  qemu says nothing of speed, and nothing is measured of it.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from genoseq.kernels.cpu import (
    Layer,
    choose,
    head_of,
    integer_head,
    integer_layer,
    look_up,
    outputs_by_torch,
    read_head,
    run_integer_layer,
    run_layer,
    states_as_bytes,
    states_by_torch,
)
from genoseq.kernels.cpu.library import Chosen, runnable
from genoseq.kernels.cpu.recurrent import Family

FAMILIES: dict[Family, int] = {"rnn": 1, "gru": 3, "lstm": 4}
"""Gates of each."""
SHAPES = ((96, 64, 8), (33, 27, 5), (7, 5, 1), (1, 3, 19), (128, 17, 6))
"""Inputs, width and rows of layers."""
HEADS = ((128, 3, 7), (33, 1, 3), (5, 4, 20))
"""Width, bases and states of heads."""
REPOSITORY = Path(__file__).parents[1]
COMPILER = "aarch64-linux-gnu-"
FEATURES = {"dot": (16, 20), "i8mm": (26, 13)}
"""By torch's names: the entry (AT_HWCAP, AT_HWCAP2) in which Linux tells programs, and the bit."""
TESTS = ["-P", "-m", "pytest", "-p", "arm64", "-p", "no:cacheprovider", "-q", "tests/kernels/cpu"]
"""With -P the package is the wheel's, not the checkout's."""
TWIN = "twin"
"""The name of what PyTorch computes."""

Digests = dict[str, dict[str, str]]
"""Of the bits of all answers, by set of kernels and what is computed."""


def pytest_configure() -> None:
    """As a plugin of pytest (``-p arm64``), and before digests: features of the processor, which
    torch tells from 2.11 on."""
    if platform.machine() != "aarch64" or hasattr(torch.cpu, "get_capabilities"):
        return
    tell = ctypes.CDLL(None).getauxval
    tell.argtypes, tell.restype = [ctypes.c_ulong], ctypes.c_ulong
    found = {name: bool(tell(entry) >> bit & 1) for name, (entry, bit) in FEATURES.items()}
    torch.cpu.get_capabilities = lambda: {"architecture": "aarch64", **found}


def numbers(seed: int, *shape: int) -> Tensor:
    """Of -4 to 4, the same on every machine: whole numbers, divided by a power of 2."""
    whole = np.random.default_rng(seed).integers(-(2**15), 2**15, shape)
    return torch.from_numpy((whole / 2.0**13).astype(np.float32))


def of_layers(name: str) -> Iterator[tuple[str, Tensor]]:
    """States of layers in two directions."""
    for (family, gates), (inputs, width, rows) in product(FAMILIES.items(), SHAPES):
        title = f"{family} of {inputs} to {width}, {rows} rows"
        steps, lengths = numbers(1, 23, rows, inputs), torch.arange(rows) * 5 % 17 + 7
        weights = [
            Layer(
                numbers(2 + turn, gates * width, inputs) / 8,
                numbers(4 + turn, gates * width, width) / 8,
                numbers(6 + turn, gates * width),
                numbers(8 + turn, gates * width),
            )
            for turn in range(2)
        ]
        low, high = steps.amin((0, 1)), steps[:5].amax((0, 1))  # some are beyond
        made = [integer_layer(family, each, low, high) for each in weights]
        if name == TWIN:
            both = [
                states_by_torch(family, steps, made[turn], reverse=turn == 1) for turn in (0, 1)
            ]
            yield f"{title}, int8", torch.cat(both, 2)
            continue
        chosen, wanted = Chosen(name, ""), range(2, 21)
        yield f"{title}, int8", run_integer_layer(chosen, family, steps, made)
        yield (
            f"{title}, int8, some steps, as bytes",
            run_integer_layer(chosen, family, steps, made, lengths, wanted, torch.uint8),
        )
        yield (
            f"{title}, fp32, some steps",
            run_layer(chosen, family, steps, weights, lengths, wanted),
        )


def of_heads(name: str) -> Iterator[tuple[str, Tensor]]:
    """Logits and probabilities of heads."""
    for width, bases, states in HEADS:
        title = f"head of {width} to {bases} x {states}"
        weight, bias = numbers(1, bases * states, width) / 8, numbers(2, bases * states)
        hidden = (numbers(3, 37, 5, width) / 4).clamp(-1, 1)
        made, told = integer_head(weight, bias, bases, states), states_as_bytes(hidden)
        if name == TWIN:
            yield f"{title}, int8", outputs_by_torch(told, made)
            continue
        chosen = Chosen(name, "")
        yield f"{title}, int8", read_head(chosen, told, made)
        yield f"{title}, int8, softmax", read_head(chosen, told, made, softmax=True)
        plain = head_of(weight, bias, bases, states)
        yield f"{title}, fp32, softmax", read_head(chosen, hidden, plain, softmax=True)


def of_stems(name: str) -> Iterator[tuple[str, Tensor]]:
    """Vectors of steps."""
    if name == TWIN:
        return
    codes = torch.from_numpy(np.random.default_rng(1).integers(0, 5, (3, 100)).astype(np.uint8))
    for width in (1, 33, 96):
        tables, scale = numbers(2, 4, 125, width) / 4, numbers(3, width).abs() * 16
        for dtype in (torch.float32, torch.uint8):
            of_bytes = (scale, scale.round()) if dtype == torch.uint8 else (None, None)
            found = look_up(
                Chosen(name, ""), codes, tables, steps=30, word=3, hop=3, step=3,
                activate=True, dtype=dtype, scale=of_bytes[0], zero=of_bytes[1],
            )  # fmt: skip
            yield f"stem of {width}, {dtype}", found


def digests() -> Digests:
    """Of every set that runs here, and of PyTorch's twin."""
    return {
        name: {
            title: hashlib.sha256(found.contiguous().numpy().tobytes()).hexdigest()
            for part in (of_layers, of_heads, of_stems)
            for title, found in part(name)
        }
        for name in [*runnable(), TWIN]
    }


def make_wheel(folder: Path) -> Path:
    """A wheel for arm64, by setup.py of this checkout."""
    for program in (f"{COMPILER}g++", "qemu-aarch64-static"):
        if shutil.which(program) is None:
            sys.exit(
                f"{program} is missing: apt-get install g++-aarch64-linux-gnu qemu-user-static"
            )
    asked = {
        "CC": f"{COMPILER}gcc",
        "CXX": f"{COMPILER}g++",
        "_PYTHON_HOST_PLATFORM": "linux-aarch64",
    }
    command = [sys.executable, "setup.py", "-q", "build", "-b", folder / "build", "bdist_wheel"]
    done = subprocess.run(
        [*command, "-b", folder / "made", "-d", folder], cwd=REPOSITORY,
        env={**os.environ, **asked}, check=False, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        sys.exit(done.stderr)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        made = sorted(Path(each).stem for each in archive.namelist() if each.endswith(".kernels"))
        archive.extractall(folder / "genoseq")
    print(f"{wheel.name}: {', '.join(made) or 'no kernels'}")
    return folder / "genoseq"


def by_qemu(cpu: str, asked: argparse.Namespace, wheel: Path, command: list[str]) -> list[str]:
    """A command line of Python of arm64 with the kernels of a wheel."""
    folders = [wheel, asked.site, REPOSITORY / "benchmarks", REPOSITORY / "tests"]
    path = ":".join(str(Path(each).resolve()) for each in folders)
    root = Path(asked.root).resolve()
    python = root / "usr/bin/python3.11"
    return [
        "qemu-aarch64-static", "-cpu", cpu, "-L", str(root), "-E", f"PYTHONPATH={path}",
        "-E", "OMP_NUM_THREADS=1", str(python), *command,
    ]  # fmt: skip


def differ(where: str, found: Digests, expected: dict[str, str]) -> bool:
    """Whether answers have other bits than are expected; prints how many, and which."""
    failed = False
    for name, own in found.items():
        other = [title for title, each in own.items() if each != expected[title]]
        print(
            f"{where}, {name}: {len(own)} answers, {len(other)} of other bits", *other, sep="\n  "
        )
        failed |= bool(other)
    sys.stdout.flush()
    return failed


def main() -> None:
    """Print which sets gave which bits; status 1 if any are others."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", type=Path)
    parser.add_argument("site", type=Path)
    parser.add_argument("--processors", nargs="+", default=["max", "cortex-a76"])
    parser.add_argument("--tests", action="store_true")
    asked = parser.parse_args()
    found, failed = digests(), False
    expected = {title: each for name in found for title, each in found[name].items()}
    with tempfile.TemporaryDirectory() as temporary:
        wheel = make_wheel(Path(temporary))
        failed |= differ("here", found, expected)
        for cpu in asked.processors:
            line = by_qemu(cpu, asked, wheel, [__file__, "--digests"])
            done = subprocess.run(line, check=False, stdout=subprocess.PIPE)
            if done.returncode:
                print(f"{cpu}: ended with {done.returncode}", flush=True)
                failed = True
                continue
            told = json.loads(done.stdout)
            print(f"{cpu}: of itself {told['chosen']}")
            failed |= differ(cpu, told["digests"], expected)
        if asked.tests:
            line = by_qemu(asked.processors[0], asked, wheel, TESTS)
            failed |= subprocess.run(line, check=False, cwd=REPOSITORY).returncode != 0
    sys.exit(int(failed))


if __name__ == "__main__":
    if sys.argv[1:] == ["--digests"]:
        pytest_configure()
        print(json.dumps({"chosen": choose().name, "digests": digests()}))
    else:
        main()
