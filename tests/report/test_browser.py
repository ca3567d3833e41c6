"""The browser's part of a page: its size, what is in it, and what is not."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsed_run import FIRST, LENGTHS, SECOND, Run, browsed_run
from hostile import NAMES
from numpy.typing import NDArray

from genoseq.report import browser as browser_module
from genoseq.report.browser import make_browser
from genoseq.report.browser_files import write_files
from genoseq.report.browser_tracks import browser_genomes
from genoseq.report.embedded import FullError, Texts, contig_labels
from genoseq.report.igv_bundle import igv_bundle
from genoseq.report.loci import worst_loci
from genoseq.report.results import Results

PLENTY = 15_000_000


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return browsed_run(tmp_path_factory.mktemp("run"))


def taken_apart(section: str) -> tuple[dict[str, Any], list[bytes]]:
    """The data and the texts of a section, unpacked."""
    (data,) = re.findall(r'class="genoseq-browser-data">(.*?)</script>', section, re.DOTALL)
    texts = re.findall(r'class="genoseq-browser-text">(.*?)</script>', section, re.DOTALL)
    return json.loads(data), [gzip.decompress(base64.b64decode(text)) for text in texts]


def levels_of(data: bytes) -> NDArray[np.uint8]:
    return np.cumsum(np.frombuffer(data, np.uint8), dtype=np.uint8)


def test_section_has_the_whole_of_a_small_genome(run: Run) -> None:
    browser = make_browser(run.results, worst_loci(run.results), PLENTY)
    assert browser.rest == {}
    data, texts = taken_apart(browser.section)
    (genome,) = data["genomes"]
    assert [each[1:] for each in genome["contigs"]] == [[n, c] for c, n in LENGTHS.items()]
    assert genome["pieces"] == [[0, 0, 60_000], [1, 0, 4_001]]
    assert genome["files"] is None
    values = {track["name"]: track for track in genome["tracks"] if track["kind"] == "values"}
    assert list(values) == ["CDS + tiny", "CDS - tiny", "CDS + other", "CDS - other"]
    for (model, column), track in zip(
        [("tiny", 0), ("tiny", 1), ("other", 0), ("other", 1)], values.values(), strict=True
    ):
        levels = levels_of(texts[track["data"]])
        given = np.concatenate([run.values[model][chrom][:, column] for chrom in LENGTHS])
        np.testing.assert_array_equal(levels == 255, np.isnan(given))
        known = ~np.isnan(given)
        assert np.abs(levels[known] / 254 - given[known]).max() <= 0.5 / 254 + 1e-6
        assert (track["low"], track["high"], track["flipped"]) == (0, 1, column == 1)
    store = run.results.stores[0]
    packed = np.frombuffer(texts[genome["sequence"]], np.uint8)
    codes = np.stack([packed // 25, packed // 5 % 5, packed % 5], 1).ravel()
    np.testing.assert_array_equal(codes[:60_000], store.codes(FIRST, 0, 60_000))
    np.testing.assert_array_equal(codes[60_000:64_001], store.codes(SECOND, 0, 4_001))


def test_section_begins_at_the_worst_locus(run: Run) -> None:
    loci = worst_loci(run.results)
    data, _ = taken_apart(make_browser(run.results, loci, PLENTY).section)
    assert data["start"] == ["made", loci[0].chrom, loci[0].start, loci[0].end]
    data, _ = taken_apart(make_browser(run.results, [], PLENTY).section)
    assert data["start"] == ["made", FIRST, 0, 20_000]


@pytest.mark.parametrize("room", [660_000, 620_000, 580_000, 560_000])
@pytest.mark.parametrize("some", [True, False])
def test_section_keeps_to_its_size(run: Run, room: int, some: bool) -> None:
    loci = worst_loci(run.results) if some else []
    browser = make_browser(run.results, loci, room)
    assert len(browser.section.encode()) <= room
    data, texts = taken_apart(browser.section)
    (genome,) = data["genomes"]
    bases = sum(end - start for _, start, end in genome["pieces"])
    assert (bases < 64_001) == (0 in browser.rest) == (genome["files"] == "report_files/0")
    track = next(each for each in genome["tracks"] if each["kind"] == "values")
    levels = levels_of(texts[track["data"]])
    at = 0
    for contig, start, end in genome["pieces"]:
        own = levels[at : at + end - start]
        given = run.values["tiny"][[*LENGTHS][contig]][start:end, 0]
        np.testing.assert_array_equal(own == 255, np.isnan(given))
        at += end - start
    if some and bases < 64_001:
        name, chrom, start, end = data["start"]
        number = [*LENGTHS].index(chrom)
        assert name == "made"
        assert any(c == number and s <= start and end <= e for c, s, e in genome["pieces"])


def test_section_says_where_nothing_fits(run: Run) -> None:
    browser = make_browser(run.results, worst_loci(run.results), 100_000)
    assert "No tracks fit into this page" in browser.section
    assert list(browser.rest) == [0]


def test_section_without_igv_says_what_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser_module, "igv_bundle", lambda: None)
    section = make_browser(run.results, [], PLENTY).section
    assert "pip install &#39;genoseq[report]&#39;" in section
    assert "<script" not in section


def test_section_of_no_tracks_is_a_sentence() -> None:
    assert "No tracks" in make_browser(Results(), [], PLENTY).section


def test_igv_is_found_without_importing_its_package() -> None:
    bundle = igv_bundle()
    assert bundle is not None
    assert b"createBrowser" in bundle.read_bytes()


def test_files_beside_have_everything(run: Run, tmp_path: Path) -> None:
    browser = make_browser(run.results, worst_loci(run.results), 580_000)
    write_files(browser.rest, tmp_path / "files")
    made = tmp_path / "files/0"
    index = json.loads((made / "index.json").read_text())
    assert (made / index["sequence"]).stat().st_size == sum(LENGTHS.values())
    tracks = browser_genomes(run.results)[0].tracks
    assert len(index["tracks"]) == len(tracks)
    there = {path.name for path in made.iterdir()}
    assert there == {"index.json", "codes.bin", *index["tracks"]}


def test_labels_of_contigs_differ_and_are_plain() -> None:
    names = [*NAMES, "a b", "a%20b", "all", "ALL", "chr1,2", "#x", "x;y", "chr1:1-9", "é", "%C3%A9"]
    labels = contig_labels(dict.fromkeys(names, 1))
    assert len({label.lower() for label in labels.values()}) == len(set(names))
    for label in labels.values():
        assert re.fullmatch(r"[!-~]+", label)
        assert not set(label) & set('<>"&:`# ,;')
        assert label.lower() != "all"
    assert contig_labels({FIRST: 1})[FIRST] == FIRST


def test_texts_are_full_as_soon_as_it_is_known() -> None:
    rng = np.random.default_rng(1)
    texts = Texts(100_000)
    texts.add([rng.bytes(30_000)])
    read = []

    def parts() -> Any:
        for number in range(1_000):
            read.append(number)
            yield rng.bytes(10_000)

    with pytest.raises(FullError):
        texts.add(parts())
    assert len(read) < 20
    assert len(texts.texts) == 1
