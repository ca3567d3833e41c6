"""genoseq tracks: a scores folder in, tracks out, errors as one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pybigtools
import pytest
from command import Genoseq

from genoseq.genome.tracks import Channel, Track
from genoseq.writers.outputs import write_tracks
from genoseq.writers.scores import read_scores

CHANNELS = (Channel("CDS", "+"), Channel("CDS", "-"))


def scores(folder: Path, kind: str = "classes") -> Path:
    values = np.random.default_rng(0).integers(0, 501, (3_000, 2)).astype(np.float32) / 1000
    track = Track("c", 100, values, CHANNELS)
    write_tracks([track], {"c": 4_000}, CHANNELS, kind, folder, ["scores"])
    return folder


def test_tracks_writes_what_was_asked(tmp_path: Path, genoseq: Genoseq) -> None:
    source = scores(tmp_path / "scores")
    run = genoseq("tracks", source, "-o", tmp_path / "out", "--formats", "bigwig,bed,tsv,bedgraph")
    assert run.returncode == 0, run.stderr
    assert "tracks: 100% of 3,000 bases" in run.stderr
    last = f"tracks: wrote {tmp_path / 'out'}: 9 files, 3,000 bases; segments CDS.plus "
    assert (run.stdout, run.stderr.splitlines()[-1].startswith(last)) == ("", True)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "manifest.tsv",
        "segments.bed",
        "predictions.tsv.gz",
        "predictions.tsv.gz.tbi",
        *(f"CDS.{strand}.bw" for strand in ("plus", "minus")),
        *(f"CDS.{strand}.bedgraph.gz" for strand in ("plus", "minus")),
        *(f"CDS.{strand}.bedgraph.gz.tbi" for strand in ("plus", "minus")),
    }


def test_tracks_errors_are_one_line(tmp_path: Path, genoseq: Genoseq) -> None:
    source = scores(tmp_path / "scores")
    signal = scores(tmp_path / "signal", "signal")
    out = tmp_path / "out"
    for words, message in (
        ((tmp_path, "-o", out), "no scores.json here"),
        ((source, "-o", out, "--formats", "gff"), "format 'gff': use bigwig, bedgraph"),
        ((source, "-o", source), "holds the scores: choose another folder"),
        (
            (signal, "-o", out, "--formats", "bed"),
            "format bed: segments are of",
        ),
    ):
        run = genoseq("tracks", *words)
        assert run.returncode == 1
        assert run.stderr.count("\n") == 1
        assert message in run.stderr
    assert not out.exists()


def test_tracks_calls_by_rules(tmp_path: Path, genoseq: Genoseq) -> None:
    source, out = scores(tmp_path / "scores"), tmp_path / "out"
    words = ("tracks", source, "-o", out, "--formats", "bigwig")
    run = genoseq(*words, "--segments", "CDS:threshold=0.4,min=2", "--peaks", "CDS:threshold=0.499")
    assert run.returncode == 0, run.stderr
    assert "peaks CDS.plus " in run.stderr
    called = (out / "peaks.bed").read_text().splitlines()
    assert called
    assert all(float(line.split("\t")[9]) >= 0.499 for line in called)
    spans = [line.split("\t")[1:3] for line in (out / "segments.bed").read_text().splitlines()]
    assert min(int(end) - int(start) for start, end in spans) == 2
    run = genoseq(*words, "--peaks", "TSS:threshold=2")
    assert run.stderr == "genoseq: error: --peaks TSS: no such class; there are CDS\n"


def test_tracks_of_bins(tmp_path: Path, genoseq: Genoseq) -> None:
    source = scores(tmp_path / "scores")
    words = ("tracks", source, "-o", tmp_path / "out", "--bin", 50, "--bin-by", "max")
    run = genoseq(*words)
    assert run.returncode == 0, run.stderr
    values = read_scores(source).values("c", 100, 3_100)[:, 1]
    with pybigtools.open(str(tmp_path / "out/CDS.minus.bw")) as file:
        found = np.array(file.values("c", 100, 3_100, fillna=None), np.float32)
    np.testing.assert_array_equal(found, values.reshape(-1, 50).max(1).repeat(50))
    run = genoseq(*words, "--formats", "tsv")
    assert run.returncode == 1
    assert "bin 50: none of tsv has bins: add bedgraph, bigwig" in run.stderr


def test_tracks_table_of_regions(tmp_path: Path, genoseq: Genoseq) -> None:
    source, out = scores(tmp_path / "scores"), tmp_path / "table.tsv"
    values = read_scores(source).values("c", 0, 4_000)
    (tmp_path / "a.bed").write_text("c\t50\t900\tx\t0\t-\nc\t3200\t3300\ty\t0\t+\n")
    gene, exon = "gene\t51\t900\t.\t-\t.\tID=x", "exon\t60\t70\t.\t-\t.\tParent=x"
    (tmp_path / "a.gff3").write_text("".join(f"c\tz\t{line}\n" for line in (gene, exon)))
    asked: dict[object, tuple[str, int, int, str]] = {
        tmp_path / "a.bed": ("x", 50, 900, "-"),
        tmp_path / "a.gff3": ("x", 50, 900, "-"),
        "contigs": ("c", 0, 4_000, "."),
    }
    for regions, (name, start, end, strand) in asked.items():
        run = genoseq("tracks", source, "-o", out, "--table", regions)
        assert run.returncode == 0, run.stderr
        rows = [line.split("\t") for line in out.read_text().splitlines()]
        assert rows[0][:3] == ["#chrom", "start", "end"]
        for channel, row in zip((0, 1), rows[1:3], strict=True):
            here = values[start:end, channel]
            assert row[:6] == ["c", f"{start}", f"{end}", name, strand, CHANNELS[channel].label]
            assert float(row[6]) == pytest.approx(np.nanmean(here), rel=1e-5)
            assert row[7:] == [
                f"{np.nanmax(here):.6g}", f"{start + int(np.nanargmax(here))}",
                f"{np.count_nonzero(~np.isnan(here))}",
            ]  # fmt: skip
    assert genoseq("tracks", source, "-o", out, "--table", tmp_path / "a.bed").returncode == 0
    assert out.read_text().splitlines()[3] == "c\t3200\t3300\ty\t+\tCDS.plus\tnan\tnan\t.\t0"
    run = genoseq("tracks", source, "-o", out, "--table", "contigs", "--formats", "bed")
    assert "--table writes a table and no tracks" in run.stderr


def test_tracks_under_other_names_of_contigs(tmp_path: Path, genoseq: Genoseq) -> None:
    source = scores(tmp_path / "scores")
    (tmp_path / "two.txt").write_text("c\tchrI\nd\tchrII\n")
    (tmp_path / "ucsc.txt").write_text("# ucsc\tensembl\tncbi\nchrI\tI\tc\nchrII\t\td\n")
    for table, name in (("two.txt", "chrI"), ("ucsc.txt", "chrI"), ("ucsc.txt:ensembl", "I")):
        words = ("tracks", source, "-o", tmp_path / "out", "--alias", tmp_path / table)
        run = genoseq(*words)
        assert run.returncode == 0, run.stderr
        with pybigtools.open(str(tmp_path / "out/CDS.plus.bw")) as track:
            assert track.chroms() == {name: 4_000}
        called = (tmp_path / "out/segments.bed").read_text().splitlines()
        assert {line.split("\t")[0] for line in called} == {name}
    (tmp_path / "other.txt").write_text("d\tchrII\n")
    for table, message in (
        ("other.txt", "no name for contig 'c'; it has d"),
        ("ucsc.txt:refseq", "no such column; there are ucsc, ensembl, ncbi"),
        ("two.txt:x", "has no header line that names columns"),
    ):
        run = genoseq("tracks", source, "-o", tmp_path / "no", "--alias", tmp_path / table)
        assert run.returncode == 1
        assert message in run.stderr
    run = genoseq(*words, "--formats", "scores")
    assert "scores keep the genome's names" in run.stderr
