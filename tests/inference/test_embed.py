"""Embeddings of a genome: the encoder's states, whatever is asked for beside them."""

from __future__ import annotations

from collections import namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import genoseq as gs
from genoseq.errors import BackendError, ConfigError, InputFormatError, RegionError
from genoseq.genome.sequences import reverse_complement
from genoseq.models.bundle import Bundle, save_bundle

pytestmark = pytest.mark.usefixtures("one_thread", "short_windows")
LENGTHS = {"long": 4_001, "short": 50, "empty": 0, "gap": 300}
Vectors = np.ndarray[Any, np.dtype[np.float32]]


@pytest.fixture
def letters() -> dict[str, bytes]:
    rng = np.random.default_rng(6)
    drawn = {n: rng.choice(list(b"ACGT"), size).astype(np.uint8) for n, size in LENGTHS.items()}
    drawn["gap"][:] = ord("N")
    drawn["long"][[0, 700, 701, 4_000]] = ord("R")
    return {name: codes.tobytes() for name, codes in drawn.items()}


@pytest.fixture
def genome(tmp_path: Path, letters: dict[str, bytes]) -> Path:
    return written(tmp_path / "genome.fa", letters)


@pytest.fixture
def model(tmp_path: Path, bundle: Bundle) -> Path:
    save_bundle(tmp_path / "model", bundle)
    return tmp_path / "model"


def written(path: Path, contigs: dict[str, bytes]) -> Path:
    path.write_bytes(b"".join(b">%s\n%s\n" % (n.encode(), s) for n, s in contigs.items()))
    return path


def embedded(genome: Path, model: Path, **options: Any) -> Vectors:
    out = genome.with_suffix(".embedded")
    done = gs.embed(genome, model, out, device="cpu", precision="fp32", **options)
    vectors: Vectors = np.load(out / "embeddings.npy")
    assert vectors.shape == (done.rows, done.width)
    assert {path.name for path in out.iterdir()} == {
        *{"embeddings.npy", "rows.tsv", "provenance.json"}
    }
    return vectors


def test_embed_per_base_gives_what_predict_gives(
    genome: Path, model: Path, letters: dict[str, bytes]
) -> None:
    hidden = {
        name: gs.predict(model, s, "hidden", precision="fp32") for name, s in letters.items() if s
    }
    found = embedded(genome, model, per="base")
    np.testing.assert_allclose(found, np.concatenate([*hidden.values()]), atol=1e-6)
    windows = embedded(genome, model, per="window", window=900)
    means = [np.nanmean(hidden["long"][at : at + 900], axis=0) for at in range(0, 4_001, 900)]
    expected = [*means, hidden["short"].mean(axis=0), np.full(16, np.nan)]
    np.testing.assert_allclose(windows, expected, atol=1e-6)
    contigs = embedded(genome, model)
    assert len(contigs) == 4
    np.testing.assert_allclose(contigs[0], np.nanmean(hidden["long"], axis=0), atol=1e-6)
    assert np.isnan(contigs[2:]).all()


def test_embed_per_step_on_its_own_strand_loses_nothing(genome: Path, model: Path) -> None:
    """All known bases of a step have its state on the forward strand."""
    bases = embedded(genome, model, per="base", strand="own")
    steps = embedded(genome, model, per="step", strand="own")
    assert len(steps) == 1_334 + 17 + 100
    again = np.repeat(steps[:1_334], 3, axis=0)[:4_001]
    known = ~np.isnan(bases[:4_001, 0])
    np.testing.assert_allclose(bases[:4_001][known], again[known], atol=1e-6)


def test_embed_does_not_depend_on_regions_batch_and_strand(
    genome: Path, model: Path, tmp_path: Path, letters: dict[str, bytes]
) -> None:
    whole = embedded(genome, model, per="window", window=500)
    bed = tmp_path / "r.bed"
    bed.write_text("long\t1500\t2500\tb\nlong\t0\t500\ta\nshort\t50\t50\tnothing\n")
    listed = embedded(genome, model, per="region", regions=bed, batch_bases=1_000)
    np.testing.assert_allclose(listed[0], whole[3:5].mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(listed[1], whole[0], atol=1e-6)
    assert np.isnan(listed[2]).all()
    rows = (genome.with_suffix(".embedded") / "rows.tsv").read_text().splitlines()
    assert [line.split("\t")[4] for line in rows] == ["name", "b", "a", "nothing"]
    some = embedded(genome, model, per="window", window=500, regions=bed)
    np.testing.assert_allclose(some, whole[[0, 3, 4]], atol=1e-6)
    turned = {name: reverse_complement(s) for name, s in letters.items()}
    reverse = embedded(written(tmp_path / "turned.fa", turned), model, pool="last")
    np.testing.assert_array_equal(reverse, embedded(genome, model, pool="last"))


def test_embed_own_strand_is_that_of_the_region(
    genome: Path, model: Path, tmp_path: Path, letters: dict[str, bytes]
) -> None:
    (tmp_path / "r.bed").write_text("short\t0\t50\ta\t0\t+\nshort\t0\t50\tb\t0\t-\n")
    options = {"per": "region", "pool": "last", "strand": "own"}
    plus, minus = embedded(genome, model, regions=tmp_path / "r.bed", **options)
    assert np.abs(plus - minus).max() > 1e-3
    turned = written(tmp_path / "t.fa", {"short": reverse_complement(letters["short"])})
    there = embedded(turned, model, regions=tmp_path / "r.bed", **options)
    np.testing.assert_array_equal(there, [minus, plus])


def test_embed_refuses_what_cannot_be_and_leaves_the_older_folder(
    genome: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = embedded(genome, model)
    refused: list[tuple[type[Exception], str, dict[str, Any]]] = [
        (ConfigError, "--per window needs --window", {"per": "window"}),
        (
            ConfigError,
            "--window is for --per window, not",
            {"per": "base", "window": 5},
        ),
        (ConfigError, "--per region needs --regions", {"per": "region"}),
        (ConfigError, "per 'gene': use base, step, window, region, contig", {"per": "gene"}),
        (ConfigError, "pool 'max': use mean, last\nstrand", {"pool": "max", "strand": "-"}),
        (InputFormatError, "r.bed:1: contig 'chr9'", {"per": "region", "regions": "chr9\t0\t5\n"}),
        (RegionError, "there is no row to write", {"per": "region", "regions": "# none\n"}),
    ]
    for error, said, options in refused:
        if "regions" in options:
            (tmp_path / "r.bed").write_text(options["regions"])
            options["regions"] = tmp_path / "r.bed"
        with pytest.raises(error, match=said):
            embedded(genome, model, **options)
    full = namedtuple("full", "free")(1_000)
    monkeypatch.setattr("genoseq.inference.embed.disk_usage", lambda _: full)
    with pytest.raises(BackendError, match=r"0\.3 MB are needed and 0\.0 MB are free there: ask"):
        embedded(genome, model, per="base")
    again = np.load(genome.with_suffix(".embedded") / "embeddings.npy")
    np.testing.assert_array_equal(again, before)
    assert not list(tmp_path.glob(".partial*"))
