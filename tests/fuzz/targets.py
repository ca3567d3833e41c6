"""What is fuzzed: each reader of each format, with the files that are changed for it."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import seeds
from variant_target import read_variants

import genoseq as gs
from genoseq.config.base import parse_settings, read_mapping
from genoseq.config.context import usual_context
from genoseq.config.schema import RunSettings, load_config
from genoseq.config.sheet import read_genomes
from genoseq.errors import GenoseqError
from genoseq.files.provenance import read_record
from genoseq.genes.weights import load_weights, save_weights
from genoseq.pretrained.registry import model_folder
from genoseq.readers import kinds
from genoseq.readers.annotation import read_annotation
from genoseq.readers.genome_size import genome_size
from genoseq.readers.pairs import read_pair_table, read_paired_records
from genoseq.readers.signal import open_signal
from genoseq.report.results import read_results
from genoseq.report.shown_tracks import shown_tracks
from genoseq.store.checks import count_labels
from genoseq.store.store import verify_store
from genoseq.training.checkpoint import open_state
from genoseq.writers.manifest import written_files

Run = Callable[[Path], object]

BGZIP_END = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0\x1b\0\x03\0\0\0\0\0\0\0\0\0"


def pieces(data: bytes) -> Iterator[bytes]:
    """The data, cut."""
    return (data[at : at + 30_000] for at in range(0, len(data), 30_000))


def block(data: bytes) -> bytes:
    """A block of bgzip."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = deflate.compress(data) + deflate.flush()
    head = BGZIP_END[:16] + struct.pack("<H", len(body) + 25)
    return head + body + struct.pack("<II", zlib.crc32(data), len(data))


PACKINGS: tuple[Callable[[bytes], bytes], ...] = (
    lambda data: data,
    gzip.compress,
    bz2.compress,
    lzma.compress,
    lambda data: b"".join(map(block, pieces(data))) + BGZIP_END,
)
"""What a file is compressed with after it was changed, so that the damage is within."""


class Target(NamedTuple):
    """Reads files of a folder.

    Attributes
    ----------
    name
        Of the target.
    make
        Writes the files.
    files
        Those that are changed, one at a time.
    run
        Reads them; ``out`` in the folder is for what it writes.
    packed
        Whether files may be compressed.
    """

    name: str
    make: seeds.Seed
    files: tuple[str, ...]
    run: Run
    packed: bool = False


def read_fasta(path: Path) -> None:
    """Every base, by both ways; and its size as ``config check`` has it."""
    with gs.open_fasta(path) as fasta:
        for name, length in fasta.lengths.items():
            fasta.fetch(name, 0, length)
            fasta.codes(name, length // 3, length)
    genome_size(path)


def read_signal(path: Path) -> None:
    """Every value."""
    with open_signal(path) as signal:
        signal.extremes()
        for chrom, length in signal.chroms.items():
            signal.values(chrom, 0, min(length, 1 << 20))


def read_genes(path: Path) -> None:
    """Features, and genes of them."""
    list(read_annotation(path).coding())


def read_labels(folder: Path) -> None:
    """A store of all that it can be made of."""
    gs.tokenize(
        folder / "genome.fa",
        folder / "x.gff3",
        out=folder / "out",
        regions=folder / "regions.bed",
        mask=folder / "mask.bed",
        evidence=folder / "evidence.tsv",
        labels={"evidence": {"tiers": {"known": "known", "*": "unknown"}}},
    )


def read_pairs(folder: Path) -> None:
    """Pairs in either form, and a store of them."""
    attempts: list[Callable[[], object]] = [
        lambda: list(read_pair_table(folder / "x.tsv")),
        lambda: list(read_paired_records(folder / "s.fa", folder / "t.fa")),
        lambda: gs.tokenize_pairs(folder / "x.tsv", out=folder / "out"),
    ]
    each(attempts)


def read_settings(folder: Path) -> None:
    """Settings of a training, as far as its context is known."""
    run = parse_settings(RunSettings, read_mapping(folder / "run.json"))
    usual_context(run)


def check_run(folder: Path) -> None:
    """``genoseq config check``."""
    names: list[Callable[[], object]] = [
        lambda: load_config(folder / "config.yaml"),
        lambda: read_genomes(folder / "genomes.tsv"),
        lambda: list(gs.check_config(folder / "config.json").lines()),
    ]
    each(names)


def read_bundle(folder: Path) -> None:
    """A model, which then predicts."""
    gs.predict(gs.load_bundle(folder / "model"), "ACGT" * 30)


def read_store(folder: Path) -> None:
    """Everything in a store."""
    store = gs.open_store(folder / "store")
    for index in range(len(store.regions)):
        store.region_labels(index)
        region = store.regions[index]
        store.codes(region.chrom, region.start, region.end)
    count_labels(store)
    gs.leaks([store])
    verify_store(folder / "store")


def read_pair_store(folder: Path) -> None:
    """Every pair."""
    store = gs.open_pairs(folder / "pairs")
    for pair in range(store.pairs):
        store.source(pair)
        store.target(pair)
    store.of_split("train")


def read_scores(folder: Path) -> None:
    """Tracks of scores, and values."""
    gs.read_scores(folder / "scores").values("a", 10, 20)
    gs.convert_scores(folder / "scores", folder / "out", "bedgraph,bigwig")


def read_tracks(folder: Path) -> None:
    """Everything in a folder of tracks; and others written in its place."""
    gs.validate_tracks([folder / "tracks"], folder / "genome.fa")
    shutil.copytree(folder / "tracks", folder / "out")
    gs.convert_scores(folder / "scores", folder / "out", "bedgraph")


def read_state(folder: Path) -> None:
    """The state of a training."""
    with open_state(folder / "model.state", {}) as state:
        state.load()


def read_run(folder: Path) -> None:
    """A report, and what browsers are shown."""
    tracks, genes = folder / "tracks/made/tiny", folder / "genes/made/tiny"
    parts = [folder / "models/tiny", folder / "evaluation/tiny", folder / "stores/made", tracks]
    names: list[Callable[[], object]] = [
        lambda: [read_record(part) for part in (*parts, genes)],
        lambda: written_files(tracks),
        lambda: shown_tracks([tracks, genes]),
        lambda: read_results([part for part in (*parts, genes) if part.exists()]),
    ]
    each(names)


def each(attempts: list[Callable[[], object]]) -> None:
    """All of them, whatever error the ones before raised."""
    for attempt in attempts:
        try:
            attempt()
        except (GenoseqError, OSError):
            continue


def of_file(name: str, make: seeds.Seed, file: str, read: Run, packed: bool = False) -> Target:
    """A target of one file."""
    return Target(name, make, (file,), lambda folder: read(folder / file), packed)


def checked(file: str, *changed: str) -> Target:
    """``genoseq validate-tracks`` of a file; ``changed`` are files beside it."""

    def run(folder: Path) -> object:
        return gs.validate_tracks([folder / file], folder / "genome.fa")

    return Target(f"validate {file}", seeds.checked, (file, *changed), run)


def verifiable(folder: Path) -> None:
    """A folder of each kind that ``genoseq verify`` knows."""
    seeds.copied(seeds.trained, folder)
    seeds.copied(seeds.scores, folder)


def small_decoder(folder: Path) -> None:
    """The weights of a gene decoder."""
    save_weights(folder / "genes.json", load_weights(model_folder() / "genes.json"))


TARGETS: tuple[Target, ...] = (
    Target("FASTA", seeds.annotations, ("genome.fa", "genome.fa.fai"),
           lambda folder: read_fasta(folder / "genome.fa"), True),
    *(of_file(f"annotation {name}", seeds.annotations, f"x.{name}", read_genes, True)
      for name in ("gff3", "gtf", "gb", "embl", "bed")),
    *(of_file(f"FASTA {name}", seeds.annotations, f"x.{name}", read_fasta, True)
      for name in ("gb", "embl")),
    *(of_file(f"signal {name}", seeds.signals, f"x.{name}", read_signal, name == "bedgraph")
      for name in ("bw", "bedgraph")),
    Target("variants", seeds.variants, ("x.vcf",), read_variants, True),
    Target("labels", seeds.labels, ("x.gff3", "regions.bed", "mask.bed", "evidence.tsv"),
           read_labels, True),
    *(checked(name) for name in ("x.bw", "x.bb", "x.gff3", "x.gtf", "x.gb", "x.bed", "x.tsv")),
    checked("x.bedgraph"),
    checked("genome.fa.fai"),
    checked("y.bed.gz.tbi", "y.bed.gz"),
    checked("z.bed.gz.csi", "z.bed.gz"),
    *(of_file(f"kind {name}", seeds.binaries, f"x.{name}", kinds.kind_of)
      for name in ("2bit", "npz", "parquet")),
    Target("pairs", seeds.pairs, ("x.tsv", "s.fa", "t.fa"), read_pairs, True),
    Target("settings", seeds.settings, ("run.json",), read_settings),
    Target("run", seeds.settings, ("config.json", "config.yaml", "genomes.tsv"), check_run),
    Target("bundle", seeds.trained,
           ("model/config.json", "model/model.safetensors", "model/provenance.json"), read_bundle),
    Target("store", seeds.stores,
           tuple(f"store/{name}" for name in ("index.json", "codes.bin", "labels.bin")),
           read_store),
    Target("pair store", seeds.stores,
           tuple(f"pairs/{name}" for name in ("index.json", "ends.bin", "splits.bin")),
           read_pair_store),
    Target("scores", seeds.scores,
           tuple(f"scores/{name}" for name in ("scores.json", "scores.npy", "manifest.tsv")),
           read_scores),
    Target("tracks", seeds.scores,
           ("tracks/manifest.tsv", "tracks/segments.bed", "tracks/predictions.tsv.gz.tbi"),
           read_tracks),
    Target("state", seeds.trained, ("model.state/last.safetensors",), read_state),
    Target("verify", verifiable,
           ("model/config.json", "store/index.json", "model.state/last.safetensors",
            "scores/scores.json", "tracks/manifest.tsv"),
           lambda folder: gs.verify_files([folder])),
    Target("results", seeds.results,
           ("tracks/made/tiny/manifest.tsv", "tracks/made/tiny/provenance.json",
            "evaluation/tiny/metrics.json", "models/tiny/config.json",
            "models/tiny/provenance.json", "models/tiny/model.safetensors",
            "models/tiny.state/logs/metrics.csv"),
           read_run),
    of_file("decoder", small_decoder, "genes.json", load_weights),
)  # fmt: skip
