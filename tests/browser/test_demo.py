"""The demo, trained for a moment, in igv.js in a real Chromium: the README's picture.

``GENOSEQ_PICTURE=docs/tracks.png`` and ``GENOSEQ_REPORT_PICTURE=docs/report.png`` keep pictures,
``GENOSEQ_DEMO=folder`` takes the results of a whole ``snakemake --cores 2`` instead of running a
short one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from command import forked_path, run_command
from igv_page import IgvPage, open_igv
from PIL import Image
from pysam import faidx
from report_page import open_chromium

REPOSITORY = Path(__file__).parents[2]
CHROM, START, END = "NZ_LN831026.1", 100_000, 130_000
BASES = 150_000
"""Of 2.5 million; GENOSEQ_DEMO shows a run on all of them."""
SHOWN = "bilstm"
BLUE, ORANGE = (0, 114, 178), (213, 94, 0)
TRACKS = {
    "CDS +": [BLUE],
    "CDS -": [ORANGE],
    "segments": [BLUE, ORANGE],
    "CDS + (tsv)": [BLUE],
    "annotation": [],
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the default configuration ran: less training, a shorter genome, no
    baselines."""
    if "GENOSEQ_DEMO" in os.environ:
        return Path(os.environ["GENOSEQ_DEMO"])
    folder = tmp_path_factory.mktemp("demo")
    config = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())
    for name, run in config["models"].items():
        run["training"] |= {"steps": 150 if name == SHOWN else 3, "batch": 8}
    config["evaluate"]["baselines"] = False
    (folder / "config").mkdir()
    (folder / "config/config.yaml").write_text(yaml.safe_dump(config))
    sheet = (REPOSITORY / "config/genomes.tsv").read_text()
    (folder / "config/genomes.tsv").write_text(sheet)
    snakemake(folder, os.environ["PATH"], "resources/demo/genome.fa")  # the verb demo, as it is
    shorten(folder / "resources/demo", BASES)
    snakemake(folder, forked_path())
    return folder


def snakemake(folder: Path, path: str, *targets: str) -> None:
    words = ["--snakefile", str(REPOSITORY / "Snakefile"), "--cores", "2"]
    words += ["--directory", str(folder), *targets]
    found = run_command("snakemake", words, {**os.environ, "PATH": path})
    assert found.returncode == 0, found.stderr


def shorten(folder: Path, bases: int) -> None:
    """Keep the first bases of the demo's genome, and what of its other files is in them."""
    genome = folder / "genome.fa"
    header, *lines = genome.read_text().splitlines()
    genome.write_text(f"{header}\n{''.join(lines)[:bases]}\n")
    for name, end in (("genes.gff3", 4), ("mask.bed", 2)):
        rows = (folder / name).read_text().splitlines(keepends=True)
        rows = [row for row in rows if not row.startswith("##sequence-region")]  # the whole length
        kept = [row for row in rows if row[0] == "#" or int(row.split("\t")[end]) <= bases]
        assert kept != rows
        (folder / name).write_text("".join(kept))


@pytest.fixture(scope="module")
def page(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[IgvPage]:
    fasta = demo / "resources/demo/genome.fa"
    faidx(str(fasta))
    locus = f"{CHROM}:{START + 1}-{END}"
    profile = tmp_path_factory.mktemp("chromium")
    genes = demo / "resources/demo/genes.gff3"
    formats = ("bigwig", "bed", "tsv")
    tracks = demo / "results/tracks/demo" / SHOWN
    with open_igv(tracks, fasta, locus, profile, genes, formats=formats) as page:
        yield page


@pytest.mark.parametrize("track", TRACKS)
def test_demo_tracks_have_features(page: IgvPage, track: str) -> None:
    features = page.features(track, CHROM, START, END)
    assert len(features) > 10
    if track.startswith("CDS"):
        values = np.array([feature["value"] for feature in features])
        assert values.min() >= 0
        assert 0.5 < values.max() <= 1


def test_demo_tracks_follow_the_genes(page: IgvPage) -> None:
    inside = np.zeros(END - START, bool)
    for gene in page.features("annotation", CHROM, START, END):
        if gene["strand"] == "-":
            inside[max(0, gene["start"] - START) : gene["end"] - START] = True
    found = np.zeros(END - START)
    for feature in page.features("CDS -", CHROM, START, END):
        found[max(0, feature["start"] - START) : feature["end"] - START] = feature["value"]
    assert 0.2 < inside.mean() < 0.8
    assert found[inside].mean() > 0.6
    assert found[~inside].mean() < 0.2


def test_demo_picture_shows_every_track(page: IgvPage, tmp_path: Path) -> None:
    picture = page.screenshot(Path(os.environ.get("GENOSEQ_PICTURE", tmp_path / "tracks.png")))
    image = Image.open(picture).convert("RGB")
    for track, colours in TRACKS.items():
        part = np.asarray(image.crop(page.box(track)), int)
        for colour in colours:
            assert (np.abs(part - colour).max(axis=2) < 12).sum() > 100, track


def test_demo_report_opens_with_its_verdict(
    demo: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = (demo / "results/report.html").read_text()
    assert "tracks/demo/bilstm/segments.bed" in text
    assert "predictions" in text
    with open_chromium(tmp_path_factory.mktemp("report")) as page:
        page.open(demo / "results/report.html")
        (heading, *_) = page.all("h2")
        assert heading.text.startswith("Verdict: ")
        assert len(page.all(".check")) > 10
        assert not page.complaints()
        picture = Path(os.environ.get("GENOSEQ_REPORT_PICTURE", tmp_path / "report.png"))
        image = Image.open(page.screenshot(picture, 1_300)).convert("RGB")
    green = np.abs(np.asarray(image, int) - (0, 158, 115)).max(axis=2) < 12
    assert green.sum() > 500  # what passes
