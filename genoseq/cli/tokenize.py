"""``genoseq tokenize``: a genome and its labels into a store."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from genoseq.cli.computing import chosen_jobs
from genoseq.cli.progress import progress
from genoseq.errors import ConfigError
from genoseq.genome.scheme_names import SchemeName

if TYPE_CHECKING:
    from genoseq.store.store import Store

_log = logging.getLogger(__name__)

EPILOG = (
    "Example: genoseq tokenize genome.fa -o store --annotation genes.gff3 --mask pseudogenes.bed"
)


FastaFile = Annotated[
    Path,
    typer.Argument(
        help="The genome's FASTA; of scheme seq2seq a table of source, tab, target, or the "
        "sources' FASTA or FASTQ; - is stdin, here and below."
    ),
]
Output = Annotated[Path, typer.Option("-o", "--out", help="Store to write: a folder.")]
BedFile = Annotated[
    Path | None,
    typer.Option(
        help="BED of the regions to learn from; the name column is the split.",
        show_default="whole contigs, split train",
    ),
]
Annotation = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="GFF, GTF, GenBank, EMBL or BED: the labels' features; CLASS=FILE takes all of a BED "
        "as that class.",
    ),
]
Mask = Annotated[Path | None, typer.Option(help="BED of bases whose label is not known.")]
Signals = Annotated[
    list[str] | None,
    typer.Option(
        "--signal",
        metavar="FILE",
        help="bigWig or bedGraph, or NAME=FILE; NAME+=FILE and NAME-=FILE are its strands; the "
        "same name again is a replicate; may be repeated.",
    ),
]
MultiLabel = Annotated[
    bool,
    typer.Option(
        "--multi-label", help="A base may have several of the classes: outputs of their own."
    ),
]
Keep = Annotated[
    list[str] | None,
    typer.Option(
        "--keep",
        metavar="CONDITION",
        help="NAME=VALUE, or with !=, >=, <=, of an attribute, type, source or score, that "
        "features keep to, such as gene_biotype=protein_coding or TSS:score>=500 (of one class); "
        "may be repeated.",
    ),
]
Dropped = Annotated[
    Literal["none", "unknown"],
    typer.Option(help="What features are that do not keep to it: not there, or not known."),
]
Controls = Annotated[
    list[str] | None,
    typer.Option(
        "--control",
        metavar="FILE",
        help="What is taken off the signals, or learned, of the signal NAME or of all; may be "
        "repeated.",
    ),
]
LearnControl = Annotated[
    bool,
    typer.Option(
        "--learn-control",
        help="Controls are not taken off, but learned beside the sequence.",
    ),
]
Gaps = Annotated[
    Literal["unknown", "zero"],
    typer.Option(help="Of signals: what a base without a value is."),
]
Normalise = Annotated[
    Literal["none", "library"],
    typer.Option(help="Of signals: library divides each by its mean over the genome."),
]
Evidence = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Table of what each CDS rests on: name, tab, tier; attribute:NAME takes the tier from "
        "the annotation, such as attribute:inference.",
    ),
]
Tiers = Annotated[
    list[str] | None,
    typer.Option(
        "--tier",
        metavar="TIER=TEACHES",
        help="What CDS of a tier teach: known, unknown, start-unknown; * in TIER is any text, the "
        "first that fits decides; may be repeated.",
    ),
]
Unlisted = Annotated[
    Literal["known", "unknown", "start-unknown"],
    typer.Option(help="What CDS without a tier teach."),
]
Starts = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="known, unknown, or an annotation of the CDS whose starts are known.",
        show_default="known",
    ),
]
StartReach = Annotated[
    int,
    typer.Option(
        min=1, max=10**12, help="bp around an unknown start where another may be the true one."
    ),
]
Scheme = Annotated[
    Literal[SchemeName, "seq2seq"],
    typer.Option(help="What is predicted of a base; seq2seq: what each sequence is mapped to."),
]
Targets = Annotated[
    Path | None,
    typer.Option(
        help="Scheme seq2seq: FASTA with the target of each source, by name.",
        show_default="the table's second column",
    ),
]
Classes = Annotated[
    str | None,
    typer.Option(help="Schemes stranded, unstranded: by commas; sites win, then the first listed."),
]
Overlap = Annotated[
    Literal["longest", "unknown"],
    typer.Option(help="Where two genes overlap: the longer wins, or the label is unknown."),
]
Split = Annotated[
    Literal["train", "valid", "test"] | None,
    typer.Option(
        help="Scheme seq2seq: split of all pairs.",
        show_default="the table's third column, or 80% train, 10% valid, 10% test",
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=4096,
        help="Processes that share the regions: the bytes of one; scheme seq2seq has one.",
        show_default="one for each processor, as memory allows",
    ),
]
Name = Annotated[str | None, typer.Option(help="The store's name.", show_default="the FASTA's")]


def tokenize(
    fasta: FastaFile,
    out: Output,
    bed: BedFile = None,
    annotation: Annotation = None,
    mask: Mask = None,
    signals: Signals = None,
    controls: Controls = None,
    learn_control: LearnControl = False,
    gaps: Gaps = "unknown",
    normalise: Normalise = "none",
    scheme: Scheme = "cds-phase",
    classes: Classes = None,
    overlap: Overlap = "longest",
    multi_label: MultiLabel = False,
    keep: Keep = None,
    dropped: Dropped = "none",
    evidence: Evidence = None,
    tiers: Tiers = None,
    unlisted: Unlisted = "known",
    starts: Starts = None,
    start_reach: StartReach = 150,
    targets: Targets = None,
    split: Split = None,
    name: Name = None,
    jobs: Jobs = None,
) -> None:
    """Put a genome's bases and the labels of its regions into a store to train from.

    Regions, annotation, mask and signals are in the genome's coordinates. Without --annotation or
    --signal the store has no labels. Bases that are N have no label. Tokens are made in training,
    by the model's tokenizer.
    """
    labels_given = [
        option
        for option, value in {
            **{"--bed": bed, "--annotation": annotation, "--mask": mask, "--signal": signals},
            **{"--control": controls, "--gaps": gaps != "unknown"},
            **{"--learn-control": learn_control, "--normalise": normalise != "none"},
            **{"--classes": classes, "--evidence": evidence, "--starts": starts, "--tier": tiers},
            **{"--overlap": overlap != "longest", "--unlisted": unlisted != "known"},
            **{"--start-reach": start_reach != 150, "--keep": keep},
            **{"--dropped": dropped != "none", "--multi-label": multi_label},
        }.items()
        if value
    ]
    if scheme == "seq2seq":
        _tokenize_pairs(fasta, targets, out, name, split, labels_given)
        return
    if targets is not None or split is not None:
        raise ConfigError("--targets and --split are of scheme seq2seq: add --scheme seq2seq")
    from genoseq.store.build import tokenize as make_store

    if evidence is None and (tiers or unlisted != "known"):
        raise ConfigError("--tier and --unlisted say what CDS teach by --evidence: add it")
    listed = tuple(part.strip() for part in classes.split(",")) if classes else ()
    trust: dict[str, object] = {"unlisted": unlisted, "start_reach": start_reach}
    trust |= {"tiers": _tiers(tiers)} if tiers else {}
    chosen: dict[str, object] = {"scheme": scheme, "classes": listed, "overlap": overlap}
    chosen |= {"evidence": trust, "keep": keep or (), "dropped": dropped}
    use = "learn" if learn_control else "subtract"
    of_signals = {"gaps": gaps, "normalise": normalise, "control": use}
    chosen |= {"signals": of_signals, "exclusive": not multi_label}
    with progress("tokenize") as report:
        store = make_store(
            fasta,
            annotation,
            out=out,
            regions=bed,
            mask=mask,
            signals=signals or (),
            controls=controls or (),
            evidence=evidence,
            starts=starts,
            labels=chosen,
            name=name,
            jobs=chosen_jobs(jobs, None),
            report=report,
        )
    _log.info("tokenize: wrote %s", _summary(store))


def _tokenize_pairs(
    pairs: Path,
    targets: Path | None,
    out: Path,
    name: str | None,
    split: str | None,
    labels_given: list[str],
) -> None:
    """Pairs of sequences into a store of their own kind."""
    from genoseq.store.build_pairs import tokenize_pairs

    if labels_given:
        raise ConfigError(f"{', '.join(labels_given)}: scheme seq2seq has no labels of bases")
    store = tokenize_pairs(pairs, targets, out=out, name=name, split=split)
    counts = {split: len(store.of_split(split)) for split in ("train", "valid", "test")}
    said = ", ".join(f"{split} {count:,}" for split, count in counts.items())
    _log.info("tokenize: wrote %s: DNA to %s; pairs: %s", store.path, store.alphabet.name, said)


def _tiers(words: list[str]) -> dict[str, str]:
    """What tiers teach; a tier may hold ``=`` itself."""
    found = {}
    for word in words:
        tier, _, teaches = word.rpartition("=")
        if not tier:
            raise typer.BadParameter(f"{word!r} is not TIER=TEACHES", param_hint="--tier")
        found[tier] = teaches
    return found


def _summary(store: Store) -> str:
    """One line of what was written."""
    from genoseq.store.checks import count_labels

    counts = count_labels(store)
    return (
        f"{store.path}: {len(store.regions):,} regions, {store.regions.total_bases:,} bp of "
        f"{store.bases:,}; labels: {'none' if counts is None else counts}"
    )
