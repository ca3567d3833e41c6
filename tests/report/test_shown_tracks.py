"""What folders and files are shown as: names, colours, axes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hub_files import GENES
from track_cases import CDS, probabilities, write

from genoseq.errors import InputFormatError
from genoseq.genome.tracks import Channel
from genoseq.report.shown_tracks import extremes, shown_tracks

BED12 = "c\t0\t40\tg\t0\t+\t0\t40\t0,0,0\t1\t40\t0\n"


def test_shown_tracks_of_a_folder_are_those_of_its_manifest(tmp_path: Path) -> None:
    folder = write(tmp_path / "bilstm", {"c": probabilities(90)}, ("bigwig", "bed", "tsv"))
    found = shown_tracks([folder])
    assert [(t.shape, t.kind, t.label, t.group) for t in found] == [
        ("values", "probability", "CDS +", "bilstm"),
        ("values", "probability", "CDS -", "bilstm"),
        ("intervals", "segments", "segments", "bilstm"),
    ]
    assert [track.colour for track in found[:2]] == [(0, 114, 178), (213, 94, 0)]
    assert [track.limits for track in found] == [(0, 1), (0, 1), None]
    assert found[0].title == "probability of CDS + by bilstm"


def test_shown_tracks_of_confidence_are_named_by_it(tmp_path: Path) -> None:
    measures = (Channel("", measure="margin"), Channel("CDS", "+", measure="spread"))
    values = np.concatenate([probabilities(90), probabilities(90)[:, ::-1] / 4], axis=1)
    values[:, 3] = 0
    folder = write(tmp_path / "m", {"c": values}, ("bigwig", "bed"), (*CDS, *measures))
    *found, _ = shown_tracks([folder])
    assert [(track.kind, track.label, track.title) for track in found[2:]] == [
        ("margin", "margin", "margin by m"),
        ("spread", "CDS spread +", "CDS spread + by m"),
    ]
    assert [track.limits for track in found] == [(0, 1)] * 4
    assert [track.colour for track in found[2:]] == [(0, 0, 0)] * 2


def test_shown_tracks_beside_genes_are_called_as_the_genes(tmp_path: Path) -> None:
    (tmp_path / "bacteria").mkdir()
    (tmp_path / "bacteria/genes.gff3").write_text(GENES)
    write(tmp_path / "bacteria/tracks", {"c": probabilities(90)}, ("bigwig",))
    found = shown_tracks([tmp_path / "bacteria", tmp_path / "bacteria/tracks"])
    assert {track.group for track in found} == {"bacteria"}
    assert [track.shape for track in found] == ["genes", "values", "values"]


def test_shown_tracks_of_files_are_told_by_content(tmp_path: Path) -> None:
    (tmp_path / "a.1.gff3.gz").write_text(GENES)
    (tmp_path / "b.bed").write_text(BED12)
    (tmp_path / "c.bed").write_text("c\t0\t40\tpeak\n")
    signal = write(tmp_path / "s", {"c": np.full((9, 1), 2, np.float32)}, ("bigwig",),
                   (Channel("x"),), "signal")  # fmt: skip
    files = [tmp_path / "a.1.gff3.gz", tmp_path / "b.bed", tmp_path / "c.bed", signal / "x.both.bw"]
    found = shown_tracks(files)
    assert [track.shape for track in found] == ["genes", "genes", "intervals", "values"]
    assert [track.name for track in found] == ["a.1", "b", "c", "x.both"]
    assert found[-1].limits == (0, 2)


def test_shown_tracks_refuse_what_browsers_cannot_show(tmp_path: Path) -> None:
    scores = write(tmp_path / "scores", {"c": probabilities(90)}, ("scores",))
    with pytest.raises(InputFormatError, match="genoseq tracks --formats bigwig,bed"):
        shown_tracks([scores])
    (tmp_path / "a.fa").write_text(">c\nACGT\n")
    with pytest.raises(InputFormatError, match="a FASTA file"):
        shown_tracks([tmp_path / "a.fa"])
    with pytest.raises(FileNotFoundError):
        shown_tracks([tmp_path / "none"])


@pytest.mark.parametrize(
    ("values", "expected"),
    [([-0.1234, 3.01], (-0.13, 3.1)), ([0, 0.00123], (0, 0.0013)), ([20, 117], (20, 120))],
)
def test_extremes_are_rounded_outwards(
    tmp_path: Path, values: list[float], expected: tuple[float, float]
) -> None:
    column = np.array(values, np.float32)[:, None]
    folder = write(tmp_path / "s", {"c": column}, ("bigwig",), CDS[:1], "signal")
    assert extremes(folder / "CDS.plus.bw") == expected
