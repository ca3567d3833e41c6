"""Figures of loci: what is drawn is what the files hold."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hub_files import Made, made_results
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Polygon, StepPatch
from track_cases import golden, write

from genoseq.genome.regions import Region, parse_region
from genoseq.genome.tracks import Channel
from genoseq.readers.fasta import open_fasta
from genoseq.report.locus import Item, Locus, read_items, read_locus
from genoseq.report.locus_figure import locus_figure, steps
from genoseq.report.locus_genes import MOST_LANES, _extent, gene_lanes, plain_text
from genoseq.report.shown_tracks import shown_tracks

SIGNED = np.linspace(-3, 2, 120).astype(np.float32)[:, None]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made_results(tmp_path_factory.mktemp("made"))


def locus_of(fasta: Path, region: str, *paths: Path) -> Locus:
    tracks = shown_tracks(paths)
    with open_fasta(fasta) as genome:
        items = read_items(tracks, genome)
        return read_locus(tracks, items, genome, parse_region(region, genome.lengths))


def curves(figure: Figure) -> list[StepPatch]:
    patches = [patch for axes in figure.axes for patch in axes.patches]
    return [patch for patch in patches if isinstance(patch, StepPatch)]


def test_figure_has_the_values_of_both_strands_mirrored(made: Made) -> None:
    locus = locus_of(made.fasta, "zeta|long.1:4001-4200", made.tracks)
    figure = locus_figure(locus, 18)
    plus, minus = curves(figure)
    given = golden()["zeta|long.1"][4000:4200]
    assert np.isnan(given).any()
    for patch, expected in ((plus, given[:, 0]), (minus, -given[:, 1])):
        np.testing.assert_allclose(patch.get_data().values, expected, atol=1e-7)
        np.testing.assert_array_equal(patch.get_data().edges, np.arange(4000, 4201))
    assert plus.axes is minus.axes
    assert plus.axes.get_ylim() == (-1, 1)
    assert [text.get_text() for text in plus.axes.get_yticklabels()] == ["1", "0", "1"]
    colours = [
        tuple(np.round(np.array(patch.get_facecolor()[:3]) * 255)) for patch in (plus, minus)
    ]
    assert colours == [(0, 114, 178), (213, 94, 0)]


def test_figure_has_coordinates_in_the_middle_of_bases(made: Made) -> None:
    figure = locus_figure(locus_of(made.fasta, "edges:1-40", made.tracks), 18)
    ruler = figure.axes[0]
    assert ruler.get_xlim() == (0, 40)
    ticks = {
        t.get_text(): at for t, at in zip(ruler.get_xticklabels(), ruler.get_xticks(), strict=True)
    }
    assert ticks["10"] == 9.5
    assert ruler.get_title(loc="left") == "edges:1-40, 40 bp"


@pytest.mark.parametrize(("region", "last"), [("edges:1001-2000", "2,000"), ("edges:77-77", "77")])
def test_figure_has_its_last_coordinate_within(made: Made, region: str, last: str) -> None:
    figure = locus_figure(locus_of(made.fasta, region, made.tracks), 18)
    figure.canvas.draw()
    ruler = figure.axes[0]
    label = ruler.get_xticklabels()[-1]
    assert label.get_text() == last
    assert ruler.get_xticks()[-1] == int(last.replace(",", "")) - 0.5
    assert label.get_window_extent().x1 <= figure.bbox.x1


def test_figure_has_strands_and_numbers_that_can_be_read(made: Made, tmp_path: Path) -> None:
    figure = locus_figure(locus_of(made.fasta, "edges:1-5000", made.tracks), 18)
    _, curves, segments = figure.axes
    for axes in (curves, segments):
        signs = {text.get_text(): text.xy[1] for text in axes.texts}  # type: ignore[attr-defined]
        assert sorted(signs) == ["+", "\N{MINUS SIGN}"]
        assert signs["+"] > 0.5 > signs["\N{MINUS SIGN}"]
    large = {"edges": SIGNED[:, :1] * 5_100, "small": SIGNED[:, :1] * 2e-6}
    (tmp_path / "g.fa").write_text("".join(f">{name}\n{'A' * 120}\n" for name in large))
    write(tmp_path / "s", large, ("bigwig",), (Channel("x"),), "signal")
    for contig, numbers in (
        ("edges", ["-15,300", "0", "10,200"]),
        ("small", ["-6e-6", "0", "4e-6"]),
    ):
        axes = locus_figure(locus_of(tmp_path / "g.fa", contig, tmp_path / "s"), 18).axes[1]
        assert [text.get_text() for text in axes.get_yticklabels()] == numbers


def test_a_folder_named_twice_is_read_once(made: Made) -> None:
    other = made.tracks / ".." / made.tracks.name
    once, twice = shown_tracks([made.tracks]), shown_tracks([made.tracks, other, made.tracks])
    assert once == twice


def test_figure_has_segments_and_genes_where_they_are(made: Made) -> None:
    locus = locus_of(made.fasta, "edges:1-5000", made.tracks, made.genes)
    figure = locus_figure(locus, 18)
    _, _, segments, genes = figure.axes
    lines = (made.tracks / "segments.bed").read_text().splitlines()
    rows = [line.split("\t") for line in lines if line.startswith("edges\t")]
    spans = sorted(
        (path.vertices[:, 0].min(), path.vertices[:, 0].max())
        for each in segments.collections
        if isinstance(each, PolyCollection)
        for path in each.get_paths()
    )
    assert spans == sorted((int(row[1]), int(row[2])) for row in rows)
    boxes = [patch.get_xy() for patch in genes.patches if isinstance(patch, Polygon)]
    assert [(xy[:, 0].min(), xy[:, 0].max()) for xy in boxes] == [(0, 90), (4900, 5000)]
    # Arrows: the tip of + is its last base, that of - its first.
    middles = [(xy[:, 1].min() + xy[:, 1].max()) / 2 for xy in boxes]
    tips = [xy[np.isclose(xy[:, 1], y), 0] for xy, y in zip(boxes, middles, strict=True)]
    assert 90 in tips[0]
    assert 4900 in tips[1]
    assert [text.get_text() for text in genes.texts] == ["e_1", "e_2"]


def test_figure_draws_introns_as_lines_and_utrs_thinner(tmp_path: Path) -> None:
    (tmp_path / "g.fa").write_text(f">c\n{'ACGT' * 100}\n")
    (tmp_path / "a.bed").write_text(
        "c\t0\t400\tspliced\t0\t-\t150\t290\t0,0,0\t3\t200,50,50\t0,250,350\n".replace(
            "200,50,50", "200,50,50"
        )
    )
    figure = locus_figure(locus_of(tmp_path / "g.fa", "c", tmp_path / "a.bed"), 18)
    genes = figure.axes[-1]
    boxes = sorted(
        (xy[:, 0].min(), xy[:, 0].max(), round(np.ptp(xy[:, 1]), 2))
        for xy in (p.get_xy() for p in genes.patches if isinstance(p, Polygon))
    )
    thin, thick = 0.22, 0.44
    assert boxes == [
        (0, 150, thin),
        (150, 200, thick),
        (250, 290, thick),
        (290, 300, thin),
        (350, 400, thin),
    ]
    (line,) = genes.lines
    assert list(line.get_xdata()) == [0, 400]


def test_figure_axes_of_comparable_tracks_are_the_same(tmp_path: Path) -> None:
    fasta = tmp_path / "g.fa"
    fasta.write_text(f">c\n{'ACGTA' * 24}\n")
    rna, atac = Channel("RNA"), Channel("ATAC")
    folders = [
        write(
            tmp_path / "one",
            {"c": np.hstack([SIGNED, SIGNED * 9])},
            ("bigwig",),
            (rna, atac),
            "signal",
        ),
        write(tmp_path / "two", {"c": SIGNED * 2}, ("bigwig",), (rna,), "signal"),
    ]
    figure = locus_figure(locus_of(fasta, "c:1-60", *folders), 18)
    limits = {(patch.axes.get_ylabel(), patch.axes.get_ylim()) for patch in curves(figure)}
    low = float(SIGNED.min())
    assert limits == {
        ("RNA\none", (low * 2, 0.0)), ("RNA\ntwo", (low * 2, 0.0)), ("ATAC\none", (low * 9, 0.0)),
    }  # fmt: skip


def test_figure_has_letters_only_where_bases_are_wide(made: Made) -> None:
    for region, shown in (("edges:101-160", True), ("edges:101-1100", False)):
        locus = locus_of(made.fasta, region, made.tracks)
        figure = locus_figure(locus, 18)
        texts = [text.get_text() for text in figure.axes[1].texts]
        texts = [text for text in texts if text.isalpha()]  # without the signs of strands
        assert texts == (list(locus.letters) if shown else [])
    assert len(locus.letters) == 1000


def test_figure_scales_letters_by_value(tmp_path: Path) -> None:
    fasta = tmp_path / "g.fa"
    fasta.write_text(f">c\n{'ACGTN' * 24}\n")
    values = np.hstack([SIGNED, SIGNED])
    values[3] = np.nan
    channels = (Channel("x", "+"), Channel("x", "-"))
    tracks = write(tmp_path / "t", {"c": values}, ("bigwig",), channels, "signal")
    figure = locus_figure(locus_of(fasta, "c:1-40", tracks), 18, scaled_letters=True)
    assert not curves(figure)
    _, letters, *panels = figure.axes
    assert len(panels) == 2  # signed values are not mirrored
    assert "".join(text.get_text() for text in letters.texts) == "ACGTN" * 8
    for axes in panels:
        paths = [
            patch.get_path().get_extents() for patch in axes.patches if isinstance(patch, PathPatch)
        ]
        bases = [at for at in range(40) if at != 3]
        assert [int(np.floor(box.x0)) for box in paths] == bases
        heights = [
            box.y0 if value < 0 else box.y1
            for box, value in zip(paths, values[bases, 0], strict=True)
        ]
        np.testing.assert_allclose(heights, values[bases, 0], atol=1e-5)
    first = [next(p for p in axes.patches if isinstance(p, PathPatch)) for axes in panels]
    colours = [tuple(np.round(np.array(patch.get_facecolor()[:3]) * 255)) for patch in first]
    assert colours == [(0, 158, 115), (213, 94, 0)]  # A, and T on the other strand


@given(st.integers(1, 20_000), st.integers(0, 10**9), st.integers(0, 2**32))
def test_steps_keep_extremes_and_gaps(length: int, start: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=length).astype(np.float32)
    values[rng.random(length) < 0.3] = np.nan
    found, edges = steps(values, start)
    assert (edges[0], edges[-1]) == (start, start + length)
    assert len(found) == len(edges) - 1 <= max(4_000, 1)
    assert np.isnan(found).all() == np.isnan(values).all()
    if not np.isnan(values).all():
        assert np.nanmax(np.abs(found)) == np.nanmax(np.abs(values))
    if length <= 4_000:
        np.testing.assert_array_equal(found, values)


ITEMS = st.lists(
    st.tuples(st.integers(0, 900), st.integers(1, 300), st.text("abc 019_$\\{}", max_size=12)),
    max_size=25,
)


@given(ITEMS)
def test_gene_lanes_keep_genes_and_names_apart(found: list[tuple[int, int, str]]) -> None:
    region = Region("c", 100, 900)
    items = sorted(
        (
            Item(start, start + size, "+", name, (0, 0, 0), ((start, start + size),), (0, 0))
            for start, size, name in found
            if start < 900 and start + size > 100
        ),
        key=lambda item: (item.start, item.end),
    )
    lanes = gene_lanes(items, region, 15)
    if lanes is None:
        assert len(items) > MOST_LANES
        return
    scale = 800 / (15 * 72 / 2.54)
    for lane in set(lanes):
        extents = sorted(
            _extent(i, region, scale) for i, at in zip(items, lanes, strict=True) if at == lane
        )
        assert all(left[1] <= right[0] for left, right in pairwise(extents))


def test_figure_of_very_many_genes_is_no_taller(tmp_path: Path) -> None:
    (tmp_path / "g.fa").write_text(f">c\n{'ACGT' * 2_500}\n")
    lines = [
        f"c\tx\tCDS\t{at}\t{at + 8}\t.\t+\t0\tID=gene_with_a_name_{at}\n"
        for at in range(1, 9_900, 9)
    ]
    (tmp_path / "a.gff3").write_text("##gff-version 3\n" + "".join(lines))
    figure = locus_figure(locus_of(tmp_path / "g.fa", "c", tmp_path / "a.gff3"), 18)
    assert figure.get_size_inches()[1] < 2
    (collection,) = figure.axes[-1].collections
    assert len(collection.get_paths()) == len(lines)


def test_plain_text_is_one_short_line() -> None:
    assert plain_text("a\nb\x07", 10) == "a?b?"
    assert plain_text("x" * 50, 10) == "x" * 9 + "…"
