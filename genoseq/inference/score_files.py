"""A FASTA and a model, both by their paths, to a folder of tracks: what ``genoseq score`` does."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from genoseq.config.base import AskedPrecision, AskedStrands
from genoseq.config.context import BATCH_BASES, any_window_suits, longest_window
from genoseq.errors import ConfigError, listed
from genoseq.files.atomic import PathLike
from genoseq.files.inputs import Input, all_kept
from genoseq.files.jobs import Jobs
from genoseq.files.names import WEIGHTS
from genoseq.files.progress import Report, unreported
from genoseq.genome.tracks import DECIMALS
from genoseq.labels.signal_names import SignalFile, name_signals
from genoseq.pretrained.registry import model_folder
from genoseq.readers.bed import read_bed
from genoseq.readers.fasta import Fasta, open_fasta
from genoseq.writers.bins import bins_of
from genoseq.writers.call_rules import call_rules
from genoseq.writers.outputs import (
    Written,
    check_formats,
    chosen_formats,
    reported,
    write_tracks,
)

_log = logging.getLogger(__name__)

if TYPE_CHECKING:
    import torch

    from genoseq.files.provenance import Record
    from genoseq.genome.regions import Region
    from genoseq.inference.confidence import SureOutput
    from genoseq.inference.strands import Controls
    from genoseq.models.bundle import Bundle
    from genoseq.models.device import Computed
    from genoseq.tasks.outputs import Output, ValueKind
    from genoseq.writers.origin import Origin


def score_files(
    fasta: PathLike,
    model: PathLike | Sequence[PathLike] | None,
    out: PathLike,
    *,
    regions: PathLike | None = None,
    control: Sequence[str] = (),
    formats: str | None = None,
    values: ValueKind = "probability",
    by_phase: bool = False,
    confidence: str | None = None,
    segments: Sequence[str] = (),
    peaks: Sequence[str] = (),
    digits: int | None = None,
    bin: int | None = None,
    bin_by: Literal["mean", "max"] = "mean",
    window_bases: int | None = None,
    batch_bases: int | None = None,
    device: str | None = None,
    precision: AskedPrecision = "auto",
    expect: str | Path | None = None,
    jobs: int = 1,
    strands: AskedStrands | None = None,
    report: Report = unreported,
) -> Written:
    """Score a genome and write tracks, with manifest and provenance.

    Parameters
    ----------
    fasta, model, out
        FASTA, GenBank or EMBL, or ``-`` for stdin; a model's folder or name, several, or none;
        folder for the tracks, see :func:`genoseq.writers.outputs.write_tracks`.
    regions, control
        BED of what to score, or ``-``, by default every contig; files of controls, ``NAME=FILE``.
    formats, segments, peaks, digits, bin, bin_by
        See :func:`genoseq.writers.convert.convert_scores`.
    values, by_phase, confidence, window_bases, batch_bases, device, precision, jobs, strands
        See :func:`genoseq.inference.score.score`; ``confidence`` is comma-separated.
    expect, report
        Settings that the model must be of, or their file; called with the bases done, and all.

    Raises
    ------
    GenoseqError
        Before anything is written, with what is wrong with a file or an argument.
    """
    models, out, measures = _folders(model), Path(out), _measures(confidence)
    rules, bins = call_rules(segments, peaks), bins_of(bin, bin_by)
    controls = {f"control {n}": signal for n, signal in enumerate(name_signals(control), 1)}
    with ExitStack() as stack, Jobs(jobs) as shared:
        given = stack.enter_context(all_kept({"regions": regions, **_paths(controls)}, fasta))
        genome = stack.enter_context(open_fasta(fasta))
        asked = _asked(given.get("regions"), genome)
        # Torch takes seconds to load: what is wrong with the inputs is told before.
        from genoseq.inference.predict import choose_computing
        from genoseq.inference.score import score, wanted_regions

        bundles = [_bundle(one, expect, window_bases) for one in models]
        wanted = wanted_regions(genome, asked)
        output = _output(models, bundles, values, by_phase, measures)
        written = rules.formats(chosen_formats(formats, output.kind))
        decimals = _decimals(bundles, output, digits)
        lengths, kind, channels = genome.lengths, output.kind, output.channels
        check_formats(written, kind, channels, lengths, rules, digits, bins, decimals)
        used = [choose_computing(one.settings, device, precision) for one in bundles]
        tracks = score(
            genome, bundles, regions=wanted, values=values, by_phase=by_phase, confidence=measures,
            window_bases=window_bases, batch_bases=batch_bases or BATCH_BASES, precision=precision,
            device=str(used[0][0]), jobs=shared, rounded=digits is None, strands=strands,
            control=_control(stack, controls, given, bundles, genome),
        )  # fmt: skip
        settings = _settings(
            values, by_phase, measures, window_bases, batch_bases, digits, decimals, strands
        )
        origin, record = _made_by(genome, models, settings, used, given, wanted)
        files = write_tracks(
            reported(tracks, sum(map(len, wanted)), report), lengths, channels, kind, out, written,
            origin, record, rules, digits, bins, decimals, shared,
        )  # fmt: skip
    return Written(out, tuple(files), sum(map(len, wanted)))


def _paths(controls: Mapping[str, SignalFile]) -> dict[str, PathLike]:
    return {role: signal.path for role, signal in controls.items()}


def _measures(confidence: str | None) -> tuple[str, ...]:
    return () if confidence is None else tuple(confidence.replace(" ", "").split(","))


def _asked(bed: Input | None, genome: Fasta) -> list[Region] | None:
    """Regions of a BED; None if there is none."""
    return None if bed is None else [one.region for one in read_bed(bed, genome.lengths)]


def _folders(model: PathLike | Sequence[PathLike] | None) -> list[Path]:
    """Folders of models; of the default if none is given."""
    if model is None or isinstance(model, str) or not isinstance(model, Sequence):
        return [model_folder(model)]
    return [model_folder(one) for one in model] or [model_folder(None)]


def _bundle(model: Path, expect: str | Path | None, window_bases: int | None) -> Bundle:
    """The model, if it is the one that is expected."""
    from genoseq.models.bundle import load_bundle
    from genoseq.models.expected import check_model

    bundle = load_bundle(model)
    check_model(bundle, model, expect)
    if window_bases is not None and not any_window_suits(bundle.settings):
        own = longest_window(bundle.settings, bundle.context)
        _log.warning(
            "the windows of this model are its own, %s bp: --window changes nothing", f"{own:,}"
        )
    return bundle


def _control(
    stack: ExitStack,
    controls: Mapping[str, SignalFile],
    given: Mapping[str, Input],
    bundles: Sequence[Bundle],
    genome: Fasta,
) -> Controls | None:
    """Controls of a genome, read as the first model's were; None where none are given."""
    if not controls:
        return None
    from genoseq.labels.genome_control import GenomeControl
    from genoseq.tasks.per_base import PerBase

    task = bundles[0].task
    if not isinstance(task, PerBase) or task.control is None:
        raise ConfigError("this model has learned no control: leave out --control")
    files = [replace(signal, path=given[role]) for role, signal in controls.items()]
    found = GenomeControl(files, task.scheme, genome.lengths, task.control.settings)
    return stack.enter_context(found).of


def _output(
    models: Sequence[Path],
    bundles: Sequence[Bundle],
    values: ValueKind,
    by_phase: bool,
    measures: Sequence[str],
) -> Output | SureOutput:
    """What is written; a ConfigError names the models by their folders."""
    from genoseq.inference.confidence import sure_output

    tasks = [(str(path), one.task) for path, one in zip(models, bundles, strict=True)]
    sure = sure_output(tasks, values, by_phase, measures)
    return sure or bundles[0].task.output(values, by_phase)


def _decimals(
    bundles: Sequence[Bundle], output: Output | SureOutput, digits: int | None
) -> tuple[int, ...] | None:
    """Decimals of each channel, which are told where they are not those of all tracks."""
    if digits is not None:
        return None
    from genoseq.inference.track_decimals import track_decimals

    found = track_decimals([one.metrics for one in bundles], output.channels, output.kind)
    if found is not None:
        pairs = zip(output.channels, found, strict=True)
        more = [f"{one.label} {many}" for one, many in pairs if many > DECIMALS]
        _log.info("score: decimals of rare classes: %s; of others %d", listed(more), DECIMALS)
    return found


def _settings(
    values: ValueKind,
    by_phase: bool,
    measures: Sequence[str],
    window_bases: int | None,
    batch_bases: int | None,
    digits: int | None,
    decimals: tuple[int, ...] | None,
    strands: AskedStrands | None,
) -> dict[str, Any]:
    """The settings that decide the bytes, as records say them."""
    settings = {"by_phase": by_phase, "window": window_bases, "batch_bases": batch_bases}
    # Defaults are left out, as in older records.
    beside: dict[str, Any] = {"values": values} if values != "probability" else {}
    beside |= {} if digits is None else {"digits": digits}
    beside |= {} if decimals is None else {"decimals": list(decimals)}
    beside |= {} if strands is None else {"strands": strands}
    return settings | beside | ({"confidence": list(measures)} if measures else {})


def _made_by(
    genome: Fasta,
    models: Sequence[Path],
    settings: Mapping[str, Any],
    used: Sequence[tuple[torch.device, Computed]],
    given: Mapping[str, Input],
    wanted: Sequence[Region],
) -> tuple[Origin, Record]:
    """What ``scores.json`` and ``provenance.json`` say of where scores come from."""
    from genoseq.extraction.shard_folder import original_of
    from genoseq.files.provenance import file_sha256, make_record
    from genoseq.models.bundle import bundle_identity
    from genoseq.models.device import computing
    from genoseq.writers.origin import Origin

    identity = "+".join(map(bundle_identity, models))
    original = original_of(genome)
    inputs: dict[str, Mapping[str, str]] = {"genome": original}
    for number, model in enumerate(models, 1):  # by number: folders may have the same name
        name = "model" if len(models) == 1 else f"model {number}"
        inputs[name] = {WEIGHTS: file_sha256(model / WEIGHTS)}
    inputs |= {role: {file.name: file.sha256} for role, file in given.items()}
    if controls := [file.sha256 for role, file in given.items() if role.startswith("control")]:
        settings = {**settings, "control": controls}
    (sha256,) = original.values()
    device = used[0][0]
    origin = Origin(
        regions=tuple(wanted) if "regions" in given else None,
        model=identity,
        genome=sha256,
        settings=settings,
        device=device.type,
        precision="+".join(dict.fromkeys(each for _, each in used)),
    )
    told = {**computing(device, used[0][1]), "precision": origin.precision or ""}
    record = make_record("score", settings, inputs, told, model=identity)
    return origin, record
