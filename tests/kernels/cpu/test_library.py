"""Which compiled kernels are chosen, and what is said where there are none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from genoseq.errors import BackendError
from genoseq.kernels.cpu import choose, library

FEATURES = (
    "avx2", "fma3", "avx512_f", "avx512_bw", "avx512_vl", "avx512_dq", "avx512_vnni", "avx512_bf16",
)  # fmt: skip
ARM64 = ("neon_i8mm", "neon_dotprod", "neon")
TILES = ("amx_tile", "amx_int8", "amx_bf16")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Let a machine be another, of some features, for which some sets were compiled."""
    monkeypatch.delenv(library.VARIABLE, raising=False)
    library._best.cache_clear()

    def pretend(architecture: str, features: tuple[str, ...], compiled: tuple[str, ...]) -> None:
        found = {"architecture": architecture, **dict.fromkeys(features, True)}
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found)
        monkeypatch.setattr(library, "_path", lambda name: name if name in compiled else None)

    yield pretend
    library._best.cache_clear()


@pytest.mark.parametrize(
    ("architecture", "features", "compiled", "name"),
    [
        ("x86_64", FEATURES, ("avx2", "avx512", "avx512_bf16"), "avx512_bf16"),
        ("x86_64", FEATURES + TILES, ("avx2", "avx512_bf16"), "avx512_bf16"),
        ("x86_64", FEATURES[:-1], ("avx2", "avx512", "avx512_bf16"), "avx512"),
        ("x86_64", FEATURES[:-1], ("avx512", "avx512_vnni"), "avx512_vnni"),
        ("x86_64", (*FEATURES[:2], "avx_vnni"), ("avx2", "avx2_vnni", "avx512"), "avx2_vnni"),
        ("x86_64", FEATURES, ("avx2",), "avx2"),
        ("AMD64", FEATURES[:2], ("avx2", "avx512"), "avx2"),
        ("aarch64", ("dot", "i8mm", "bf16"), ARM64, "neon_i8mm"),
        ("arm64", ("dot",), ARM64, "neon_dotprod"),
        ("aarch64", (), ARM64, "neon"),
        ("aarch64", ("dot", "i8mm"), ("neon",), "neon"),
        ("x86_64", (), ("avx2", "neon"), "torch"),
        ("x86_64", ("dot", "i8mm"), ARM64, "torch"),
        ("riscv64", (), ("neon",), "torch"),
    ],
)
def test_choose_takes_the_best_that_is_compiled_and_runs(
    machine, architecture, features, compiled, name
) -> None:  # type: ignore[no-untyped-def]
    machine(architecture, features, compiled)
    assert choose().name == name


@pytest.mark.parametrize("features", [("dot", "i8mm"), ("dot",), ()])
def test_int8_is_computed_on_arm64_and_bf16_left_to_torch(machine, features) -> None:  # type: ignore[no-untyped-def]
    machine("aarch64", features, ARM64)
    assert choose().has_int8
    assert choose().dtypes == (torch.float32,)


def test_choose_says_what_to_do_where_nothing_is_compiled(machine) -> None:  # type: ignore[no-untyped-def]
    machine("x86_64", FEATURES, ())
    assert choose().dtypes == ()
    assert choose().reason == (
        "the kernels of avx512_bf16 were not compiled, or of other sources than these, which is "
        "slower: install a C++ compiler, then genoseq again"
    )
    machine("x86_64", (), ("avx2",))
    library._best.cache_clear()
    assert choose().reason.startswith("the processor has none of amx, avx512_bf16, avx512_vnni, ")


def test_choose_obeys_the_environment(machine, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    machine("x86_64", FEATURES[:2], ("avx2", "avx512"))
    for name in ("torch", "avx2"):
        monkeypatch.setenv(library.VARIABLE, name)
        assert choose() == (name, f"asked for by {library.VARIABLE}")
    for name, why in {
        "avx512": "the processor lacks it; use auto or torch",
        "neon": "the processor lacks it; use auto or torch",
        "sse": f"use auto, torch, {', '.join(library.SETS)}",
    }.items():
        monkeypatch.setenv(library.VARIABLE, name)
        with pytest.raises(BackendError, match=f"^{library.VARIABLE}={name}: {why}$"):
            choose()
    machine("x86_64", FEATURES, ("avx2",))
    monkeypatch.setenv(library.VARIABLE, "avx512")
    with pytest.raises(BackendError, match="it was not compiled when genoseq was installed"):
        choose()


def test_tiles_are_used_where_the_system_lets_programs(
    machine, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    machine("x86_64", FEATURES + TILES, ("amx", "avx512_bf16"))
    for allowed, name in {True: "amx", False: "avx512_bf16"}.items():
        monkeypatch.setattr(library, "_may_run", lambda _, allowed=allowed: allowed)
        library._best.cache_clear()
        assert choose().name == name
    monkeypatch.setenv(library.VARIABLE, "amx")
    with pytest.raises(BackendError, match="=amx: the system does not let programs use it"):
        choose()


def test_kernels_of_other_sources_are_not_used(tmp_path: Path) -> None:
    folder = Path(library.__file__).parent
    for path in (*folder.glob("*.cpp"), *folder.glob("*.h"), *folder.glob("*.kernels")):
        shutil.copy(path, tmp_path)
    (compiled, *_) = sorted(tmp_path.glob("*.kernels"))
    assert library._is_current(compiled)
    library._is_current.cache_clear()
    with (tmp_path / "vectors.h").open("a") as header:
        header.write("// of another day\n")
    assert not library._is_current(compiled)


def test_kernels_are_compiled_wherever_there_is_a_compiler() -> None:
    # Comparisons with PyTorch skip the sets that do not run here: one at least has to.
    able = [name for name in library.SETS if library._processor_has(name)]
    assert library.runnable() or not able or shutil.which("c++") is None
