"""A FASTA and a model, by their paths, to a folder of genes: what ``genoseq genes`` does."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from genoseq.config.genes import SHORTEST, Adapt
from genoseq.errors import ConfigError, InputFormatError, listed
from genoseq.files.atomic import PathLike, atomic_folder, irreplaceable
from genoseq.files.inputs import Input, all_kept
from genoseq.files.names import CONFIG, DECODER, FRAMESHIFTS, GENES, SUMMARY, WEIGHTS
from genoseq.files.progress import Report, unreported
from genoseq.files.provenance import PROVENANCE
from genoseq.genes.weights import DecoderWeights, load_weights
from genoseq.genome.regions import Region, check_bounds
from genoseq.pretrained.registry import model_folder
from genoseq.readers.annotation import read_annotation
from genoseq.readers.fasta import Fasta, open_fasta
from genoseq.writers.formats import BED_WORDS

if TYPE_CHECKING:
    from genoseq.genes.adapt_call import AdaptedCalls, Calling
    from genoseq.genes.call import GeneCalls
    from genoseq.genes.layout import Contig

FILES = (*GENES, SUMMARY)
"""What is written, beside ``provenance.json``."""
STARTS = "starts.tsv"
"""What is written if it is asked for."""
MODEL_FILES = (WEIGHTS, CONFIG, PROVENANCE, DECODER)
"""What a saved model consists of."""
STATE_FOLDERS = ("store", "training", "model")
"""What the folder of an adaptation holds while it goes on."""
SHIPPED = Path(__file__).with_name(DECODER)
"""Weights for models that bring none of their own."""


@dataclass(frozen=True, slots=True)
class GenesWritten:
    """What was written: genes, of them cut off, in the folder ``out``; bases that were read."""

    out: Path
    genes: int
    partial: int
    bases: int

    def __str__(self) -> str:
        cut = f" ({self.partial:,} of them partial)" if self.partial else ""
        return f"{self.out}: {self.genes:,} genes{cut} of {self.bases:,} bases"


def call_genes_files(
    fasta: PathLike,
    model: PathLike | None,
    out: PathLike,
    *,
    code: int | str = "auto",
    together: bool = False,
    circular: str = "none",
    mask: PathLike | None = None,
    shortest: int = SHORTEST,
    weights: PathLike | None = None,
    all_starts: bool = False,
    adapt: Adapt = "off",
    frameshifts: bool = False,
    save_model: PathLike | None = None,
    device: str | None = None,
    precision: Literal["auto", "bf16", "fp32"] = "auto",
    report: Report = unreported,
) -> GenesWritten:
    """Call the genes of a bacterial or archaeal genome, and write them in every format.

    Parameters
    ----------
    fasta, model
        FASTA, GenBank or EMBL, plain or compressed, or ``-``, which is stdin; folder of a bundle,
        or the name of a model in the box, by default ``bacteria``.
    out
        Folder, which appears whole or not at all; an older one of genes is replaced.
    code, together
        NCBI's number of the genetic code, or ``auto``: each organism's is inferred; whether all
        contigs are known to be of one.
    circular
        Names of contigs that are circles, comma-separated; ``all`` or ``none``.
    mask, shortest
        BED, GFF or GenBank of where no gene may be, all of its features, or ``-``; bp of the
        shortest gene, its stop codon included.
    weights
        The decoder's; by default those in the bundle, or else the package's.
    all_starts, frameshifts
        Whether to write ``starts.tsv`` as well; whether genes are read across indels, which
        ``frameshifts.bed`` lists.
    adapt, save_model
        Whether the network trains on this genome; killed, it goes on from ``out`` with ``.state``.
        Folder for the model that the genes are of.
    device, precision, report
        See :class:`genoseq.inference.predict.Predictor`; called with the bases that are scored and
        trained on, and with all.

    Raises
    ------
    GenoseqError
        Before anything is written, with what is wrong with a file or an argument; or after a
        stopping signal in a training, whose state is saved.
    """
    from genoseq.genes.organisms import parse_code

    model, out = model_folder(model), Path(out)
    code = parse_code(code)
    state = _state_folder(out, save_model, adapt)
    with all_kept({"mask": mask}, fasta) as given, open_fasta(fasta) as genome:
        check_names(genome.lengths)
        circles = circular_names(circular, genome.lengths)
        regions = mask_regions(given.get("mask"), genome.lengths)
        path, source = decoder_path(model, weights)
        decoder = load_weights(path)

        from genoseq.genes.adapt_call import Calling, call_adapted, finish
        from genoseq.models.bundle import load_bundle

        contigs = read_contigs(genome, circles)
        calling = Calling(
            contigs, decoder, code, together, regions, shortest, device, precision, frameshifts
        )
        adapted = call_adapted(calling, load_bundle(model), adapt, state, report=report)
        settings = _settings(calling, circles, all_starts, adapt, source)
        made = calling.computing(adapted.bundle)
        record = _record(genome, model, path, settings, given.get("mask"), made)
        _write(out, adapted, genome, circles, settings, record, decoder if all_starts else None)
        finish(adapted, state, None if save_model is None else Path(save_model), path)
    return _written(out, adapted.calls, sum(genome.lengths.values()))


def _settings(
    calling: Calling, circles: Collection[str], all_starts: bool, adapt: Adapt, decoder: str
) -> dict[str, Any]:
    """What decides the bytes, as records say it."""
    return {
        "code": calling.code,
        "together": calling.together,
        "circular": sorted(circles),
        "shortest": calling.shortest,
        "all_starts": all_starts,
        "adapt": adapt,
        "decoder": decoder,
    } | ({"frameshifts": True} if calling.frameshifts else {})


def _written(out: Path, calls: GeneCalls, bases: int) -> GenesWritten:
    partial = sum(any(each.gene.partial) for each in calls.genes)
    return GenesWritten(out, len(calls.genes), partial, bases)


def _state_folder(out: Path, model: PathLike | None, adapt: Adapt) -> Path:
    """Folder for the state of an adaptation; ConfigError if something else would be lost."""
    folders: dict[Path, tuple[str, ...]] = {out: (*FILES, FRAMESHIFTS, STARTS, PROVENANCE)}
    if model is not None:
        folders[Path(model)] = MODEL_FILES
    state = Path(f"{out}.state")
    if adapt != "off":
        folders[state] = STATE_FOLDERS
    found = [irreplaceable(folder, names) for folder, names in folders.items()]
    if problems := [problem for problem in found if problem is not None]:
        raise ConfigError(problems)
    return state


def read_contigs(genome: Fasta, circles: Collection[str] = ()) -> list[Contig]:
    """All contigs of a genome, with the names of those that are circles."""
    from genoseq.genes.layout import contig

    return [
        contig(name, genome.codes(name, 0, length), name in circles)
        for name, length in genome.lengths.items()
    ]


def check_names(names: Iterable[str]) -> None:
    """ConfigError if a contig's genes would be lost in BED."""
    if refused := [name for name in names if name.startswith(BED_WORDS)]:
        raise ConfigError(
            f"contigs {listed(refused)}: genome browsers skip BED lines that begin so; rename them "
            f"in the FASTA"
        )


def circular_names(asked: str, lengths: Mapping[str, int]) -> frozenset[str]:
    """Contigs that are circles: ``all``, ``none``, or names separated by commas.

    Raises
    ------
    ConfigError
        If a name is no contig's.
    """
    if asked in ("all", "none"):
        return frozenset(lengths if asked == "all" else ())
    names = [name.strip() for name in asked.split(",")]
    if unknown := [name for name in names if name not in lengths]:
        raise ConfigError(
            f"circular contigs {listed(unknown)}: the FASTA has no such contig but "
            f"{listed(lengths)}; or use all or none"
        )
    return frozenset(names)


def mask_regions(path: Input | None, lengths: Mapping[str, int]) -> list[Region]:
    """Regions of all features of an annotation, on the genome's contigs.

    Raises
    ------
    InputFormatError
        If the file cannot be read, or a feature is not on the genome.
    """
    if path is None:
        return []
    found = []
    for feature in read_annotation(path).within():
        # The line of GFF3 that is about a whole contig masks nothing.
        if feature.type in ("region", "source") and len(feature) == lengths.get(feature.chrom):
            continue
        try:
            region = Region(feature.chrom, feature.start, feature.end)
            found.append(check_bounds(region, lengths))
        except ValueError as error:
            raise InputFormatError(f"{error}: is it of this genome?", path) from None
    return found


def decoder_path(model: Path, weights: PathLike | None) -> tuple[Path, str]:
    """The file of the decoder's weights, and whose they are."""
    if weights is not None:
        return Path(weights), Path(weights).name
    if (model / DECODER).exists():
        return model / DECODER, "the model's own"
    return SHIPPED, "the package's: the model brings none"


def _record(
    genome: Fasta,
    model: Path,
    decoder: Path,
    settings: Mapping[str, Any],
    mask: Input | None,
    made: Mapping[str, str],
) -> Mapping[str, Any]:
    """What ``provenance.json`` says; ``made`` is the device and number format."""
    from genoseq.extraction.shard_folder import original_of
    from genoseq.files.provenance import file_sha256, make_record
    from genoseq.models.bundle import bundle_identity

    inputs: dict[str, Mapping[str, str]] = {
        "genome": original_of(genome),
        "model": {WEIGHTS: file_sha256(model / WEIGHTS)},
        "decoder": {decoder.name: file_sha256(decoder)},
    }
    if mask is not None:
        inputs["mask"] = {mask.name: mask.sha256}
    return make_record("genes", settings, inputs, made, model=bundle_identity(model))


def _write(
    out: Path,
    adapted: AdaptedCalls,
    genome: Fasta,
    circles: Collection[str],
    settings: Mapping[str, Any],
    record: Mapping[str, Any],
    starts_by: DecoderWeights | None,
) -> None:
    """Write all files; the table of starts as a decoder weighs them."""
    from genoseq.files.provenance import write_record
    from genoseq.genes.gene_files import write_gene_files, write_lines
    from genoseq.genes.start_table import start_lines
    from genoseq.genes.summary import summary_of

    calls = adapted.calls
    shifted = "frameshifts" in settings
    facts = {"adaptation": adapted.adaptation.to_json(), "settings": dict(settings)}
    with atomic_folder(out) as folder:
        write_gene_files(folder, calls.genes, genome, circles, frameshifts=shifted)
        text = json.dumps(summary_of(calls, genome.lengths, shifted) | facts, indent=2)
        if starts_by is not None:
            write_lines(
                folder / STARTS, start_lines([one.decoded for one in calls.organisms], starts_by)
            )
        (folder / SUMMARY).write_text(text + "\n")
        write_record(folder, record)
