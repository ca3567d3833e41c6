"""A hub: every file that it names is there, by a relative path, and holds what was predicted."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import bbi
import numpy as np
import py2bit
import pyBigWig
import pytest
from hub_files import Made, made_results, stanzas
from track_cases import golden, write

from genoseq.errors import ConfigError, InputFormatError, RegionError
from genoseq.genome.tracks import Channel
from genoseq.report.hub import write_hub
from genoseq.report.hub_tracks import safe_label

HOSTILE = (
    "<img src=x onerror=hacked=1>", "'\"><script>hacked=1</script>", "../../etc/passwd", "..", ".",
    "a/b\\c", "jexl:hacked()", "{{7*7}}", "${hacked}", "a\nbigDataUrl http://evil/x", "a\tb", "é😀",
    "%2e%2e%2f", "&lt;b&gt;", "javascript:alert(1)", "-rf", "con", " ", "x" * 300, "]]>",
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made_results(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def hub(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("hub") / "hub"
    written = write_hub([made.tracks, made.genes], made.fasta, out, title="Made <b>up</b>")
    assert str(written) == f"{out}: 4 tracks"
    return out


def test_hub_txt_has_a_stanza_for_each_track(hub: Path) -> None:
    about, genome, *tracks = stanzas(hub / "hub.txt")
    assert (about["hub"], about["longLabel"]) == ("made", "Made %3Cb%3Eup%3C/b%3E")
    assert (genome["twoBitPath"], genome["groups"]) == ("made/made.2bit", "made/groups.txt")
    assert genome["defaultPos"] == "zeta|long.1:1-20000"
    assert [(each["track"], each["type"], each["shortLabel"]) for each in tracks] == [
        ("bilstm_CDS_plus", "bigWig 0 1", "CDS + bilstm"),
        ("bilstm_CDS_minus", "bigWig 0 1", "CDS - bilstm"),
        ("bilstm_segments", "bigBed 9", "segments bilstm"),
        ("bilstm_genes", "bigGenePred", "genes bilstm"),
    ]
    assert [each.get("color") for each in tracks] == ["0,114,178", "213,94,0", None, None]
    assert [each.get("viewLimits") for each in tracks] == ["0:1", "0:1", None, None]
    (group,) = stanzas(hub / "made/groups.txt")
    assert {each["group"] for each in tracks} == {group["name"]}
    assert group["label"] == "bilstm"


def named_files(hub: Path) -> Iterator[str]:
    """Every path that hub.txt, the sessions and the configuration name."""
    for stanza in stanzas(hub / "hub.txt"):
        keys = ("bigDataUrl", "html", "twoBitPath", "groups", "htmlPath", "descriptionUrl")
        yield from (stanza[key] for key in keys if key in stanza)
    root = ElementTree.parse(hub / "igv.xml").getroot()
    yield root.attrib["genome"]
    yield from (each.attrib["path"] for each in root.iter("Resource"))
    for name in ("igv.json", "config.json"):
        yield from _addresses(json.loads((hub / name).read_text()))


def _addresses(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        yield from (found[key] for key in ("uri", "url", "twoBitURL") if key in found)
        for each in found.values():
            yield from _addresses(each)
    elif isinstance(found, list):
        for each in found:
            yield from _addresses(each)


def test_hub_names_files_that_are_there_by_relative_paths(hub: Path) -> None:
    named = set(named_files(hub))
    assert len(named) == 11  # the genome, groups, a page, and two for each track
    for path in named:
        assert re.fullmatch(r"[A-Za-z0-9_./-]+", path)
        assert ".." not in path
        assert not path.startswith("/")
        assert (hub / path).is_file(), path
    there = {path.relative_to(hub).as_posix() for path in hub.rglob("*") if path.is_file()}
    assert there - named == {"hub.txt", "igv.xml", "igv.json", "config.json"}


def test_hub_values_are_those_that_were_predicted(hub: Path) -> None:
    for channel, name in enumerate(("plus", "minus")):
        path = str(hub / f"made/bilstm_CDS_{name}.bw")
        with pyBigWig.open(path) as by_pybigwig:
            for chrom, values in golden().items():
                if not len(values):
                    continue
                given = values[:, channel]
                if chrom in by_pybigwig.chroms():
                    seen = by_pybigwig.values(chrom, 0, len(given), numpy=True)
                    np.testing.assert_allclose(seen, given, atol=1e-7)
                seen = bbi.fetch(path, chrom, 0, len(given), missing=np.nan)
                np.testing.assert_allclose(seen, given, atol=1e-7)
        for size in (1_024, 16_384, 65_536):  # each read from another zoom level
            values = golden()["zeta|long.1"][:, channel]
            parts = values[: len(values) // size * size].reshape(-1, size)
            seen = bbi.fetch(path, "zeta|long.1", 0, parts.size, bins=len(parts), missing=np.nan)
            known = ~np.isnan(parts).all(axis=1)
            assert (np.isnan(seen) == ~known).all()
            np.testing.assert_allclose(seen[known], np.nanmean(parts[known], axis=1), atol=1e-5)


def test_hub_segments_and_genes_are_those_of_the_files(hub: Path, made: Made) -> None:
    lines = (made.tracks / "segments.bed").read_text().splitlines()
    given = sorted(line.split("\t") for line in lines)
    assert len(given) > 100
    with pyBigWig.open(str(hub / "made/bilstm_segments.bb")) as found:
        seen = [
            [chrom, str(start), str(end), *rest.split("\t")]
            for chrom, length in found.chroms().items()
            for start, end, rest in found.entries(chrom, 0, length) or ()
        ]
    assert sorted(seen) == given
    with pyBigWig.open(str(hub / "made/bilstm_genes.bb")) as found:
        first, last = found.entries("edges", 0, 5_000)
    assert (first[:2], last[:2]) == ((0, 90), (4_900, 5_000))
    assert first[2].startswith("e_1\t900\t+\t0\t90\t0,114,178\t1\t90,\t0,\te_1\tcmpl\tcmpl\t0,")
    assert last[2].startswith("e_2\t400\t-\t4900\t5000\t213,94,0\t")


def test_hub_genome_is_the_fasta(hub: Path, made: Made) -> None:
    found = py2bit.open(str(hub / "made/made.2bit"))
    assert found.chroms() == {name: len(of) for name, of in golden().items() if len(of)}
    letters = made.fasta.read_text().split(">edges\n")[1].split("\n")[0]
    assert found.sequence("edges") == letters.upper()


def test_hub_sessions_have_the_same_tracks_colours_and_axes(hub: Path) -> None:
    session = json.loads((hub / "igv.json").read_text())
    axes = [(t["name"], t.get("color"), t.get("min"), t.get("max")) for t in session["tracks"]]
    assert axes == [
        ("CDS + bilstm", "rgb(0,114,178)", 0, 1),
        ("CDS - bilstm", "rgb(213,94,0)", 0, 1),
        ("segments bilstm", None, None, None),
        ("genes bilstm", None, None, None),
    ]
    root = ElementTree.parse(hub / "igv.xml").getroot()
    assert root.attrib["locus"] == session["locus"] == "zeta|long.1:1-20000"
    tracks = [(each.attrib["name"], each.attrib.get("color")) for each in root.iter("Track")]
    assert tracks == [(name, colour and colour[4:-1]) for name, colour, _, _ in axes]
    ranges = [(each.attrib["minimum"], each.attrib["maximum"]) for each in root.iter("DataRange")]
    assert ranges == [("0", "1")] * 2
    config = json.loads((hub / "config.json").read_text())
    kinds = {each["trackId"]: each["type"] for each in config["tracks"]}
    assert list(kinds.values()) == ["QuantitativeTrack"] * 2 + ["FeatureTrack"] * 2
    (view,) = config["defaultSession"]["views"]
    assert view["init"]["tracks"] == list(kinds)


def test_hub_of_hostile_names_stays_in_its_folder(tmp_path: Path) -> None:
    channels = tuple(Channel(name) for name in HOSTILE)
    values = np.full((60, len(HOSTILE)), 0.01, np.float32)
    values[np.arange(len(HOSTILE)) + 3, np.arange(len(HOSTILE))] = 0.9
    short = tuple(Channel(name[:60]) for name in HOSTILE)
    assert len(channels) == len(short)
    contig = "<img/src=x/onerror=hacked=1>|.."
    tracks = write(tmp_path / "t" / "<b>jexl:x", {contig: values}, ("bigwig", "bed"), short)
    (tmp_path / "g.fa").write_text(f">{contig}\n{'ACGTA' * 12}\n")
    title = "</title><script>hacked=1</script>\nemail evil"
    written = write_hub([tracks], tmp_path / "g.fa", tmp_path / "hub", title=title, email="a\nb c")
    assert written.tracks == len(HOSTILE) + 1
    assert {path.name for path in tmp_path.iterdir()} == {"t", "g.fa", "hub"}
    for path in named_files(tmp_path / "hub"):
        assert re.fullmatch(r"[A-Za-z0-9_./-]+", path)
        assert (tmp_path / "hub" / path).is_file()
    for page in (tmp_path / "hub").rglob("*.html"):
        assert set(re.findall(r"<(\w+)", page.read_text())) <= {
            *("html", "head", "meta", "title", "body", "h1", "h2", "p", "ul", "li"),
            *("table", "tr", "th", "td"),
        }
    for stanza in stanzas(tmp_path / "hub/hub.txt")[2:]:
        assert not set('<>&"') & set(stanza["shortLabel"] + stanza["longLabel"])
    for each in json.loads((tmp_path / "hub/config.json").read_text())["tracks"]:
        assert not each["name"].startswith("jexl:")
        assert not set('<>&"') & set(each["name"])


def test_safe_label_keeps_what_is_harmless() -> None:
    assert safe_label("5' UTR (a-b) + x") == "5' UTR (a-b) + x"
    assert safe_label('jexl:a<b>&"\n') == "jexl%3Aa%3Cb%3E%26%22%0A"


def test_hub_of_one_model_twice_has_two_names(made: Made, tmp_path: Path) -> None:
    again = shutil.copytree(made.tracks, tmp_path / "again" / made.tracks.name)
    write_hub([made.tracks, again], made.fasta, tmp_path / "hub")
    names = [each["track"] for each in stanzas(tmp_path / "hub/hub.txt")[2:]]
    assert len({name.lower() for name in names}) == 6


def test_hub_of_signals_has_one_axis_for_both_strands(tmp_path: Path) -> None:
    channels = (Channel("RNA", "+"), Channel("RNA", "-"), Channel("ATAC"))
    values = np.array([[0, -0.123, 40], [3.02, 1, 0]], np.float32)
    tracks = write(tmp_path / "s", {"c": values}, ("bigwig",), channels, "signal")
    (tmp_path / "g.fa").write_text(">c\nAC\n")
    write_hub([tracks], tmp_path / "g.fa", tmp_path / "hub")
    limits = [each["viewLimits"] for each in stanzas(tmp_path / "hub/hub.txt")[2:]]
    assert limits == ["-0.13:3.1", "-0.13:3.1", "0:40"]


def test_hub_leaves_out_what_is_empty_and_says_so(made: Made, tmp_path: Path) -> None:
    (tmp_path / "none.bed").write_text("# no interval\n")
    written = write_hub([made.tracks, tmp_path / "none.bed"], made.fasta, tmp_path / "hub")
    assert str(written).endswith("3 tracks; left out, as nothing is in them: none")
    with pytest.raises(InputFormatError, match=r"nothing to show: no item in none"):
        write_hub([tmp_path / "none.bed"], made.fasta, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_hub_of_another_genome_is_refused(made: Made, tmp_path: Path) -> None:
    (tmp_path / "g.fa").write_text(">edges\nACGT\n")
    with pytest.raises(InputFormatError, match=r"'edges' has 5000 bp here and 4 in the FASTA"):
        write_hub([made.tracks], tmp_path / "g.fa", tmp_path / "hub")
    with pytest.raises(InputFormatError, match=r"genes\.gff3: region edges:1-90 ends past"):
        write_hub([made.genes], tmp_path / "g.fa", tmp_path / "hub")
    (tmp_path / "g.fa").write_text(">other\nACGT\n")
    with pytest.raises(InputFormatError, match=r"\.bw: contig .* is not in g\.fa: is it another"):
        write_hub([made.tracks], tmp_path / "g.fa", tmp_path / "hub")
    assert not (tmp_path / "hub").exists()


def test_hub_refuses_folders_of_other_things(made: Made, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.doc").write_text("years of work")
    with pytest.raises(ConfigError, match=r"holds thesis\.doc: name a new folder"):
        write_hub([made.tracks], made.fasta, tmp_path / "mine")
    with pytest.raises(InputFormatError, match=r"neither manifest\.tsv nor genes\.gff3"):
        write_hub([tmp_path / "mine"], made.fasta, tmp_path / "hub")
    with pytest.raises(ConfigError, match="--name 'a/b': use letters, digits, _ and -"):
        write_hub([made.tracks], made.fasta, tmp_path / "hub", name="a/b")
    with pytest.raises(RegionError, match="the FASTA has no contig 'none'"):
        write_hub([made.tracks], made.fasta, tmp_path / "hub", region="none:1-5")
    assert not (tmp_path / "hub").exists()


def test_hub_is_the_same_bytes_again_and_replaces_an_older_one(made: Made, tmp_path: Path) -> None:
    def contents() -> dict[str, bytes]:
        files = (path for path in (tmp_path / "hub").rglob("*") if path.is_file())
        return {str(path): path.read_bytes() for path in files}

    write_hub([made.tracks, made.genes], made.fasta, tmp_path / "hub")
    first = contents()
    write_hub([made.tracks, made.genes], made.fasta, tmp_path / "hub")
    assert contents() == first
    write_hub([made.genes], made.fasta, tmp_path / "hub")
    assert len(contents()) == len(first) - 6


def test_hub_replaces_older_hubs_alone(made: Made, tmp_path: Path) -> None:
    mine = tmp_path / "out/made/thesis.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("years of work")
    with pytest.raises(ConfigError, match="is there already and holds made: name a new folder"):
        write_hub([made.tracks], made.fasta, tmp_path / "out")
    assert mine.read_text() == "years of work"
    write_hub([made.tracks], made.fasta, tmp_path / "hub")
    files = [*(tmp_path / "hub/made").glob("*.bw")]
    with pytest.raises(ConfigError, match=r"hub holds .*\.bw and would be replaced: name another"):
        write_hub(files, made.fasta, tmp_path / "hub")
    write_hub([made.tracks], made.fasta, tmp_path / "hub")
