"""Whether CDS are open frames of a genome, by any genetic code."""

from __future__ import annotations

from pathlib import Path

import pytest
from coding import GENES, coding_contig, genes_of

from genoseq.genome.annotation import Annotation
from genoseq.plan.frames import Frames, open_frames
from genoseq.readers.annotation import read_annotation


@pytest.fixture
def annotation(tmp_path: Path) -> Annotation:
    (tmp_path / "a.gff3").write_text("##gff-version 3\n" + genes_of("c"))
    return read_annotation(tmp_path / "a.gff3")


def test_open_frames_of_its_genome_are_all_open(annotation: Annotation) -> None:
    assert open_frames(annotation, {"c": coding_contig().encode()}) == Frames(GENES, GENES)
    assert open_frames(annotation, {"c": coding_contig().lower().encode()}).share == 1


@pytest.mark.parametrize(("stop", "inner"), [("TAA", "TGA"), ("TGA", "TAG")])
def test_open_frames_knows_other_codes(annotation: Annotation, stop: str, inner: str) -> None:
    letters = coding_contig(stop=stop, inner=inner).encode()
    assert open_frames(annotation, {"c": letters}).share == 1


@pytest.mark.parametrize(
    "letters",
    [coding_contig(inner="TAATGA"), "A" + coding_contig()[:-1], coding_contig(7)[::-1]],
    ids=["stops", "shifted", "other"],
)
def test_open_frames_of_another_genome_are_few(annotation: Annotation, letters: str) -> None:
    assert open_frames(annotation, {"c": letters.encode()}).share < 0.2


def test_open_frames_judges_what_is_on_the_letters(annotation: Annotation) -> None:
    letters = coding_contig().encode()
    assert open_frames(annotation, {"c": letters[:1_001]}) == Frames(2, 2)
    assert open_frames(annotation, {"d": letters}) == Frames(0, 0)
