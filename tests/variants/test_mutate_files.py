"""What ``genoseq mutate`` writes: a table, bigWigs, heat maps; whole or not at all."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pysam
import pytest
from mutating import CODES, bundle_of

import genoseq as gs
from genoseq.errors import BundleError, ConfigError, InputFormatError, RegionError
from genoseq.genome.regions import Region
from genoseq.genome.sequences import ALPHABET, Codes, N, decode
from genoseq.models.bundle import save_bundle
from genoseq.readers.signal import open_signal
from genoseq.report.hub import write_hub
from genoseq.variants.heat_map import heat_map

pytestmark = pytest.mark.usefixtures("short_windows", "one_thread")
COLUMNS = [
    "#chrom",
    "start",
    "end",
    "ref",
    "alt",
    "class",
    "strand",
    "effect",
    "gain",
    "gain_offset",
    "loss",
    "loss_offset",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A genome of two contigs and a model."""
    folder = tmp_path_factory.mktemp("mutate")
    save_bundle(folder / "model", bundle_of("lstm"))
    text = b">a/1\n%s\n>b\n%s\n" % (decode(CODES), decode(CODES[100:160]))
    (folder / "genome.fa").write_bytes(text)
    return folder


def mutated(folder: Path, out: str, **options: Any) -> list[dict[str, str]]:
    gs.mutate_files(folder / "genome.fa", folder / "model", folder / out, device="cpu", **options)
    lines = gzip.decompress((folder / out / "mutations.tsv.gz").read_bytes()).decode().splitlines()
    header, *rows = (line.split("\t") for line in lines)
    return [dict(zip(header, row, strict=True)) for row in rows]


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_mutate_writes_what_python_gives(folder: Path) -> None:
    (folder / "r.bed").write_text("a/1\t1185\t1196\na/1\t1180\t1187\nb\t0\t60\n")
    rows = mutated(folder, "all", regions=folder / "r.bed", distance=20, pictures="none")
    with gs.open_fasta(folder / "genome.fa") as genome:
        regions = [Region("a/1", 1_180, 1_196), Region("b", 0, 60)]
        found = list(gs.mutate(genome, folder / "model", regions=regions, distance=20))
    assert [(each.chrom, each.start, each.end) for each in found] == [
        *[("a/1", 1_180, 1_196), ("b", 0, 60)]
    ]
    assert [*rows[0]] == COLUMNS
    assert len(rows) == (13 + 60) * 3 * 2
    whole = {each.chrom: each for each in found}
    for row in rows:
        here = whole[row["#chrom"]]
        base, code = int(row["start"]) - here.start, ALPHABET.index(row["alt"])
        channel = 0 if row["strand"] == "+" else 1
        assert here.extremes is not None
        assert row["ref"] == ALPHABET[here.codes[base]] != row["alt"]
        assert int(row["end"]) == int(row["start"]) + 1
        at = base, code, channel
        assert float(row["effect"]) == pytest.approx(here.effect[at], rel=1e-4)
        assert float(row["gain"]) == pytest.approx(here.extremes.gain[at], rel=1e-4)
        assert float(row["loss"]) == pytest.approx(here.extremes.loss[at], rel=1e-4)
        assert int(row["gain_offset"]) == here.extremes.gain_offset[at]
        assert int(row["loss_offset"]) == here.extremes.loss_offset[at]
    with open_signal(folder / "all" / "CDS.minus.importance.bw") as signal:
        values = signal.values("a/1", 1_170, 1_200)
    np.testing.assert_array_equal(values[10:26], whole["a/1"].importance[:, 1])
    assert np.isnan(values[:10]).all()
    assert np.isnan(values[26:]).all()


def test_mutate_folder_is_listed_and_indexed(folder: Path) -> None:
    mutated(folder, "listed", region=["b:11-20", "a/1:1-5"], targets=["CDS-:max"], pictures="svg")
    out = folder / "listed"
    listed = [line.split("\t") for line in (out / "manifest.tsv").read_text().splitlines()[1:]]
    assert [(row[0], row[1]) for row in listed] == [
        ("CDS.minus.importance.bw", "importance"),
        ("mutations.tsv.gz", "mutations"),
        ("mutations.tsv.gz.tbi", "index"),
        ("heatmaps/a%2F1_1-5.CDS.minus.svg", "heat map"),
        ("heatmaps/b_11-20.CDS.minus.svg", "heat map"),
    ]
    assert names(out) == {*(row[0] for row in listed), "manifest.tsv", "provenance.json"}
    with pysam.TabixFile(str(out / "mutations.tsv.gz")) as table:
        assert len(list(table.fetch("b", 10, 12))) == 2 * 3
        assert not list(table.fetch("b", 0, 10))
    record = json.loads((out / "provenance.json").read_text())
    assert record["command"] == "mutate"
    assert record["settings"] == {
        "targets": ["CDS-:max"], "distance": 50, "at": None, "method": "saturation", "bases": 15,
    }  # fmt: skip


def test_mutate_again_gives_the_same_bytes(folder: Path) -> None:
    for out in ("once", "twice"):
        mutated(folder, out, region=["b"])
    before = {name: (folder / "once" / name).read_bytes() for name in names(folder / "once")}
    mutated(folder, "once", region=["b"])  # in its place
    assert before == {name: (folder / "twice" / name).read_bytes() for name in before}
    assert before == {name: (folder / "once" / name).read_bytes() for name in before}


@pytest.mark.parametrize("method", ["gradient", "integrated"])
def test_mutate_by_gradients_tells_effects_alone(folder: Path, method: Any) -> None:
    rows = mutated(folder, method, region=["b:1-9"], method=method, steps=2, at="b:5-30")
    assert [*rows[0]] == COLUMNS[:8]
    assert len(rows) == 9 * 3 * 2
    assert any(float(row["effect"]) for row in rows)


def test_mutate_is_shown_as_letters_in_a_hub(folder: Path) -> None:
    mutated(folder, "shown", region=["b"], pictures="none")
    write_hub([folder / "shown"], folder / "genome.fa", folder / "hub")
    text = (folder / "hub" / "hub.txt").read_text()
    assert text.count("logo on") == text.count("type bigWig") == 2
    assert "shortLabel CDS importance +" in text


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"region": ["c"]}, RegionError, "region 'c'"),
        ({"region": ["a/1:1191-1192"]}, RegionError, "no base has a value"),
        ({"region": ["b"], "targets": ["tRNA"]}, ConfigError, "target 'tRNA'"),
        ({"region": ["b"], "at": "a/1:1-50"}, ConfigError, "is not on the contig of a/1:1-50"),
        ({"region": ["b"], "regions": "r.bed"}, ConfigError, "one of the two"),
        ({"region": ["b"], "distance": -1}, ConfigError, "distance -1: use 0 to 100,000 bp"),
        ({"region": ["b"], "method": "magic"}, ConfigError, "method 'magic': use saturation"),
        ({"region": ["b"], "pictures": "gif"}, ConfigError, "pictures 'gif': use png, svg or"),
        ({"region": ["b"], "steps": 0}, ConfigError, "steps 0: use 1 to 10,000"),
    ],
)
def test_mutate_says_what_is_wrong_and_writes_nothing(
    folder: Path, options: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        mutated(folder, "wrong", **options)
    assert not (folder / "wrong").exists()
    assert not list(folder.glob(".partial*"))


def test_mutate_replaces_nothing_else_and_needs_its_files(folder: Path) -> None:
    (folder / "mine").mkdir(exist_ok=True)
    (folder / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match=r"holds notes\.txt: name a new folder"):
        mutated(folder, "mine", region=["b"])
    with pytest.raises(BundleError, match="no such folder"):
        gs.mutate_files(folder / "genome.fa", folder / "none", folder / "out")
    (folder / "bad.bed").write_text("b\t10\t5\n")
    with pytest.raises(InputFormatError, match=r"bad\.bed"):
        mutated(folder, "bad", regions=folder / "bad.bed")


@pytest.mark.parametrize("length", [1, 30, 150, 301])
def test_heat_map_has_lines_of_readable_letters(length: int) -> None:
    rng = np.random.default_rng(0)
    codes: Codes = rng.integers(0, 5, length).astype(np.uint8)
    codes[0] = 2
    effect = rng.normal(size=(length, 4)).astype(np.float32)
    effect[codes == N] = np.nan
    effect[np.arange(length), np.minimum(codes, 3)] = np.nan
    figure = heat_map(codes, effect, 1_000, "chr1:1-10 CDS $+")
    axes = figure.axes
    assert len(axes) == 2 * -(-length // 150) + 1
    wide = figure.get_size_inches()[0]
    for letters, rows in zip(axes[0:-1:2], axes[1:-1:2], strict=True):
        assert letters.get_xlim() == rows.get_xlim()
        bases = rows.get_xlim()[1] - rows.get_xlim()[0]
        assert wide * rows.get_position().width / bases > 0.07  # 5 points
    drawn = sum(len(each.patches) for each in axes[0:-1:2])
    assert drawn == (codes != N).sum()


def test_heat_map_of_nothing_that_changes() -> None:
    effect = np.zeros((3, 4), np.float32)
    effect[np.arange(3), np.arange(3)] = np.nan
    figure = heat_map(np.arange(3, dtype=np.uint8), effect, 0, "a")
    assert not any(axes.patches for axes in figure.axes[:1])
