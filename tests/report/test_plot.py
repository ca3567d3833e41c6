"""``plot_loci``: files of each kind, hostile names, what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from command import Genoseq
from hub_files import Made, made_results
from PIL import Image
from track_cases import write

from genoseq.errors import ConfigError, InputFormatError, RegionError
from genoseq.genome.tracks import Channel
from genoseq.report.locus_genes import plain_text
from genoseq.report.plot import plot_loci

SIGNED = np.linspace(-3, 2, 120).astype(np.float32)[:, None]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made_results(tmp_path_factory.mktemp("made"))


def test_plot_svg_has_names_as_text_and_no_hostile_markup(tmp_path: Path) -> None:
    code = "<script>alert(1)</script>$\\frac{a}$"
    contig = "<img/src=x/onerror=alert(1)>|$x$"
    (tmp_path / "g.fa").write_text(f">{contig}\n{'ACGT' * 30}\n")
    (tmp_path / "a.bed").write_text(f"{contig}\t5\t60\t{code}\t0\t+\t5\t60\t0,0,0\t1\t55\t0\n")
    tracks = write(
        tmp_path / code.replace("/", ""), {contig: SIGNED}, ("bigwig",), (Channel(code),), "signal"
    )
    out = tmp_path / "f.svg"
    plot_loci([tracks, tmp_path / "a.bed"], tmp_path / "g.fa", out, region=[contig])
    root = ElementTree.parse(out).getroot()
    texts = {"".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")}
    assert plain_text(code, 30) in texts
    assert f"{contig}:1-120, 120 bp" in texts
    kinds = {each.tag.split("}")[1] for each in root.iter()}
    assert not kinds & {"script", "img", "foreignObject", "a", "image"}


def test_plot_writes_each_kind(made: Made, tmp_path: Path) -> None:
    (tmp_path / "loci.bed").write_text("edges\t0\t300\nA\t0\t64\nzeta|long.1\t0\t90000\n")
    said = str(
        plot_loci([made.tracks], made.fasta, tmp_path / "f.pdf", regions=tmp_path / "loci.bed")
    )
    assert said == f"{tmp_path / 'f.pdf'}: 3 figures of 2 panels"
    data = (tmp_path / "f.pdf").read_bytes()
    assert data.startswith(b"%PDF")
    assert len(re.findall(rb"/Type /Page\b", data)) == 3
    plot_loci(
        [made.tracks], made.fasta, tmp_path / "figures", regions=tmp_path / "loci.bed", dpi=60
    )
    names = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert names == [
        "0001_edges%3A1-300.png", "0002_A%3A1-64.png", "0003_zeta%7Clong.1%3A1-90000.png",
    ]  # fmt: skip
    plot_loci(
        [made.tracks], made.fasta, tmp_path / "f.png", region=["edges:1-300"], width=9, dpi=127
    )
    image = Image.open(tmp_path / "f.png")
    assert image.width == 450
    assert len(image.convert("RGB").getcolors(1 << 20) or ()) > 5


def test_plot_is_the_same_bytes_again(made: Made, tmp_path: Path) -> None:
    for kind in ("svg", "pdf", "png"):
        files = [tmp_path / f"{number}.{kind}" for number in (1, 2)]
        for file in files:
            plot_loci([made.tracks, made.genes], made.fasta, file, region=["edges:1-300"], dpi=50)
        assert files[0].read_bytes() == files[1].read_bytes()


def test_plot_of_hostile_names_stays_in_its_folder(tmp_path: Path) -> None:
    contig = "../../../etc/" + "x" * 300
    (tmp_path / "g.fa").write_text(f">{contig}\n{'ACGT' * 30}\n")
    (tmp_path / "a.bed").write_text(f"{contig}\t5\t60\n{contig}\t6\t60\n")
    plot_loci(
        [tmp_path / "a.bed"],
        tmp_path / "g.fa",
        tmp_path / "out",
        regions=tmp_path / "a.bed",
        dpi=40,
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.bed", "g.fa", "out"]
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_plot_refuses_what_cannot_be_drawn(made: Made, tmp_path: Path) -> None:
    def plot(name: str, **asked: object) -> None:
        plot_loci([made.tracks], made.fasta, tmp_path / name, **asked)  # type: ignore[arg-type]

    (tmp_path / "none.bed").write_text("")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.doc").write_text("years of work")
    with pytest.raises(ConfigError, match="by --region or by --regions, one of the two"):
        plot("f.pdf")
    with pytest.raises(ConfigError, match="has no region: there is nothing to draw"):
        plot("f.pdf", regions=tmp_path / "none.bed")
    with pytest.raises(ConfigError, match=r"one \.svg is of one locus, and there are 2: name a"):
        plot("f.svg", region=["edges", "A"])
    with pytest.raises(ConfigError, match=r"a figure is \.png, \.svg or \.pdf"):
        plot("f.gif", region=["edges"])
    with pytest.raises(ConfigError, match=r"holds thesis\.doc: name a new folder"):
        plot("mine", region=["edges"])
    with pytest.raises(ConfigError, match="use 4 to 500 centimetres"):
        plot("f.pdf", region=["edges"], width=1)
    with pytest.raises(RegionError, match="ends past the contig's last base"):
        plot("f.pdf", region=["edges:1-6000"])
    (tmp_path / "g.fa").write_text(">other\nACGT\n")
    with pytest.raises(InputFormatError, match="is it another assembly"):
        plot_loci([made.tracks], tmp_path / "g.fa", tmp_path / "f.pdf", region=["other"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["g.fa", "mine", "none.bed"]


def test_plot_writes_nothing_to_home(
    made: Made, tmp_path: Path, genoseq: Genoseq, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, folder in (("HOME", "home"), ("TMPDIR", "temporary")):
        (tmp_path / folder).mkdir()
        monkeypatch.setenv(name, str(tmp_path / folder))
    for name in ("MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    words = ("--fasta", made.fasta, "--region", "edges:1-300", "-o", tmp_path / "a.svg")
    run = genoseq("plot", made.tracks, *words)
    assert run.returncode == 0, run.stderr
    assert not [*(tmp_path / "home").iterdir(), *(tmp_path / "temporary").glob("genoseq-*")]
