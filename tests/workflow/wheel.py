"""genoseq as a wheel, installed into an environment of its own, without a network."""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import NamedTuple

from genoseq.kernels.cpu import library

REPOSITORY = Path(__file__).parents[2]
SOURCES = (
    "genoseq",
    "workflows",
    "config",
    "Snakefile",
    "pyproject.toml",
    "setup.py",
    "README.md",
    "LICENSE",
)
"""What a wheel is made of, its links included."""


class Installed(NamedTuple):
    """A wheel, and the environment in which it is installed."""

    wheel: Path
    environment: Path

    def run(
        self, folder: Path, *words: str, home: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """``genoseq`` by its path, nothing activated, in a folder; all output is in ``stdout``."""
        variables = {**os.environ, "PATH": "/usr/bin:/bin"}
        variables.pop("PYTHONPATH", None)
        if home is not None:
            variables.pop("XDG_CACHE_HOME", None)
            variables["HOME"] = home
        return subprocess.run(
            [str(self.environment / "bin/genoseq"), *words],
            cwd=folder,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


def kernels() -> list[Path]:
    """Kernels that were compiled from these sources where the tests' genoseq was installed.

    The best instruction set is first.
    """
    paths = (Path(library.__file__).with_name(f"{name}.kernels") for name in library.SETS)
    return [path for path in paths if path.is_file() and library._is_current(path)]


def reuse_kernels(source: Path) -> None:
    """Put all kernels but one where the build looks for what is compiled already.

    To compile them all takes a minute of a processor, and was done by the same ``setup.py``; the
    one that is left shows that a wheel compiles.
    """
    built = f"lib.{sysconfig.get_platform()}-{sys.implementation.cache_tag}"
    folder = source / "build" / built / "genoseq/kernels/cpu"
    folder.mkdir(parents=True)
    for path in kernels()[:-1]:
        shutil.copy(path, folder)  # newer than the sources, as the build wants it


def install_wheel(folder: Path) -> Installed:
    """Build a wheel of this repository in ``folder`` and install it there.

    The new environment finds the packages that genoseq needs where the tests' own has them, but not
    the tests' genoseq: links to a clone (``.pth``) are followed in the first folder only.
    """
    source, environment = folder / "source", folder / "environment"
    source.mkdir()
    for path in (REPOSITORY / name for name in SOURCES):
        if path.is_dir():
            shutil.copytree(path, source / path.name, symlinks=True)
        else:
            shutil.copy(path, source)
    reuse_kernels(source)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    built = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(source)]
    subprocess.run([*pip, *built], check=True)
    (wheel,) = folder.glob("*.whl")
    venv.create(environment, symlinks=True)
    python = environment / "bin/python"
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "outer.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    install = ["install", "--no-deps", "--no-index", "--no-compile", str(wheel)]
    subprocess.run([*pip, "--python", str(python), *install], check=True)
    return Installed(wheel, environment)
