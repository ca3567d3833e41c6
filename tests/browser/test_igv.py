"""bigWig, BED, bedGraph and TSV of our writers in igv.js, in a real Chromium, offline.

A missing Chromium is a failure, not a skip: ``apt-get install chromium chromium-driver``.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from igv_page import IgvPage, open_igv
from numpy.typing import NDArray
from PIL import Image

from genoseq.genome.tracks import Channel, Track
from genoseq.readers.fasta import write_fasta
from genoseq.writers.outputs import write_tracks

CDS = (Channel("CDS", "+"), Channel("CDS", "-"))
BLUE, ORANGE = (0, 114, 178), (213, 94, 0)
LENGTH = 300_000
GAP = (60_000, 63_000)
SECOND = "A.second"


@dataclass(frozen=True)
class Shown:
    """A genome and a folder of its tracks, with the values that were written.

    ``values`` are of shape (L, 2) for each contig.
    """

    tracks: Path
    fasta: Path
    values: dict[str, NDArray[np.float32]]

    @property
    def chrom(self) -> str:
        return next(iter(self.values))


def demo_tracks(folder: Path) -> Shown:
    """Prodigal's genes on stretches of a real genome, blurred as a model would see them.

    Two contigs, the second before the first by name, cut from the Corynebacterium diphtheriae
    genome in pyrodigal's wheel.
    """
    import pyrodigal
    from pysam import faidx

    source = files("pyrodigal") / "tests/data/GCF_001457455.1_NCTC11397_genomic.fna.gz"
    with gzip.open(str(source), "rt") as file:
        chrom = next(file)[1:].split()[0]
        sequence = "".join(line.strip() for line in file if line[0] != ">")
    contigs = {chrom: sequence[:LENGTH], SECOND: sequence[LENGTH : LENGTH + 20_000]}
    fasta = folder / "genome.fa"
    write_fasta(fasta, ((name, letters.encode()) for name, letters in contigs.items()))
    faidx(str(fasta))
    finder = pyrodigal.GeneFinder()
    finder.train(sequence[:LENGTH])
    values = {name: blurred(finder.find_genes(text), len(text)) for name, text in contigs.items()}
    values[chrom][GAP[0] : GAP[1]] = np.nan
    tracks = folder / "tracks"
    lengths = {name: len(column) for name, column in values.items()}
    pieces = (Track(name, 0, column, CDS) for name, column in values.items())
    write_tracks(pieces, lengths, CDS, "classes", tracks, ("bigwig", "bed", "bedgraph", "tsv"))
    return Shown(tracks, fasta, values)


def blurred(genes: Iterable[Any], length: int) -> NDArray[np.float32]:
    """Probabilities of CDS on + and -, shape (length, 2), in steps of 0.001."""
    inside = np.zeros((length, 2))
    for gene in genes:
        inside[gene.begin - 1 : gene.end, 0 if gene.strand == 1 else 1] = 1
    blur = np.exp(-0.5 * (np.arange(-30, 31) / 10) ** 2)
    soft = [0.98 * np.convolve(column, blur / blur.sum(), "same") for column in inside.T]
    values = np.stack(soft, 1) / np.maximum(np.sum(soft, axis=0), 1)[:, None]
    return (np.rint(values * 1000) / 1000).astype(np.float32)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return demo_tracks(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def page(shown: Shown, tmp_path_factory: pytest.TempPathFactory) -> Iterator[IgvPage]:
    profile = tmp_path_factory.mktemp("chromium")
    with open_igv(shown.tracks, shown.fasta, f"{shown.chrom}:50,001-70,000", profile) as page:
        yield page


VALUE_TRACKS = {
    "CDS +": 0,
    "CDS -": 1,
    "CDS + (bedgraph)": 0,
    "CDS - (bedgraph)": 1,
    "CDS + (tsv)": 0,
}


def test_igv_shows_every_track(page: IgvPage) -> None:
    assert page.track_names() == [
        "CDS +", "CDS -", "CDS + (bedgraph)", "CDS - (bedgraph)", "segments", "CDS + (tsv)",
    ]  # fmt: skip


@pytest.mark.parametrize("track", VALUE_TRACKS)
def test_igv_reads_our_values(page: IgvPage, shown: Shown, track: str) -> None:
    start, end = 58_000, 66_000
    seen = np.full(end - start, np.nan, np.float32)
    for feature in page.features(track, shown.chrom, start, end):
        low, high = max(feature["start"], start), min(feature["end"], end)
        assert np.isnan(seen[low - start : high - start]).all()
        seen[low - start : high - start] = feature["value"]
    np.testing.assert_array_equal(seen, shown.values[shown.chrom][start:end, VALUE_TRACKS[track]])


@pytest.mark.parametrize(("scale", "size"), [(100, 64), (300, 256), (5_000, 4_096)])
def test_igv_reads_zoom_levels_of_bigwig(
    page: IgvPage, shown: Shown, scale: int, size: int
) -> None:
    for chrom, values in shown.values.items():
        features = page.zoomed("CDS +", chrom, 0, len(values), scale)
        starts = [at for at in range(0, len(values), size) if known(values[at : at + size])]
        assert [feature["start"] for feature in features] == starts
        for feature in features:
            part = values[feature["start"] : feature["end"], 0]
            assert feature["value"] == pytest.approx(np.nanmean(part), abs=1e-5)


def known(values: NDArray[np.float32]) -> bool:
    return not np.isnan(values).all()


def test_igv_reads_the_second_contig(page: IgvPage, shown: Shown) -> None:
    for track, channel in VALUE_TRACKS.items():
        seen = np.full(20_000, np.nan, np.float32)
        for feature in page.features(track, SECOND, 0, 20_000):
            seen[feature["start"] : feature["end"]] = feature["value"]
        np.testing.assert_array_equal(seen, shown.values[SECOND][:, channel], track)


def test_igv_reads_segments(page: IgvPage, shown: Shown) -> None:
    lines = (shown.tracks / "segments.bed").read_text().splitlines()
    rows = [line.split("\t") for line in lines]
    first = [row for row in rows if row[0] == shown.chrom]
    written = [row for row in first if int(row[1]) < 100_000 and int(row[2]) > 30_000]
    features = page.features("segments", shown.chrom, 30_000, 100_000)
    features.sort(key=lambda feature: feature["start"])
    assert len(features) == len(written) > 20
    for feature, row in zip(features, written, strict=True):
        assert (feature["start"], feature["end"]) == (int(row[1]), int(row[2]))
        assert (feature["name"], feature["strand"]) == ("CDS", row[5])
        assert feature["color"].replace(" ", "") == f"rgb({row[8]})"
        assert float(feature["score"]) == int(row[4])


def pixels(picture: Path, box: tuple[int, int, int, int], colour: tuple[int, int, int]) -> int:
    """How many pixels of the box have the colour."""
    part = np.asarray(Image.open(picture).convert("RGB").crop(box), int)
    return int((np.abs(part - colour).max(axis=2) < 12).sum())


def test_igv_draws_every_track_in_its_colour(page: IgvPage, shown: Shown, tmp_path: Path) -> None:
    page.go(f"{shown.chrom}:50,001-70,000")
    picture = page.screenshot(Path(os.environ.get("GENOSEQ_PICTURE", tmp_path / "igv.png")))
    for track, channel in VALUE_TRACKS.items():
        drawn = pixels(picture, page.box(track), (BLUE, ORANGE)[channel])
        assert drawn > 300, f"{track}: {drawn} pixels"
    for colour in (BLUE, ORANGE):
        assert pixels(picture, page.box("segments"), colour) > 100


def test_igv_draws_gaps_empty(page: IgvPage, shown: Shown, tmp_path: Path) -> None:
    page.go(f"{shown.chrom}:{GAP[0] + 201}-{GAP[1] - 200}")
    picture = page.screenshot(tmp_path / "gap.png")
    for track, channel in VALUE_TRACKS.items():
        assert pixels(picture, page.box(track), (BLUE, ORANGE)[channel]) == 0, track


def test_igv_asks_nobody_else(page: IgvPage) -> None:
    requests = page.requests()
    assert any(address.endswith(".bw") for address in requests)
    outside = {x for x in requests if not x.startswith((page.origin, "data:", "blob:"))}
    assert outside == set()
