"""What ``genoseq genes`` does with a model of codon phases: genes of bacteria and archaea."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genoseq.config.base import AskedPrecision
from genoseq.config.genes import Adapt
from genoseq.errors import ConfigError
from genoseq.files.atomic import PathLike, atomic_folder, irreplaceable
from genoseq.files.inputs import all_kept
from genoseq.files.jobs import Jobs
from genoseq.files.names import CONFIG, DECODER, FRAMESHIFTS, GENES, SUMMARY, TRACKS, WEIGHTS
from genoseq.files.progress import Report
from genoseq.files.provenance import PROVENANCE
from genoseq.genes.gene_files import GenesWritten, genes_written, write_gene_files, write_lines
from genoseq.genes.genome_files import (
    check_names,
    circular_names,
    genes_record,
    mask_regions,
    read_contigs,
)
from genoseq.genes.weights import DecoderWeights, load_weights
from genoseq.pretrained.registry import OF_READS, model_folder
from genoseq.readers.fasta import Fasta, open_fasta
from genoseq.writers.manifest import written_files

if TYPE_CHECKING:
    from genoseq.genes.adapt_call import AdaptedCalls, Calling
    from genoseq.genes.call import GeneCalls

_log = logging.getLogger(__name__)

FILES = (*GENES, SUMMARY)
"""What is written, beside ``provenance.json``."""
STARTS = "starts.tsv"
"""What is written if it is asked for."""
_NAMES = (*FILES, FRAMESHIFTS, STARTS, PROVENANCE, TRACKS)
MODEL_FILES = (WEIGHTS, CONFIG, PROVENANCE, DECODER)
"""What a saved model consists of."""
STATE_FOLDERS = ("store", "training", "model")
"""What the folder of an adaptation holds while it goes on."""


def call_bacteria_files(
    fasta: PathLike,
    model: Path,
    out: Path,
    *,
    code: int | str,
    together: bool,
    circular: str,
    mask: PathLike | None,
    shortest: int,
    weights: PathLike | None,
    all_starts: bool,
    tracks: bool,
    adapt: Adapt,
    frameshifts: bool,
    save_model: PathLike | None,
    device: str | None,
    precision: AskedPrecision,
    jobs: int,
    report: Report,
) -> GenesWritten:
    """Call the genes of bacteria and archaea.

    Parameters and errors are those of :func:`genoseq.genes.call_files.call_genes_files`; ``model``
    is the folder of a bundle of codon phases.
    """
    from genoseq.genes.organisms import parse_code

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
            contigs,
            decoder,
            code,
            together,
            regions,
            shortest,
            device,
            precision,
            frameshifts,
            tracks,
            jobs,
        )
        adapted = call_adapted(calling, load_bundle(model), adapt, state, report=report)
        settings = _settings(calling, circles, all_starts, adapt, source)
        made = calling.computing(adapted.bundle)
        record = genes_record(genome, model, path, settings, given.get("mask"), made)
        starts_by = decoder if all_starts else None
        _write(out, adapted, genome, circles, settings, record, starts_by, jobs)
        finish(adapted, state, None if save_model is None else Path(save_model), path)
    if better := better_model(model, adapted.calls):
        _log.warning("genes: there are many indels: -m %s reads such sequence better", better)
    return genes_written(out, adapted.calls.genes, genome.lengths)


def better_model(model: Path, calls: GeneCalls) -> str | None:
    """The model in the box that suits what was called by the default one better, if one does."""
    if model == model_folder() and any(one.broken.noisy for one in calls.organisms):
        return OF_READS
    return None


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


def _state_folder(out: Path, model: PathLike | None, adapt: Adapt) -> Path:
    """Folder for the state of an adaptation; ConfigError if something else would be lost."""
    folders: dict[Path, tuple[str, ...]] = {
        out: _NAMES,
        out / TRACKS: written_files(out / TRACKS),
    }
    if model is not None:
        folders[Path(model)] = MODEL_FILES
    state = Path(f"{out}.state")
    if adapt != "off":
        folders[state] = STATE_FOLDERS
    found = [irreplaceable(folder, names) for folder, names in folders.items()]
    if problems := [problem for problem in found if problem is not None]:
        raise ConfigError(problems)
    return state


def decoder_path(model: Path, weights: PathLike | None) -> tuple[Path, str]:
    """The file of the decoder's weights, at last that of the model in the box, and whose it is."""
    if weights is not None:
        return Path(weights), Path(weights).name
    if (model / DECODER).exists():
        return model / DECODER, "the model's own"
    return model_folder() / DECODER, "the package's: the model brings none"


def _write(
    out: Path,
    adapted: AdaptedCalls,
    genome: Fasta,
    circles: Collection[str],
    settings: Mapping[str, Any],
    record: Mapping[str, Any],
    starts_by: DecoderWeights | None,
    jobs: int,
) -> None:
    """Write all files; the table of starts as a decoder weighs them."""
    from genoseq.files.provenance import write_record
    from genoseq.genes.base_values import CHANNELS
    from genoseq.genes.start_table import start_lines
    from genoseq.genes.summary import summary_of
    from genoseq.writers.formats import default_formats
    from genoseq.writers.outputs import write_tracks

    calls = adapted.calls
    shifted = "frameshifts" in settings
    facts = {"adaptation": adapted.adaptation.to_json(), "settings": dict(settings)}
    with atomic_folder(out, _NAMES) as folder:
        write_gene_files(folder, calls.genes, genome, circles, frameshifts=shifted)
        text = json.dumps(summary_of(calls, genome.lengths, shifted) | facts, indent=2)
        if starts_by is not None:
            write_lines(
                folder / STARTS,
                start_lines([one.decoded for one in calls.organisms], starts_by, genome.lengths),
            )
        (folder / SUMMARY).write_text(text + "\n")
        if calls.kept is not None:
            with Jobs(jobs) as shared:
                write_tracks(
                    calls.kept.tracks(shared), genome.lengths, CHANNELS, "classes",
                    folder / TRACKS, default_formats("classes"), jobs=shared,
                )  # fmt: skip
        write_record(folder, record)
