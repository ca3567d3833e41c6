"""``genoseq config`` and ``genoseq doctor``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from genoseq.cli.app import app
from genoseq.config.schema import Config, load_config
from genoseq.errors import ConfigError, InputFormatError
from genoseq.inference.machine import PACKAGES, PROGRAMS, _program

REPOSITORY = Path(__file__).parents[2]


def run(*words: str | Path) -> str:
    found = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert found.exit_code == 0
    return found.output


def genes(*chroms: str) -> str:
    """A GFF3 with a CDS on each contig."""
    lines = [f"{chrom}\tmade\tCDS\t1\t3\t.\t+\t0\tID={chrom}\n" for chrom in chroms]
    return "##gff-version 3\n" + "".join(lines)


def test_config_check_accepts_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    said = run("config", "check")
    assert "model bilstm: trains on demo" in said
    assert said.endswith("run it: genoseq run\n")
    said = run("config", "check", "./config/../config/config.yaml")
    assert said.endswith("run it: genoseq run . --configfile config/../config/config.yaml\n")


def test_config_check_estimates_each_rule(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        Path(f"{name}.fa").write_text(">c\n" + "ACGT" * 25_000 + "\n")
    Path("one.gff3").write_text(genes("c"))
    columns = "name\tfasta\tannotation\tsplit\n"
    Path("genomes.tsv").write_text(
        f"{columns}one\tone.fa\tone.gff3\tblocks\ntwo\ttwo.fa\t\tscore\n"
    )
    Path("config.yaml").write_text(
        "genomes: genomes.tsv\nscore: {formats: [bigwig], shards: 2}\nsplit: {block: 30000}\n"
    )
    said = run("config", "check", "config.yaml").split("\nEstimates")[0]
    lines = [line.split() for line in said.splitlines()]
    rows = {line[0]: line[1:] for line in lines if line}
    assert rows["rule"] == ["jobs", "bases", "windows", "disk", "RAM", "hours", "longest"]
    assert rows["extract"] == ["1", "100,000", "102", "kB", "87", "MB", "<0.01", "<0.01"]
    assert rows["score"] == ["4", "200,000", "32", "800", "kB", "418", "MB", "<0.01", "<0.01"]
    assert rows["train"][:3] == ["1", "73,728,000", "48,000"]
    assert rows["all"][0] == "15"


def test_config_check_says_what_it_cannot_know(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    sheet = (REPOSITORY / "config/genomes.tsv").read_text()
    with Path("big.fa").open("wb") as file:  # a sparse file
        file.write(b">c\n" + b"ACGT" * (2 << 20))
        file.truncate(5_000_000_000)
    Path("genomes.tsv").write_text(sheet + "big\tbig.fa\t\t\tscore\n")
    Path("config.yaml").write_text("genomes: genomes.tsv\nmodels: {a: {}}\n")
    said = run("config", "check", "config.yaml")
    score = next(line for line in said.splitlines() if line.startswith("score"))
    assert score.split()[:4] == ["score", "2", "4,999,985,695+?", "820,096+?"]
    assert "from the size of the file, as it has no index (.fai): big" in said
    assert "?: not known before its files are made (snakemake demo): demo" in said


def test_config_check_lists_every_problem(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("models: {a: {training: {steps: 0, sneed: 1}}}\nscore: {formats: [gif]}\n")
    with pytest.raises(ConfigError) as error:
        run("config", "check", path)
    assert len(error.value.problems) == 3
    assert f"{path}: models.a.training.steps" in str(error.value)
    assert "(found 'gif')" in str(error.value)


def test_config_check_names_missing_files(tmp_path: Path) -> None:
    sheet = tmp_path / "genomes.tsv"
    sheet.write_text("name\tfasta\tannotation\tsplit\none\tnone.fa\tnone.gff3\tblocks\n")
    (tmp_path / "config.yaml").write_text(f"genomes: {sheet}\n")
    with pytest.raises(ConfigError, match=r"no such file: none\.fa") as error:
        run("config", "check", tmp_path / "config.yaml")
    assert [problem.split()[3] for problem in error.value.problems] == ["none.fa", "none.gff3"]


def test_config_check_names_genomes_that_cannot_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty.fa").write_bytes(b"")
    Path("random.fa").write_bytes(bytes(range(255, -1, -1)) * 40)
    Path("cr.fa").write_bytes(b">c\rACGT\rAC\r>d\rA\r")
    Path("protein.fa").write_text(">p\nMKTAYIAKQRQISFVKSHFSRQ\n")
    Path("a.gff3").write_text("c\tmade\tCDS\t1\t3\t.\t+\t0\tID=a\n")
    rows = ["name\tfasta\tannotation\tsplit"]
    rows += [f"{name}\t{name}.fa\ta.gff3\tblocks" for name in ("empty", "random", "protein")]
    rows += ["cr\tcr.fa\ta.gff3\tcontigs:valid=zz;test=d,yy"]
    Path("genomes.tsv").write_text("\n".join(rows) + "\n")
    Path("config.yaml").write_text("genomes: genomes.tsv\n")
    with pytest.raises(ConfigError) as error:
        run("config", "check", "config.yaml")
    said = dict(zip(("empty", "random", "protein", "cr"), error.value.problems, strict=True))
    assert said["empty"].startswith("genome 'empty': empty.fa: no FASTA record")
    assert said["random"].startswith("genome 'random': random.fa:1: ")
    assert "'E' is not a nucleotide" in said["protein"] or "a protein FASTA" in said["protein"]
    assert said["cr"].endswith("the FASTA has no contig 'yy', 'zz' but c, d")
    assert str(error.value).startswith("genomes.tsv: ")


def checked(genomes: dict[str, str], *rows: str) -> tuple[str, ...]:
    """Problems of a sheet whose rows are name and split, in the working folder."""
    for name, text in genomes.items():
        Path(f"{name}.fa").write_text(text)
        Path(f"{name}.gff3").write_text(genes(text[1:].split()[0]))
    lines = [f"{name}\t{name}.fa\t{name}.gff3\t{split}\n" for name, split in map(str.split, rows)]
    Path("genomes.tsv").write_text("name\tfasta\tannotation\tsplit\n" + "".join(lines))
    Path("config.yaml").write_text("genomes: genomes.tsv\n")
    try:
        run("config", "check", "config.yaml")
    except ConfigError as error:
        return error.problems
    return ()


def test_config_check_wants_bases_to_train_and_to_test_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    letters = "ACGT" * 100
    one = {"one": f">c1\n{letters}\n>c2\n{letters}\n>small\nACGT\n"}
    (problem,) = checked(one, "one contigs:valid=c1;test=c2")
    assert problem.startswith("no genome to train on: ")
    (problem,) = checked(one, "one contigs:valid=c1;test=small")
    assert problem.startswith("no genome to test on: ")
    assert not checked(one, "one contigs:test=c2")
    two = one | {"two": f">c1\n{letters}\n"}
    assert not checked(two, "one contigs:valid=c1;test=c2", "two train")


def test_config_check_names_genomes_with_too_few_bases(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    genomes = {"empty": ">a\n>b\n", "short": ">a\nACGTACGT\n"}
    genomes |= {"good": ">a\n" + "ACGT" * 40_000}
    rows = "good blocks", "empty score", "short train", "empty2 blocks"
    found = checked(genomes | {"empty2": ">a\n"}, *rows)
    assert [problem.split(":")[0] for problem in found] == [
        f"genome {name!r}" for name in ("empty", "short", "empty2")
    ]
    assert "empty.fa: no contig has a base: nothing can be scored; remove its row" in found[0]
    assert "split train: no region is left (min_length 300 bp" in found[1]
    assert "empty2.fa: no contig has a base" in found[2]
    assert not checked(genomes, "good blocks", "short score")


def test_config_check_says_what_this_machine_has_no_memory_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("one.fa").write_text(">c\n" + "ACGT" * 40_000 + "\n")
    Path("one.gff3").write_text(genes("c"))
    Path("genomes.tsv").write_text("name\tfasta\tannotation\tsplit\none\tone.fa\tone.gff3\tblocks")
    config = "genomes: genomes.tsv\nmodels: {a: {training: {batch: %d, window: 15360}}}\n"
    Path("config.yaml").write_text(config % 16)
    assert "More RAM" not in run("config", "check", "config.yaml")
    Path("config.yaml").write_text(config % 60_000)
    said = run("config", "check", "config.yaml").splitlines()
    (line,) = [line for line in said if line.startswith("More RAM than this machine has, ")]
    assert line.endswith("B: train")


def test_config_check_names_the_line_of_a_damaged_sheet(tmp_path: Path) -> None:
    sheet = tmp_path / "genomes.tsv"
    sheet.write_text("name\tfasta\none\tone.fa\textra\n")
    (tmp_path / "config.yaml").write_text(f"genomes: {sheet}\n")
    with pytest.raises(InputFormatError, match=r"genomes\.tsv:2: 3 columns, the header has 2"):
        run("config", "check", tmp_path / "config.yaml")


def test_config_schema_is_the_one_in_the_repository() -> None:
    stored = (REPOSITORY / "workflows/schemas/config.schema.json").read_text()
    # In a process of its own: what others register, such as encoders of tests, it would list.
    words = [sys.executable, "-m", "genoseq", "config", "schema"]
    found = subprocess.run(words, capture_output=True, text=True, check=True)
    assert found.stdout == stored
    assert "models" in json.loads(stored)["properties"]


def test_config_show_fills_in_defaults_and_reads_back(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("report: {title: mine}\npathvars: {results: there}\n")
    shown = run("config", "show", tmp_path / "config.yaml")
    assert yaml.safe_load(shown)["models"]["bilstm"]["training"]["batch"] == 16
    (tmp_path / "shown.yaml").write_text(shown)
    assert load_config(tmp_path / "shown.yaml") == Config.model_validate(
        {"report": {"title": "mine"}, "pathvars": {"results": "there"}}
    )


def test_doctor_names_packages_programs_and_precision() -> None:
    said = run("doctor")
    lines = dict(line.split(maxsplit=1) for line in said.splitlines())
    assert lines.keys() >= {*PACKAGES, *PROGRAMS}
    assert any(line.startswith("processor features") for line in said.splitlines())
    assert lines["precision"].split(":")[0] in ("bf16", "fp32")
    assert lines["torch"] != "not installed"


def test_doctor_names_the_snakemake_that_run_takes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = Path(sys.executable).parent / "snakemake"
    monkeypatch.setenv("PATH", str(own.parent))
    assert _program("snakemake") == str(own)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert _program("snakemake") == f"{own}; PATH has none"
    other = tmp_path / "snakemake"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    assert _program("snakemake") == f"{own}; PATH has another, {other}"
    assert _program("no-such-program") is None
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin/python"))
    assert _program("snakemake") == f"{sys.executable} -m snakemake; PATH has another, {other}"


def test_doctor_says_which_attention_runs_and_why() -> None:
    lines = dict(line.split("  ", 1) for line in run("doctor").splitlines())
    assert lines["attention cpu"].strip().startswith("reference: a CPU has no Triton compiler")
