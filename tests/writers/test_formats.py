"""The seam of formats: a row of the registry is all that a format needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from track_cases import probabilities, write
from typer.testing import CliRunner

from genoseq.cli.app import app
from genoseq.config.json_schema import json_schema
from genoseq.config.schema import Config
from genoseq.errors import ConfigError
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.plan.check import check_plan
from genoseq.plan.estimate import estimate
from genoseq.plan.rules import Plan, make_plan
from genoseq.readers.genome_size import GenomeSize
from genoseq.writers import formats
from genoseq.writers.formats import (
    FORMATS,
    Contents,
    Cost,
    Format,
    default_formats,
    format_named,
    register_format,
)
from genoseq.writers.lattice import Slab, floats
from genoseq.writers.manifest import OutputFile, read_manifest
from genoseq.writers.scores import read_scores


class MaximaWriter:
    """A toy: ``maxima.json`` with the largest value of each channel on each contig."""

    def __init__(self, folder: Path, of: Contents) -> None:
        self._path, self._of = folder / "maxima.json", of
        self._found: dict[str, NDArray[np.float32]] = {}

    def write(self, slab: Slab) -> None:
        highest = np.nanmax(floats(slab.values), axis=1)
        self._found[slab.chrom] = np.fmax(self._found.get(slab.chrom, highest), highest)

    def finish(self) -> list[OutputFile]:
        labels = [channel.label for channel in self._of.channels]
        found = {
            chrom: dict(zip(labels, map(float, row), strict=True))
            for chrom, row in self._found.items()
        }
        self._path.write_text(json.dumps({"kind": self._of.kind, **found}))
        return [OutputFile("maxima.json", "maxima", "*", "*", "toy")]

    def close(self) -> None:
        pass


TOY = Format("toy", ("classes", "log-odds"), MaximaWriter, refused_contigs=("no",))


@pytest.fixture
def toy() -> Iterator[Format]:
    register_format(TOY)
    yield TOY
    del FORMATS["toy"]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[metadata.EntryPoint]]:
    """The entry points of the group, as other packages would have them; empty at first."""
    found: list[metadata.EntryPoint] = []
    monkeypatch.setattr(
        metadata, "entry_points", lambda group: found * (group == "genoseq.formats")
    )
    formats._load_entry_points.cache_clear()
    yield found
    FORMATS.pop("toy", None)
    formats._load_entry_points.cache_clear()


def run(*words: str | Path) -> str:
    found = CliRunner().invoke(app, list(map(str, words)), catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.output


def test_write_tracks_takes_a_format_of_another_package(tmp_path: Path, toy: Format) -> None:
    values = probabilities(300_000)
    write(tmp_path, {"a": values, "b": values[:7]}, ["bed", toy.name])
    found = json.loads((tmp_path / "maxima.json").read_text())
    assert found["kind"] == "classes"
    assert found["a"] == pytest.approx(
        {"CDS.plus": values[:, 0].max(), "CDS.minus": values[:, 1].max()}
    )
    listed = {file.format: file for file in read_manifest(tmp_path / "manifest.tsv")}
    assert listed["toy"].kind == "maxima"
    assert listed["toy"].md5
    with pytest.raises(ConfigError, match=r"contig 'no': .*leave out toy"):
        write(tmp_path, {"no": values}, [toy.name])
    with pytest.raises(
        ConfigError, match="format toy: it is for classes and log-odds, and this is signal; use big"
    ):
        write(tmp_path, {"a": values}, [toy.name], kind="signal")


@pytest.mark.usefixtures("toy")
def test_settings_and_estimate_take_a_format_of_another_package(tmp_path: Path) -> None:
    assert Config.model_validate({"score": {"formats": ["toy"]}}).score.formats == ("toy",)
    schema = json.loads(json_schema())["$defs"]["ScoreSettings"]["properties"]["formats"]
    assert schema["items"]["enum"] == ["bigwig", "bedgraph", "bed", "tsv", "scores", "peaks", "toy"]
    rows = {}
    for names in (["bigwig"], ["bigwig", "toy"]):
        plan = plan_of(tmp_path, names)
        sizes = {"one": GenomeSize(10**6, 1, {"c": 10**6})}
        rows[len(names)] = next(row for row in estimate(plan, sizes) if row.rule == "tracks")
    assert not rows[1].unknown
    assert rows[2].unknown
    assert {"disk", "hours"} <= rows[2].unknown
    assert any("not measured for these formats: toy" in line for line in check_plan(plan).lines())


def plan_of(folder: Path, names: list[str], scheme: str = "cds-phase") -> Plan:
    (folder / "one.gff3").write_text("c\tx\tCDS\t1\t90\t.\t+\t0\tID=a\n")
    (folder / "one.fa").write_text(">c\n" + "ACGT" * 30_000 + "\n")
    labels = "signal" if scheme == "signal" else "annotation"
    sheet = f"name\tfasta\t{labels}\tsplit\n"
    sheet += f"one\t{folder}/one.fa\t{folder}/one.gff3\tblocks\n"
    (folder / "genomes.tsv").write_text(sheet)
    settings = {"genomes": str(folder / "genomes.tsv"), "score": {"formats": names}}
    settings |= {"labels": {"scheme": scheme}, "split": {"block": 30_000}}
    (folder / "config.json").write_text(json.dumps(settings))
    return make_plan(settings)


@pytest.mark.usefixtures("toy")
def test_estimate_adds_the_cost_of_a_format(tmp_path: Path) -> None:
    FORMATS["toy"] = Format("toy", ("classes",), MaximaWriter, {"classes": Cost(0.5e-3, 100.0)})
    sizes = {"one": GenomeSize(10**6, 1, {"c": 10**6})}
    rows = {row.rule: row for row in estimate(plan_of(tmp_path, ["toy"]), sizes)}
    assert rows["tracks"].disk == 10**6 * 2 * 100
    assert rows["tracks"].hours == pytest.approx(1000 / 3600, rel=0.01)


@pytest.mark.usefixtures("toy")
def test_config_check_shows_what_nobody_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plan_of(tmp_path, ["toy"])
    said = run("config", "check", "config.json")
    tracks = next(line for line in said.splitlines() if line.startswith("tracks "))
    assert "?" in tracks
    assert "?: not measured for these formats: toy" in said
    with pytest.raises(
        ConfigError, match=r"toy is for classes and log-odds, labels\.scheme is sig"
    ):
        plan_of(tmp_path, ["toy"], "signal")


@pytest.mark.usefixtures("toy")
def test_score_and_tracks_write_a_format_of_another_package(tmp_path: Path, bundle: Bundle) -> None:
    save_bundle(tmp_path / "model", bundle)
    letters = np.array(list("ACGT"))[np.random.default_rng(0).integers(0, 4, 3_000)]
    (tmp_path / "g.fa").write_text(f">c\n{''.join(letters)}\n")
    words = ("score", tmp_path / "g.fa", "-m", tmp_path / "model", "--threads", "1", "--formats")
    run(*words, "toy,scores", "-o", tmp_path / "direct")
    run("tracks", tmp_path / "direct", "-o", tmp_path / "late", "--formats", "toy")
    direct, late = ((tmp_path / name / "maxima.json").read_bytes() for name in ("direct", "late"))
    assert direct == late
    values = read_scores(tmp_path / "direct").values("c", 0, 3_000)
    assert json.loads(late)["c"]["CDS.plus"] == values[:, 0].max()
    assert "toy" in {file.format for file in read_manifest(tmp_path / "late/manifest.tsv")}


def test_format_named_finds_what_is_installed_and_names_what_there_is(
    installed: list[metadata.EntryPoint],
) -> None:
    with pytest.raises(
        ConfigError, match=r"^format 'toy': use bigwig, bedgraph, bed, tsv, scores, peaks$"
    ):
        format_named("toy")
    formats._load_entry_points.cache_clear()
    installed.append(metadata.EntryPoint("toy", f"{__name__}:TOY", "genoseq.formats"))
    assert format_named("toy") is TOY
    with pytest.raises(ConfigError, match=r"^format 'gif': use .*, scores, peaks, toy$"):
        format_named("gif")
    with pytest.raises(ConfigError, match="format 'toy' is registered twice"):
        register_format(Format("toy", ("signal",), MaximaWriter))


def test_format_named_refuses_an_entry_point_that_is_no_format(
    installed: list[metadata.EntryPoint],
) -> None:
    installed.append(metadata.EntryPoint("x", "genoseq.errors:listed", "genoseq.formats"))
    with pytest.raises(ConfigError, match=r"entry point 'x' .* is function and not a Format: mend"):
        format_named("x")


def test_format_named_says_each_time_which_package_cannot_be_loaded(
    installed: list[metadata.EntryPoint],
) -> None:
    installed.append(metadata.EntryPoint("toy", f"{__name__}:TOY", "genoseq.formats"))
    installed.append(metadata.EntryPoint("x", "no_such_module:ROW", "genoseq.formats"))
    for name in ("gif", "png"):
        with pytest.raises(
            ConfigError,
            match=r"^entry point 'x' of genoseq\.formats: ModuleNotFoundError: .*; mend or remove",
        ):
            format_named(name)


def test_default_formats_suit_their_kind() -> None:
    assert default_formats("classes") == ("bigwig", "bed")
    assert default_formats("signal") == default_formats("log-odds") == ("bigwig",)
    for row in FORMATS.values():
        assert {*row.default_for, *row.costs} <= {*row.kinds}
        assert (row.problem("log-odds") is None) == ("log-odds" in row.kinds)
