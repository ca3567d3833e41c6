"""The compiled part of genoseq: kernels for CPUs, one library for each instruction set.

All else is in pyproject.toml.  Each library is optional: where it cannot be compiled, PyTorch
computes, and ``genoseq doctor`` says so.  None of them knows Python, so a wheel suits every
version of it.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from copy import copy
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

FOLDER = "genoseq/kernels/cpu"
AVX512 = ["-mavx2", "-mfma", "-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512dq"]
AVX512_BF16 = [*AVX512, "-mavx512vnni", "-mavx512bf16"]
X86 = {
    "avx2": ["-mavx2", "-mfma"],
    "avx2_vnni": ["-mavx2", "-mfma", "-mavxvnni"],
    "avx512": AVX512,
    "avx512_vnni": [*AVX512, "-mavx512vnni"],
    "avx512_bf16": AVX512_BF16,
    "amx": [*AVX512_BF16, "-mamx-tile", "-mamx-int8", "-mamx-bf16"],
}
ARM64 = {
    "neon": ["-march=armv8-a"],
    "neon_dotprod": ["-march=armv8.2-a+dotprod"],
    "neon_i8mm": ["-march=armv8.2-a+dotprod+i8mm"],
}
SETS = {"x86_64": X86, "AMD64": X86, "aarch64": ARM64, "arm64": ARM64}
"""Options of the compiler, by machine and instruction set (genoseq/kernels/cpu/library.py)."""
MACHINE = os.environ.get("_PYTHON_HOST_PLATFORM", platform.machine()).rpartition("-")[2]
"""What is compiled for: of the variable, which names wheels too, such as linux-aarch64, the end."""
ONE_KIND = ["-arch", MACHINE] if sys.platform == "darwin" else []
"""Python of macOS may be of two kinds of processor, and would have both compiled."""
OPTIONS = ["-std=c++17", "-O3", "-ffp-contract=off", "-fvisibility=hidden", "-g0", "-fno-tree-pre"]
"""The last: with it GCC copies each sum of a block once a step, and AVX2 loses a tenth."""


def sources() -> str:
    """SHA-256 of what is compiled, as genoseq/kernels/cpu/library.py has it."""
    folder = Path(__file__).with_name("genoseq") / "kernels" / "cpu"
    found = sorted([*folder.glob("*.cpp"), *folder.glob("*.h")])
    return hashlib.sha256(b"".join(path.read_bytes() for path in found)).hexdigest()


class BuildKernels(build_ext):
    """Libraries under names that no version of Python takes for modules."""

    def finalize_options(self) -> None:
        """One compiler for each processor."""
        super().finalize_options()
        self.parallel = self.parallel or True

    def build_extension(self, ext: Extension) -> None:
        """One library, its objects in a folder of their own: all have the same sources."""
        own = copy(self)  # others are built at the same time
        own.build_temp = str(Path(self.build_temp, ext.name))
        super(BuildKernels, own).build_extension(ext)

    def get_ext_filename(self, fullname: str) -> str:
        """Such as genoseq/kernels/cpu/avx2.kernels."""
        return f"{fullname.replace('.', '/')}.kernels"


class AnyPython(bdist_wheel):
    """A wheel of one kind of processor and any Python 3."""

    def get_tag(self) -> tuple[str, str, str]:
        """Such as py3-none-linux_x86_64."""
        return "py3", "none", super().get_tag()[2]


setup(
    ext_modules=[
        Extension(
            f"genoseq.kernels.cpu.{name}",
            [f"{FOLDER}/{source}.cpp" for source in ("head", "lstm", "recurrent", "scan", "stem")],
            depends=[f"{FOLDER}/{name}.h" for name in ("formats", "rows", "tiles", "vectors")],
            define_macros=[("GENOSEQ_SOURCES", f'"{sources()}"')],
            extra_compile_args=[*OPTIONS, *options, *ONE_KIND],
            extra_link_args=ONE_KIND,
            language="c++",
            optional=True,
        )
        for name, options in SETS.get(MACHINE, {}).items()
    ],
    cmdclass={"bdist_wheel": AnyPython, "build_ext": BuildKernels},
)
