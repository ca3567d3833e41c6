"""A FASTA and a language model to bits per base: what ``genoseq perplexity`` does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from math import exp2, isnan
from pathlib import Path
from typing import TYPE_CHECKING

from genoseq.config.base import AskedPrecision
from genoseq.errors import ConfigError
from genoseq.files.atomic import PathLike, atomic_folder, irreplaceable
from genoseq.files.inputs import all_kept
from genoseq.files.names import TRACKS, WEIGHTS
from genoseq.files.progress import Report, unreported
from genoseq.files.provenance import PROVENANCE
from genoseq.pretrained.registry import model_folder
from genoseq.readers.bed import read_bed
from genoseq.readers.fasta import open_fasta
from genoseq.writers.manifest import written_files
from genoseq.writers.outputs import chosen_formats, reported, write_tracks

if TYPE_CHECKING:
    from genoseq.inference.perplexity import Perplexity, Stretch, Sums
    from genoseq.models.bundle import Bundle

CONTIGS, REGIONS = "contigs.tsv", "regions.tsv"
_NAMES = (CONTIGS, REGIONS, TRACKS, PROVENANCE)
_COLUMNS = ("bases", "bits_plus", "bits_minus", "bits", "excess", "strangeness")


def perplexity_files(
    fasta: PathLike,
    model: PathLike,
    out: PathLike,
    *,
    against: PathLike | None = None,
    regions: PathLike | None = None,
    formats: str | None = None,
    device: str | None = None,
    precision: AskedPrecision = "auto",
    report: Report = unreported,
) -> str:
    """Tell how likely a genome is to a language model: of each base, contig and region.

    Parameters
    ----------
    fasta, model
        FASTA, GenBank or EMBL, or ``-``, which is stdin; a model's folder.
    out
        Folder for ``contigs.tsv``, ``regions.tsv`` and ``tracks``: bits, -log2 p of each base as
        read on either strand, and their mean.  Tables are in order of strangeness
        (:mod:`genoseq.inference.perplexity`); the last row of contigs is the total.
    against
        Another language model's folder, of the same task, as of one that learned many genomes: all
        bits are then those that the model needs more than it, which are high in what is foreign
        (:func:`genoseq.inference.perplexity.less`).
    regions
        BED of stretches to judge beside the contigs; each keeps its name.
    formats
        Of the tracks; by default bigWig.
    device, precision, report
        See :func:`genoseq.inference.score_files.score_files`.

    Returns
    -------
    The total, in a line.

    Raises
    ------
    GenoseqError
        Before anything is written, with what is wrong with a file or an argument; if the model is
        no language model.
    """
    folder, target = model_folder(model), Path(out)
    beside = model_folder(against) if against else None
    _check_out(target)
    with all_kept({"regions": regions}, fasta) as given, open_fasta(fasta) as genome:
        bed = given.get("regions")
        records = [] if bed is None else list(read_bed(bed, genome.lengths))

        from genoseq.files.provenance import make_record, write_record
        from genoseq.inference.perplexity import Perplexity, less
        from genoseq.inference.predict import choose_computing
        from genoseq.inference.score import score
        from genoseq.models.device import computing

        models = _language_models(folder, beside)
        bundle = models[0]
        used, number_format = choose_computing(bundle.settings, device, precision)
        scored = [score(genome, each, device=device, precision=precision) for each in models]
        tracks = reduce(less, scored)
        output, total = bundle.task.output(), sum(genome.lengths.values())
        found = Perplexity([(each.name, each.region) for each in records])
        with atomic_folder(target, _NAMES) as made:
            write_tracks(
                reported(found.watch(tracks), total, report),
                genome.lengths,
                output.channels,
                output.kind,
                made / TRACKS,
                chosen_formats(formats, output.kind),
            )
            _write_tables(made, found, with_regions=bed is not None)
            inputs = {"genome": {genome.path.name: genome.sha256}, **_weights(folder, beside)}
            inputs |= {} if bed is None else {"regions": {bed.name: bed.sha256}}
            record = make_record("perplexity", {}, inputs, computing(used, number_format))
            write_record(made, record)
    return _told(found.total, beside)


def _check_out(out: Path) -> None:
    """ConfigError if anything but an older output would be lost."""
    folders = {out: _NAMES, out / TRACKS: written_files(out / TRACKS)}
    found = [irreplaceable(folder, own) for folder, own in folders.items()]
    if problems := [problem for problem in found if problem is not None]:
        raise ConfigError(problems)


def _language_models(model: Path, against: Path | None) -> list[Bundle]:
    """The model, and the one whose bits are taken from its own, if there is one."""
    from genoseq.models.bundle import load_bundle
    from genoseq.tasks.language import LanguageModel

    folders = [model] if against is None else [model, against]
    bundles = list(map(load_bundle, folders))
    for folder, bundle in zip(folders, bundles, strict=True):
        if not isinstance(bundle.task, LanguageModel):
            why = "bits of bases are told by one of task causal-lm or masked-lm"
            raise bundle.task.refusal(why, folder)
    own, other = bundles[0].task.name, bundles[-1].task.name
    if own != other:
        # What is on both sides of a base tells it better than what is before it alone.
        raise ConfigError(
            f"{against}: its task is {other}, that of {model} is {own}, and bits of the two are "
            f"not of one kind: give --against a model of task {own}"
        )
    return bundles


def _weights(model: Path, against: Path | None) -> dict[str, dict[str, str]]:
    """Checksums of the models' weights."""
    from genoseq.files.provenance import file_sha256

    folders = {"model": model} if against is None else {"model": model, "against": against}
    return {kind: {WEIGHTS: file_sha256(path / WEIGHTS)} for kind, path in folders.items()}


def _write_tables(folder: Path, found: Perplexity, with_regions: bool) -> None:
    _write_table(folder / CONTIGS, ("contig",), _contig_rows(found))
    if with_regions:
        head = ("chrom", "start", "end", "name", "strand")
        _write_table(folder / REGIONS, head, _region_rows(found.regions()))


def _told(total: Sums, beside: Path | None) -> str:
    bits, bases = float(total.per_base()[2]), f"{total.bases[2]:,} bases"
    if beside is not None:
        return f"{bits:+.4f} bits per base beside {beside}, {bases}"
    return f"{bits:.4f} bits per base, perplexity {exp2(bits):.4f}, {bases}"


def _contig_rows(found: Perplexity) -> Iterator[Sequence[str]]:
    for each in found.contigs():
        yield (each.name, *_figures(each))
    plus, minus, both = found.total.per_base().tolist()
    yield ("total", str(found.total.bases[2]), *map(_figure, (plus, minus, both)), ".", ".")


def _region_rows(found: Iterable[Stretch]) -> Iterator[Sequence[str]]:
    for each in found:
        region = each.region
        where = (region.chrom, str(region.start), str(region.end), each.name, region.strand)
        yield (*where, *_figures(each))


def _figures(of: Stretch) -> tuple[str, ...]:
    figures = (of.plus, of.minus, of.bits, of.excess, of.strangeness)
    return (str(of.bases), *map(_figure, figures))


def _figure(value: float) -> str:
    return "." if isnan(value) else f"{value:.4f}"


def _write_table(path: Path, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    lines = ["\t".join((*head, *_COLUMNS)), *("\t".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
