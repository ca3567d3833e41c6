"""A FASTA and a model to a table of vectors: what ``genoseq embed`` does."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import numpy as np

from genoseq.config.base import AskedPrecision
from genoseq.config.context import BATCH_BASES
from genoseq.errors import BackendError, ConfigError, RegionError
from genoseq.files.atomic import PathLike, atomic_folder, irreplaceable
from genoseq.files.inputs import Input, all_kept
from genoseq.files.names import WEIGHTS
from genoseq.files.progress import Report, unreported
from genoseq.files.provenance import PROVENANCE, file_sha256, make_record, write_record
from genoseq.genome.regions import Region
from genoseq.genome.spans import Layout, Listed, Tiled
from genoseq.pretrained.registry import model_folder
from genoseq.readers.bed import BedRecord, read_bed
from genoseq.readers.fasta import Fasta, open_fasta
from genoseq.writers.vectors import (
    ROWS,
    VECTORS,
    VECTORS_PARQUET,
    RowFile,
    VectorFormat,
    check_vector_format,
    write_parquet,
    write_rows,
)

if TYPE_CHECKING:
    from genoseq.files.provenance import Record
    from genoseq.inference.pooling import Pooled, Pooling, StrandChoice
    from genoseq.inference.strands import StrandPredictions

Per = Literal["base", "step", "window", "region", "contig"]
NumberFormat = Literal["float16", "float32"]
_CHOICES = {
    "per": get_args(Per),
    "pool": ("mean", "last"),
    "strand": ("both", "own"),
    "dtype": get_args(NumberFormat),
}

_NAMES = (VECTORS, VECTORS_PARQUET, ROWS, PROVENANCE)
_KNOWN = "known.npy"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Embeddings:
    """What was written: a folder with ``rows`` vectors of ``width`` numbers."""

    out: Path
    rows: int
    width: int
    dtype: NumberFormat

    def __str__(self) -> str:
        return f"{self.out}: {self.rows:,} rows of {self.width:,} numbers, {self.dtype}"


def embed(
    fasta: PathLike,
    model: PathLike | None,
    out: PathLike,
    *,
    per: Per = "contig",
    window: int | None = None,
    regions: PathLike | None = None,
    pool: Pooling = "mean",
    strand: StrandChoice = "both",
    file_format: VectorFormat = "npy",
    dtype: NumberFormat = "float32",
    batch_bases: int | None = None,
    device: str | None = None,
    precision: AskedPrecision = "auto",
    expect: str | Path | None = None,
    report: Report = unreported,
) -> Embeddings:
    """Write the encoder's hidden states of a genome, pooled to rows, in flat memory.

    A base that is not A, C, G or T has no state and counts in no mean; a row without any other base
    is NaN, and says so by its 0 ``bases``.

    Parameters
    ----------
    fasta, model
        FASTA, GenBank or EMBL, or ``-``, which is stdin; folder, name, or the default; of any
        task that says something of single bases.
    out
        Folder, which appears whole or not at all, in place of an older one: ``embeddings.npy`` of
        shape (rows, D) and ``rows.tsv``, or ``embeddings.parquet``; and ``provenance.json``.
    per
        What gets a row.  ``base``; ``step``: bases that share a state on a strand, as many as the
        model's stride; ``window``: ``window`` bp, side by side from each contig's first base;
        ``region``: each of ``regions``, in their order; ``contig``.
    regions
        BED, or ``-``: the regions, or, of bases, steps and windows, the only ones to have rows.
    pool
        ``mean`` of the bases; ``last``: of the last base, for models that look back only.
    strand
        ``both``: the mean of what the model says on either strand, read 5' to 3', and so the same
        for the reverse complement: contigs have no direction.  ``own``: on the strand of the
        region alone, and on the forward strand where none is said.
    file_format
        ``npy`` or ``parquet``, which needs pyarrow.
    batch_bases, device, precision, expect, report
        See :func:`genoseq.inference.score_files.score_files`.

    Raises
    ------
    GenoseqError
        Before anything is written, with what is wrong with a file or an argument, or if the disk
        has no room.
    """
    options = {"per": per, "pool": pool, "strand": strand, "dtype": dtype}
    _check_options(options, window, regions is not None)
    check_vector_format(file_format)
    _check_out(Path(out))
    # Torch takes seconds to load: what is wrong with the inputs is told before.
    with all_kept({"regions": regions}, fasta) as given, open_fasta(fasta) as genome:
        bed = given.get("regions")
        asked = None if bed is None else read_bed(bed, genome.lengths)

        from genoseq.inference.pooling import pool_spans

        states = _States(genome, model_folder(model), expect, device, precision, batch_bases)
        layout = _layout(genome, per, window or states.bases_of(per), asked)
        table = Embeddings(Path(out), len(layout), states.width, dtype)
        _check_room(table, file_format, per)
        predicted = _reported(states.of(layout.regions), layout.regions, report)
        pooled = pool_spans(predicted, layout.spans(), pool, strand)
        record = states.record({**options, "window": window}, bed)
        with atomic_folder(out, _NAMES) as folder:
            _write(folder, table, layout, pooled, file_format)
            write_record(folder, record)
    return table


class _States:
    """Hidden states of a genome by a model, and where they come from."""

    def __init__(
        self,
        genome: Fasta,
        model: Path,
        expect: str | Path | None,
        device: str | None,
        precision: AskedPrecision,
        batch_bases: int | None,
    ) -> None:
        from genoseq.inference.predict import Predictor, choose_computing
        from genoseq.models.bundle import load_bundle
        from genoseq.models.device import computing
        from genoseq.models.expected import check_model

        bundle = load_bundle(model)
        check_model(bundle, model, expect)
        used, number_format = choose_computing(bundle.settings, device, precision)
        self._predictor = Predictor(bundle, str(used), number_format)
        self._genome, self._model, self._batch_bases = genome, model, batch_bases
        self._made = computing(used, number_format)
        self.width = cast(int, bundle.model.encoder.outputs)

    def bases_of(self, per: Per) -> int:
        """Bases of a row, of those whose size the model knows."""
        return self._predictor.stride if per == "step" else 1

    def of(self, regions: Iterable[Region]) -> Iterator[StrandPredictions]:
        """Those of regions, merged and in the genome's order."""
        from genoseq.inference.strands import predict_strands

        return predict_strands(
            self._predictor, self._genome, regions, "hidden", None, self._batch_bases or BATCH_BASES
        )

    def record(self, settings: Mapping[str, Any], regions: Input | None) -> Record:
        """What ``provenance.json`` says."""
        from genoseq.extraction.shard_folder import original_of
        from genoseq.models.bundle import bundle_identity

        inputs: dict[str, Mapping[str, str]] = {
            "genome": original_of(self._genome),
            "model": {WEIGHTS: file_sha256(self._model / WEIGHTS)},
        }
        if regions is not None:
            inputs["regions"] = {regions.name: regions.sha256}
        decisive = {**settings, "batch_bases": self._batch_bases}
        identity = bundle_identity(self._model)
        return make_record("embed", decisive, inputs, self._made, model=identity)


def _check_options(options: Mapping[str, str], window: int | None, regions: bool) -> None:
    problems = [
        f"{name} {given!r}: use {', '.join(_CHOICES[name])}"
        for name, given in options.items()
        if given not in _CHOICES[name]
    ]
    per = options["per"]
    if window is None and per == "window":
        problems.append("--per window needs --window, the bp of a window")
    elif window is not None and per != "window":
        problems.append(f"--window is for --per window, not for --per {per}")
    elif window is not None and window < 1:
        problems.append(f"windows of {window} bp: one base at least")
    if per == "region" and not regions:
        problems.append("--per region needs --regions, a BED of them")
    if per == "contig" and regions:
        problems.append("--per contig takes whole contigs: for --regions use --per region")
    if problems:
        raise ConfigError(problems)


def _check_out(out: Path) -> None:
    if (problem := irreplaceable(out, _NAMES)) is not None:
        raise ConfigError(problem)


def _layout(genome: Fasta, per: Per, size: int, asked: list[BedRecord] | None) -> Layout:
    """The rows of a genome."""
    whole = [Region(chrom, 0, length) for chrom, length in genome.lengths.items()]
    if per == "contig":
        return Listed([(region, ".") for region in whole], genome.lengths)
    if asked is None:
        return Tiled(whole, size)
    listed = Listed([(record.region, record.name) for record in asked], genome.lengths)
    return listed if per == "region" else Tiled(listed.regions, size)


def _check_room(table: Embeddings, file_format: VectorFormat, per: Per) -> None:
    """Say how large the file becomes; raise if there is nothing to write, or no room."""
    if not table.rows:
        raise RegionError("there is no row to write: no contig has a base, or no region is given")
    size = table.rows * (table.width * np.dtype(table.dtype).itemsize + 4)
    _log.info("embed: %s take %s", table, _bytes(size))
    folder = next(each for each in table.out.absolute().parents if each.exists())
    # Parquet is made of the whole .npy, which goes then.
    needed, free = size * (2 if file_format == "parquet" else 1), disk_usage(folder).free
    if needed > free:
        hint = "fewer --regions" if per in ("region", "contig") else "--per step or larger windows"
        raise BackendError(
            f"{table.out}: {_bytes(needed)} are needed and {_bytes(free)} are free there: ask for "
            f"{hint}, or --dtype float16"
        )


def _reported(
    predicted: Iterable[StrandPredictions], regions: Sequence[Region], report: Report
) -> Iterator[StrandPredictions]:
    """The same, with a report after each."""
    done, bases = 0, sum(map(len, regions))
    report(done, bases)
    for piece in predicted:
        yield piece
        done += len(piece.codes)
        report(done, bases)


def _bytes(size: int) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"


def _write(
    folder: Path,
    table: Embeddings,
    layout: Layout,
    pooled: Iterable[Pooled],
    file_format: VectorFormat,
) -> None:
    """The files of a table; ``pooled`` has each row that has a base."""
    shape = table.rows, table.width
    with (
        RowFile(folder / VECTORS, shape, table.dtype) as vectors,
        RowFile(folder / _KNOWN, (table.rows,), "uint32") as known,
    ):
        vectors.write(layout.empty, np.full((len(layout.empty), table.width), np.nan))
        for part in pooled:
            vectors.write(part.rows, part.vectors)
            known.write(part.rows, part.known)
    counts = np.load(folder / _KNOWN, mmap_mode="r")
    if file_format == "parquet":
        written = np.load(folder / VECTORS, mmap_mode="r")
        write_parquet(folder / VECTORS_PARQUET, layout.table(), counts, written)
        (folder / VECTORS).unlink()
    else:
        write_rows(folder / ROWS, layout.table(), counts)
    (folder / _KNOWN).unlink()
