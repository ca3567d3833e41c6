"""What a run will take: counts that are right, and hours that follow from them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from math import isnan
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from genoseq.config.base import parse_settings
from genoseq.config.context import usual_context
from genoseq.config.schema import RunSettings
from genoseq.config.sheet import GenomeRow
from genoseq.genome.regions import Region
from genoseq.genome.tracks import Channel, Track
from genoseq.genome.windows import round_up
from genoseq.inference.windows import windows_of as scored_windows
from genoseq.plan.estimate import estimate, evaluated_bases, windows_of
from genoseq.plan.estimate_row import Estimate
from genoseq.plan.rules import make_plan
from genoseq.readers.genome_size import GenomeSize
from genoseq.writers.formats import FORMATS
from genoseq.writers.outputs import write_tracks

SHEET = """\
name\tfasta\tannotation\tsplit\tshards
one\tone.fa\tone.gff3\tblocks\t
two\ttwo.fa\t\tscore\t7
"""
SIZES = {
    "one": GenomeSize(10_000_000, 2, {"a": 9_000_000, "b": 1_000_000}),
    "two": GenomeSize(10_000_000_000, 1_000),
}
ONE: dict[str, Any] = {"model": {"strands": "one"}}
TRANSFORMER = {"model": {"encoder": {"family": "transformer"}}}


def rows(
    folder: Path, sizes: Mapping[str, GenomeSize | None] = SIZES, **settings: Any
) -> dict[str, Estimate]:
    (folder / "genomes.tsv").write_text(SHEET)
    models = settings.pop("models", {"a": {}, "b": TRANSFORMER})
    config = {"genomes": str(folder / "genomes.tsv"), "models": models, **settings}
    return {row.rule: row for row in estimate(make_plan(config), sizes)}


def test_estimate_of_hubs_grows_with_bases_and_models(tmp_path: Path) -> None:
    assert "hub" not in rows(tmp_path)
    two, one = (rows(tmp_path, models=m, hub={})["hub"] for m in ({"a": {}, "b": {}}, {"a": {}}))
    assert (two.jobs, two.bases) == (2, sum(size.bases for size in SIZES.values()))
    assert two.disk == 2 * one.disk == pytest.approx(1.5 * 4 * two.bases)
    assert one.hours < two.hours < 2 * one.hours


def test_estimate_of_genes_is_that_of_scores_and_of_calling(tmp_path: Path) -> None:
    found = rows(tmp_path, genes={})
    genes, score = found["genes"], found["score"]
    assert (genes.jobs, genes.bases) == (4, score.bases)
    assert score.hours < genes.hours < 2 * score.hours
    assert genes.memory > score.memory + 70 * 10_000
    adapted = rows(tmp_path, genes={"adapt": "auto"})["genes"]
    assert adapted.hours == pytest.approx(2 * genes.hours, rel=0.01)
    small = dict.fromkeys(SIZES, GenomeSize(1_000, 1, {"a": 1_000}))
    plain, trained = (rows(tmp_path, small, genes={"adapt": a})["genes"] for a in ("off", "on"))
    assert trained.hours > plain.hours + 4 * 20 / 3600
    unknown = rows(tmp_path, {"one": SIZES["one"], "two": None}, genes={})["genes"]
    assert {"hours", "disk", "memory"} <= unknown.unknown


def test_estimate_has_jobs_as_the_workflow(tmp_path: Path) -> None:
    found = rows(tmp_path, score={"shards": 3})
    assert {rule: row.jobs for rule, row in found.items()} == {
        "extract": 1, "tokenize": 1, "train": 2, "evaluate": 2, "shards": 2, "score": 20,
        "merge": 4, "tracks": 4, "report": 1,
    }  # fmt: skip


def test_estimate_counts_bases(tmp_path: Path) -> None:
    found = rows(tmp_path)
    both = SIZES["one"].bases + SIZES["two"].bases
    assert found["extract"].bases == found["tokenize"].bases == 10_000_000
    assert found["evaluate"].bases == 2 * 2_000_000
    assert found["shards"].bases == both
    assert found["score"].bases == found["merge"].bases == found["tracks"].bases == 2 * both
    assert found["train"].bases == 2 * 3_000 * 16 * 1_536
    assert found["train"].windows == 2 * 3_000 * 16


def test_estimate_of_scoring_is_the_speed_that_was_measured(tmp_path: Path) -> None:
    found = rows(tmp_path, models={"a": {}})["score"]
    assert found.bases is not None
    assert found.bases / found.hours / 3600 == pytest.approx(227_000, rel=0.05)
    assert found.disk == 4 * found.bases


def test_estimate_of_the_longest_job_is_that_of_the_largest_genome(tmp_path: Path) -> None:
    found = rows(tmp_path, models={"a": {}})
    score, merge, train = found["score"], found["merge"], found["train"]
    assert score.jobs == 8
    assert score.longest == pytest.approx(score.hours / 7, rel=0.01)
    assert merge.longest == pytest.approx(merge.hours, rel=0.01)
    assert train.longest == train.hours
    assert found["report"].longest == found["report"].hours


def test_estimate_says_what_is_not_known_yet(tmp_path: Path) -> None:
    found = rows(tmp_path, {"one": None, "two": SIZES["two"]})
    unknown = {rule for rule, row in found.items() if row.unknown}
    assert unknown == {"extract", "tokenize", "evaluate", "shards", "score", "merge", "tracks"}
    assert found["extract"].bases == 0
    assert found["shards"].bases == SIZES["two"].bases


def test_estimate_of_signals_counts_their_columns(tmp_path: Path) -> None:
    sheet = "name\tfasta\tsignal\tsplit\none\tone.fa\tx=a.bw,y=b.bw\tblocks\n"
    (tmp_path / "genomes.tsv").write_text(sheet)
    config = {"genomes": str(tmp_path / "genomes.tsv"), "labels": {"scheme": "signal"}}
    plan = make_plan(config | {"score": {"formats": ["bigwig"]}})
    found = {row.rule: row for row in estimate(plan, {"one": SIZES["one"]})}
    assert found["tokenize"].disk == 10_000_000 * (1 + 2 * 4)
    assert found["score"].disk == 10_000_000 * 2 * 4
    binned = make_plan(config | {"score": {"formats": ["bigwig", "scores"], "bin": 25}})
    told = {row.rule: row for row in estimate(binned, {"one": SIZES["one"]})}
    assert told["tracks"].disk == pytest.approx(found["tracks"].disk / 25 + found["score"].disk)
    learn = {"labels": {"scheme": "signal", "signals": {"control": "learn"}}}
    (learned, *_) = [
        row
        for row in estimate(make_plan(config | learn), {"one": SIZES["one"]})
        if row.rule == "tokenize"
    ]
    assert learned.disk == 10_000_000 * (1 + 2 * 2 * 4)
    # Measured on random values: 4.1 bytes a base and channel.
    assert found["tracks"].disk == pytest.approx(10_000_000 * 2 * 4.1, rel=0.05)


@pytest.mark.parametrize(("name", "most"), [("bedgraph", 1.1), ("tsv", 1.6), ("scores", 1.01)])
def test_estimate_of_signals_is_what_writers_write(tmp_path: Path, name: str, most: float) -> None:
    values = np.random.default_rng(1).random((50_000, 2), np.float32)
    channels = Channel("x", "."), Channel("y", ".")
    track = Track("c", 0, values, channels)
    write_tracks([track], {"c": 50_000}, channels, "signal", tmp_path, (name,))
    size = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    assert 0.99 * size <= FORMATS[name].costs["signal"].bytes * 2 * 50_000 <= most * size


def test_estimate_of_memory_is_that_of_the_largest_model(tmp_path: Path) -> None:
    large = {"model": {"encoder": {"layers": 4, "width": 1024}}}
    small, both = (rows(tmp_path, models=models) for models in ({"a": {}}, {"a": {}, "b": large}))
    for rule in ("train", "evaluate", "score"):
        assert both[rule].memory > 3 * small[rule].memory
    bf16 = rows(tmp_path, models={"a": {}, "b": large}, score={"precision": "bf16"})
    assert bf16["score"].memory < both["score"].memory
    assert bf16["evaluate"].memory == both["evaluate"].memory


@pytest.mark.parametrize("data", [{}, TRANSFORMER, {"model": {"encoder": {"width": 9}}}, ONE])
def test_windows_are_those_of_scoring(data: dict[str, Any]) -> None:
    settings = parse_settings(RunSettings, data)
    lengths = {"a": 1_000_001, "b": 40, "c": 0, "d": 9_000}
    context = round_up(usual_context(settings), settings.model.stride)
    genome = {name: np.zeros(length, np.uint8) for name, length in lengths.items()}

    class Zeros:
        lengths: ClassVar = {name: len(codes) for name, codes in genome.items()}

        def codes(self, chrom: str, start: int, end: int) -> Any:
            return genome[chrom][start:end]

    regions = [Region(name, 0, length) for name, length in lengths.items()]
    strands = settings.model.strands
    true = len(list(scored_windows(Zeros(), regions, settings.model, context, strands=strands)))
    size = GenomeSize(sum(lengths.values()), len(lengths), lengths)
    assert windows_of(size, settings) == true


def test_windows_of_contigs_that_were_not_counted() -> None:
    lengths = dict.fromkeys(map(str, range(50)), 400_000)
    counted = windows_of(GenomeSize(20_000_000, 50, lengths), RunSettings())
    about = windows_of(GenomeSize(20_000_000, 50), RunSettings())
    assert about == pytest.approx(counted, rel=0.02)


@pytest.mark.parametrize(
    ("split", "bases"),
    [
        ("test", 10_000_000),
        ("blocks", 3_000_000),
        ("train", 0),
        ("contigs:valid=a", 0),
        ("contigs:valid=a;test=b,none", 1_000_000),
        ("contigs:valid=a; test = b , none", 1_000_000),
        ("contigs:test=b;valid=a", 1_000_000),
    ],
)
def test_bases_to_evaluate_follow_the_split(split: str, bases: int) -> None:
    row = GenomeRow(name="one", fasta="one.fa", split=split)
    assert evaluated_bases(row, SIZES["one"], 0.3) == bases


def test_bases_of_test_contigs_are_not_known_before_contigs_are_counted() -> None:
    size = SIZES["two"]
    tested, learned = (
        GenomeRow(name="two", fasta="two.fa", split=f"contigs:{split}=a")
        for split in ("test", "valid")
    )
    assert isnan(evaluated_bases(tested, size, 0.3))
    assert evaluated_bases(learned, size, 0.3) == 0


def test_estimate_counts_a_format_that_is_named_twice_once(tmp_path: Path) -> None:
    once, twice = (
        rows(tmp_path, score={"formats": names})["tracks"]
        for names in (["bigwig"], ["bigwig", "bigwig"])
    )
    assert once == twice


def test_estimate_loads_no_torch() -> None:
    code = "import sys, genoseq.plan.estimate; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
