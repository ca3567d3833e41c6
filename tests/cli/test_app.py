"""The door: help that is quick and complete, errors that are one line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from command import Genoseq
from planted import planted_store
from typer.testing import CliRunner

from genoseq import __version__
from genoseq.cli.app import answer, app, asked_for
from genoseq.config.context import BATCH_BASES, WINDOW_BASES

ROOT = typer.main.get_command(app)


def verbs(command: Any = ROOT, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every verb, groups opened: ("demo",), ("config", "check") ..."""
    children = getattr(command, "commands", {})
    if not children:
        yield path
    for name, child in children.items():
        yield from verbs(child, (*path, name))


HEAVY = {"torch", "tensorboard", "matplotlib", "pysam", "Bio", "numpy", "pydantic", "pyrodigal"}


def test_app_help_loads_no_heavy_package() -> None:
    code = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from genoseq.cli.app import app\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        "print(*sys.modules)\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(found.stdout.split())


STARTED = """
import gc, sys
runs = []
gc.callbacks.append(lambda phase, told: runs.append(told["generation"]))
from genoseq.cli.app import main
try:
    main()
finally:
    print(runs.count(2), len(runs), *sys.modules)
"""
NEEDLESS = {"torch._dynamo", "torch._inductor", "sympy", "triton", "tensorboard", "matplotlib"}
NEEDLESS |= {"pysam", "Bio", "pyrodigal", "scipy", "pandas", "snakemake", "yaml", "jinja2", "rich"}


def test_app_scores_without_what_scoring_does_not_need(tmp_path: Path) -> None:
    """Neither modules nor searches for garbage, which took a fifth of a short command."""
    (tmp_path / "tiny.fa").write_text(f">tiny\n{'ACGTTGCATC' * 50}\n")
    words = ["-q", "score", tmp_path / "tiny.fa", "-o", tmp_path / "out", "--threads", "1"]
    command = [sys.executable, "-c", STARTED, *map(str, words)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    full, searches, *modules = found.stdout.split()
    assert "torch" in modules
    assert not NEEDLESS & set(modules)
    assert int(full) == 0
    assert int(searches) < 200  # by Python's own settings 1,600


@pytest.mark.skipif(sys.platform != "linux", reason="Triton is a dependency on Linux alone")
def test_app_leaves_stderr_alone_at_the_end() -> None:
    """What nanobind finds uncollected at the end of a process it tells there, line by line."""
    code = "import triton._C.libtriton; from genoseq.cli.app import answer; answer(lambda: None)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stderr == ""


@pytest.mark.parametrize(
    ("words", "built"),
    [
        (["-q", "score", "x.fa", "genes"], {"score"}),
        (["scor"], {"score", "genes", "config"}),
        ([], {"score", "genes", "config"}),
        (["config", "show"], {"score", "config"}),
    ],
)
def test_app_builds_the_verb_that_is_asked_for(words: list[str], built: set[str]) -> None:
    found = set(typer.main.get_command(asked_for(words)).commands)  # type: ignore[attr-defined]
    assert built <= found
    assert (found == built) == (len(built) == 1)


@pytest.mark.parametrize("verb", list(verbs()), ids=" ".join)
def test_app_verb_has_help_that_ends_with_an_example(verb: tuple[str, ...]) -> None:
    found = CliRunner().invoke(app, [*verb, "--help"], env={"COLUMNS": "200"})
    assert found.exit_code == 0
    words = found.output.split()
    assert "Example: genoseq " + " ".join(verb) in " ".join(words)
    example = " ".join(words).split("Example: ")[1]
    assert len(example) > len("genoseq") + len(" ".join(verb)) or verb == ("doctor",)


@pytest.mark.parametrize("verb", list(verbs()), ids=" ".join)
def test_app_verb_options_are_kebab_case_and_shorts_are_few(verb: tuple[str, ...]) -> None:
    command: Any = ROOT
    for name in verb:
        command = command.commands[name]
    options = [option for option in command.params if option.param_type_name == "option"]
    for word in (word for option in options for word in option.opts):
        assert word == word.lower()
        assert "_" not in word
        assert word.startswith("--") or word in ("-c", "-m", "-o", "-q", "-v", "-h")


@pytest.mark.parametrize("verb", list(verbs()), ids=" ".join)
def test_app_verb_numbers_have_bounds(verb: tuple[str, ...]) -> None:
    command: Any = ROOT
    for name in verb:
        command = command.commands[name]
    options = [option for option in command.params if option.param_type_name == "option"]
    for option in options:
        if option.type_descriptor.annotation in (int, int | None):
            assert option.max is not None, option.name
            assert option.max < 2**63


@pytest.mark.parametrize("verb", list(verbs()), ids=" ".join)
def test_app_verb_writes_to_out(verb: tuple[str, ...]) -> None:
    command: Any = ROOT
    for name in verb:
        command = command.commands[name]
    names = [option.opts for option in command.params if {"-o", "--output"} & {*option.opts}]
    assert names in ([], [["-o", "--out"]])


def test_app_help_tells_the_defaults_that_verbs_load_late() -> None:
    root: Any = ROOT
    shown = {
        (verb, option.name): option.show_default
        for verb in ("score", "train")
        for option in root.commands[verb].params
        if option.param_type_name == "option"
    }
    assert shown["score", "window"] == str(WINDOW_BASES)
    assert shown["score", "batch_bases"] == str(BATCH_BASES)
    assert shown["train", "context"] == "measured; a Transformer's reach"


def test_app_prints_its_version(genoseq: Genoseq) -> None:
    assert genoseq("--version").stdout == f"genoseq {__version__}\n"


def test_app_starts_verbs_that_no_run_of_the_workflow_has(tmp_path: Path) -> None:
    planted_store(tmp_path / "store", ("train", 3000), ("test", 900))
    leaks = ("leaks", str(tmp_path / "store"), "-o", str(tmp_path / "leaks.json"))
    for words in (("doctor",), ("config", "show"), leaks):
        command = [sys.executable, "-m", "genoseq", *words]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        said = f"leaks: wrote {leaks[-1]}: 1 pair of splits\n" if words == leaks else ""
        assert (found.returncode, found.stderr) == (0, said)
        assert found.stdout


def test_app_error_is_one_line_and_exit_1(tmp_path: Path, genoseq: Genoseq) -> None:
    found = genoseq("config", "check", tmp_path / "none.yaml")
    assert found.returncode == 1
    assert found.stdout == ""
    assert found.stderr == (
        f"genoseq: error: {tmp_path}/none.yaml: cannot be read: No such file or directory\n"
    )


def test_app_misuse_is_exit_2(genoseq: Genoseq) -> None:
    assert genoseq("config", "check", "--no-such-option").returncode == 2


def test_app_takes_quiet_and_verbose_after_the_verb(tmp_path: Path, genoseq: Genoseq) -> None:
    (tmp_path / "a.fa").write_text(">a\nACGT\n")
    words = ("extract", tmp_path / "a.fa", "-o", tmp_path / "b.fa")
    assert genoseq(*words).stderr == f"extract: wrote {words[-1]}: 1 region, 4 bp\n"
    assert genoseq(*words, "-q").stderr == ""
    failed = genoseq("extract", tmp_path / "none.fa", "-o", tmp_path / "b.fa", "--verbose")
    assert failed.returncode == 1
    assert "Traceback" in failed.stderr


def test_app_terminated_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    os.mkfifo(tmp_path / "never")
    words = ["extract", str(tmp_path / "never"), "-o", str(tmp_path / "out.fa")]
    with (
        subprocess.Popen(
            [sys.executable, "-m", "genoseq", *words],
            env={**os.environ, "TMPDIR": str(tmp_path / "temporary")},
            stderr=subprocess.PIPE,
        ) as process,
        (tmp_path / "never").open("wb"),  # opens once the process reads
    ):
        process.terminate()
        _, said = process.communicate()
    assert (process.returncode, said) == (128 + signal.SIGTERM, b"")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["never", "temporary"]
    assert not any((tmp_path / "temporary").iterdir())


@pytest.mark.parametrize("words", [["models"], ["config", "schema"], ["--help"]], ids=" ".join)
@pytest.mark.parametrize("full", [True, False])
def test_app_stdout_that_takes_nothing_is_one_line(words: list[str], full: bool) -> None:
    with Path("/dev/full").open("w") as device:
        reader, writer = os.pipe()
        os.close(reader)
        found = subprocess.run(
            [sys.executable, "-m", "genoseq", *words],
            stdout=device if full else writer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        os.close(writer)
    why = "No space left on device" if full else "Broken pipe"
    assert found.stderr == f"genoseq: error: stdout: {why}\n"
    assert found.returncode == 1


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (MemoryError("Unable to allocate 9 GB"), "out of memory (Unable to allocate 9 GB): allow"),
        (MemoryError(), "out of memory: allow this process more, or ask for less"),
        (RuntimeError("CUDA out of memory. Tried\nit"), "out of memory (CUDA out of memory. Tri"),
        (RuntimeError("Default: can't allocate memory: you"), "out of memory (Default: can't all"),
        (ImportError("x.so: failed to map segment from it"), "out of memory (x.so: failed to map"),
        (OSError(28, "No space left on device", "a.fa"), "a.fa: No space left on device"),
    ],
)
def test_answer_says_in_a_line_what_a_machine_lacks(
    monkeypatch: pytest.MonkeyPatch, error: Exception, text: str
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_words: None)

    def fails() -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        answer(fails)
    assert str(ended.value.code).startswith(f"genoseq: error: {text}")
    assert "\n" not in str(ended.value.code)


def test_answer_hides_no_error_that_nobody_expects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_words: None)

    def fails() -> None:
        raise RuntimeError("a fault of genoseq")

    with pytest.raises(RuntimeError, match="a fault"):
        answer(fails)


@pytest.mark.parametrize(("given", "wanted"), [(None, "1"), ("3", "3")])
def test_app_gives_numpy_one_thread_before_it_is_loaded(given: str | None, wanted: str) -> None:
    code = (
        "import os, sys\n"
        "from genoseq.cli.app import answer\n"
        "answer(lambda: print(os.environ['OPENBLAS_NUM_THREADS'], 'numpy' in sys.modules))\n"
    )
    others = {key: value for key, value in os.environ.items() if key != "OPENBLAS_NUM_THREADS"}
    env = others | ({} if given is None else {"OPENBLAS_NUM_THREADS": given})
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    assert found.stdout.split() == [wanted, "False"]
