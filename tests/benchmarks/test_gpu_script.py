"""benchmarks/gpu.sh: really on a CPU, and its course on a GPU with programs that pretend."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
GPU_PARTS = [
    "Attention operator: checks of the Triton kernels on the GPU",
    "compute-sanitizer, memcheck",
    "compute-sanitizer, racecheck",
    "Attention: time and memory",
    "Attention: FlexAttention",
    "Training step and scoring",
]


def run(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The script with these words."""
    return subprocess.run(
        ["bash", REPOSITORY / "benchmarks" / "gpu.sh", *words],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )


def parts_of(report: Path) -> dict[str, str]:
    """What the report says under each title."""
    pieces = re.split(r"^== (.*) ==$", report.read_text(), flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def program(path: Path, lines: str) -> Path:
    """A bash script that can be run."""
    path.write_text(f"#!/bin/bash\n{lines}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def pretended(tmp_path: Path) -> dict[str, str]:
    """A Python that sees a GPU and fails the checks, a sanitizer, a `timeout` that notes limits."""
    folder = tmp_path / "bin"
    folder.mkdir()
    sees_gpu = "[[ $1 != -c ]] || { echo cuda; exit; }"
    program(folder / "python", f'{sees_gpu}; echo "ran $*"; [[ $2 != kernels.device ]] || exit 3')
    program(folder / "compute-sanitizer", 'echo "sanitized $*"; [[ $2 != racecheck ]] || exit 124')
    program(folder / "timeout", f'echo "$2" >>{tmp_path}/limits; shift 2; exec "$@"')
    return {"PYTHON": str(folder / "python"), "PATH": f"{folder}:{os.environ['PATH']}"}


def test_gpu_script_runs_on_a_cpu_and_says_what_it_did_not_measure(tmp_path: Path) -> None:
    done = run("--cpu", "--out", tmp_path / "report.txt", PYTHON=sys.executable)
    assert done.returncode == 0, done.stdout + done.stderr
    parts = parts_of(tmp_path / "report.txt")
    for title in GPU_PARTS:
        assert parts.pop(title).split("\n")[1] == "not measured: --cpu was asked for", title
    environment, checks, attention, models = parts.values()
    assert re.search(r"^torch +\d", environment, re.MULTILINE)
    assert checks.count(" ok") == 5
    assert re.findall(r"^(genoseq|SDPA dense mask) .* ([\d.]+) ", attention, re.MULTILINE)
    assert "cannot" not in attention
    assert len(re.findall(r"^(?:BiLSTM|Transformer) +fp32 .*\d$", models, re.MULTILINE)) == 4
    assert done.stdout == (tmp_path / "report.txt").read_text()


def test_gpu_script_goes_on_after_a_failure_and_ends_with_1(
    tmp_path: Path, pretended: dict[str, str]
) -> None:
    done = run("--out", tmp_path / "report.txt", **pretended)
    assert done.returncode == 1
    parts = parts_of(tmp_path / "report.txt")
    assert list(parts) == ["Environment", *GPU_PARTS]
    checks, memcheck, racecheck, *others = (parts[title] for title in GPU_PARTS)
    assert "ran -m kernels.device --device cuda --jobs 8\nFAILED: exit status 3" in checks
    assert "sanitized --tool memcheck" in memcheck
    assert "FAILED: stopped after 45 seconds" in racecheck
    assert all("ran benchmarks/" in text and "FAILED:" not in text for text in others[:-1])
    assert "parts that FAILED: 2" in others[-1]
    limits = [int(line) for line in (tmp_path / "limits").read_text().split()]
    assert len(limits) == len(parts)
    assert sum(limits) + 5 * len(limits) <= 480  # 5 seconds each to be killed


def test_gpu_script_says_that_there_is_no_sanitizer(
    tmp_path: Path, pretended: dict[str, str]
) -> None:
    (tmp_path / "bin" / "compute-sanitizer").unlink()
    run("--out", tmp_path / "report.txt", **pretended)
    parts = parts_of(tmp_path / "report.txt")
    for tool in ("memcheck", "racecheck"):
        assert parts[f"compute-sanitizer, {tool}"].strip() == "not run: compute-sanitizer not found"


def test_gpu_script_refuses_what_it_does_not_know() -> None:
    done = run("--gpu")
    assert (done.returncode, done.stderr) == (2, "gpu.sh: unknown option --gpu; see --help\n")
    assert run("--help").stdout.count("--out") == 2
