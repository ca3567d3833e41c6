"""What a sample sheet lacks for the settings, told before anything runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from genoseq.config.base import LEARNED
from genoseq.config.evidence import EvidenceSettings
from genoseq.config.genes import CODES, NUCLEAR_CODES, GeneSettings
from genoseq.config.labels import WITH_PHASE, LabelSettings
from genoseq.config.pair_checks import (
    learns_from_pairs,
    missing_pairs,
    mixed_problems,
    pair_problems,
    unread_pairs,
)
from genoseq.config.schema import Config
from genoseq.config.sheet import PAIRS, GenomeRow, contig_rule
from genoseq.errors import listed
from genoseq.writers.formats import format_named

if TYPE_CHECKING:
    from genoseq.genome.tracks import Kind  # numpy: Snakemake reads this file for every job


def sheet_problems(config: Config, genomes: Mapping[str, GenomeRow]) -> list[str]:
    """What is wrong with the rows, whatever is in their files."""
    problems = [
        f"pathvars.{name}: braces in folders of results are wildcards to Snakemake, rename it "
        f"(found {path!r})"
        for name, path in config.pathvars.items()
        if {"{", "}"} & set(path)
    ]
    problems += mixed_problems(config)
    signals = config.labels.scheme == "signal"
    learned = {name: row for name, row in genomes.items() if row.split != "score"}
    if not learned:
        return [
            "every split is score, so there is nothing to train on; a model that is there already "
            "scores by hand: genoseq score FASTA -m MODEL -o OUT"
        ]
    if learns_from_pairs(config):
        splits = [named_splits(row.split, 0) for row in learned.values()]
        missing = missing_pairs(set().union(*splits))
        return [*problems, *pair_problems(config, genomes), *missing]
    problems += unread_pairs(genomes)
    needed = {name: run.task.needs_labels() for name, run in config.models.items()}
    for name, row in learned.items():
        problems += _unused_columns(name, row, signals)
        problems += _unused_trust(name, row, config.labels)
        problems += _missing_labels(name, row, signals, all(needed.values()))
    problems += _unused_settings(config.labels, learned.values())
    problems += _unused_genes(config, genomes)
    problems += _unused_variants(config, genomes)
    problems += _unsuited_formats(config, config.labels.kind)
    for model_needs in {*needed.values()}:
        labelled = model_needs and not all(needed.values())  # it has fewer genomes than others
        rows = [row for row in learned.values() if not labelled or row.labelled(signals)]
        splits = [named_splits(row.split, config.split.test) for row in rows]
        problems += split_problems(set().union(*splits), " with labels" if labelled else "")
    return list(dict.fromkeys(problems))


def _missing_labels(name: str, row: GenomeRow, signals: bool, needed: bool) -> list[str]:
    """A problem for a genome without labels where all models need some, and for columns that tell
    of labels where there are none."""
    if row.labelled(signals):
        return []
    if not needed:
        given = [column for column in ("mask", "evidence", "starts") if getattr(row, column)]
        return [
            f"genome {name!r}: it has no labels for its {column} to tell of: write -"
            for column in given
        ]
    if signals:
        return [f"genome {name!r}: labels.scheme is signal, its signal column is empty"]
    return [
        f"genome {name!r}: split {row.split!r} needs labels, its annotation column is empty; give "
        f"a file, or split score"
    ]


def _unsuited_formats(config: Config, labels: Kind) -> Iterator[str]:
    """A problem for a format that cannot hold the labels, and for a model without any format."""
    formats = list(map(format_named, config.score.formats))
    if any(run.task.needs_labels() for run in config.models.values()):
        for asked in formats:
            if labels not in asked.kinds:
                yield (
                    f"score.formats: {asked.name} is for {' and '.join(asked.kinds)}, "
                    f"labels.scheme is {config.labels.scheme}: leave it out"
                )
    for name, run in config.models.items():
        kind = run.task.kind(labels)
        if not run.task.needs_labels() and not any(kind in each.kinds for each in formats):
            yield f"score.formats: none can hold what models.{name} tells ({kind}): add bigwig"


def _unused_columns(name: str, row: GenomeRow, signals: bool) -> list[str]:
    """A problem for a column with files that the scheme does not read."""
    if row.control and not (signals and row.signal):
        return [f"genome {name!r}: its control is taken off signals, and it has none: write -"]
    if not signals and row.signal:
        return [
            f"genome {name!r}: its signal files are not read by a scheme of classes: write -, or "
            f"say labels.scheme: signal"
        ]
    return []


def _unused_trust(name: str, row: GenomeRow, labels: LabelSettings) -> list[str]:
    """A problem for evidence or starts that decide no label."""
    given = [column for column in ("evidence", "starts") if getattr(row, column) is not None]
    if labels.coding or not given:
        return []
    return [
        f"genome {name!r}: its {' and '.join(given)} tell of CDS, which labels.scheme "
        f"{labels.scheme} has none of: write -, or add CDS to labels.classes"
    ]


def _unused_settings(labels: LabelSettings, learned: Collection[GenomeRow]) -> list[str]:
    """A problem for settings of evidence where no genome has any: all of its CDS would teach."""
    used = any(row.evidence is not None or row.starts is not None for row in learned)
    if used or labels.evidence == EvidenceSettings():
        return []
    return [
        "labels.evidence says what CDS teach, but no genome that is learned has evidence or starts "
        "in the sheet: fill one of these columns, or leave it out"
    ]


def _unused_genes(config: Config, genomes: Mapping[str, GenomeRow]) -> list[str]:
    """A problem for genes that no model can call, and for columns about genes that are not."""
    told = any(run.task.needs_labels() for run in config.models.values())
    if config.genes is not None and not told:
        return [
            "genes are called by models of codon phases, and none learns labels: leave genes out"
        ]
    if config.genes is not None and config.labels.scheme not in WITH_PHASE:
        return [
            f"genes are called by models of codon phases, labels.scheme is {config.labels.scheme}: "
            f"leave genes out, or use scheme {' or '.join(WITH_PHASE)}"
        ]
    if config.genes is not None:
        return list(_genes_misfits(config.genes, config.labels.scheme, genomes))
    columns = ("code", "circular")
    return [
        f"genome {name!r}: column {column} is for genes, which are not called: add genes: {{}} to "
        f"the settings, or leave it empty"
        for name, row in genomes.items()
        for column in columns
        if getattr(row, column) is not None
    ]


def _unused_variants(config: Config, genomes: Mapping[str, GenomeRow]) -> Iterator[str]:
    """Problems for variants of no genome, and for sites that no annotation tells."""
    for name in config.variants.files:
        if name not in genomes:
            yield (
                f"variants.files: no genome {name!r} in the sheet, which has "
                f"{listed(genomes)}: name one of them"
            )
        elif config.variants.masked and not genomes[name].annotation:
            yield (
                f"variants.masked: genome {name!r} has no annotation to tell its sites: give one, "
                f"or leave masked out"
            )
    if config.variants.masked and not config.variants.genes:
        yield "variants.masked: sites are those of the annotation: leave genes as it is, true"


def _genes_misfits(
    genes: GeneSettings, scheme: str, genomes: Mapping[str, GenomeRow]
) -> Iterator[str]:
    """Problems for what the decoder of a scheme does not take."""
    introns = "coding_intron" in WITH_PHASE[scheme]
    codes = NUCLEAR_CODES if introns else CODES
    given = [("genes.code", genes.code)]
    given += [(f"genome {name!r}: code", row.code) for name, row in genomes.items() if row.code]
    for where, code in given:
        if code != "auto" and code not in codes:
            known = ", ".join(map(str, codes))
            yield f"{where} {code} is not of labels.scheme {scheme}: use auto or {known}"
    if introns:
        asked = {"genes.adapt": genes.adapt != "off", "genes.circular": genes.circular != "none"}
        asked |= {f"genome {name!r}: circular": bool(r.circular) for name, r in genomes.items()}
        for where in (name for name, there in asked.items() if there):
            yield f"{where} is for bacteria and archaea: leave it out with scheme {scheme}"


def named_splits(rule: str, fraction: float) -> set[str]:
    """Splits that a genome may have bases in by its rule, whatever its contigs are.

    Parameters
    ----------
    rule
        As in the sheet.
    fraction
        That of the test in ``blocks``.
    """
    if rule == PAIRS:
        return {*LEARNED}
    if rule == "blocks":
        return {"train", "valid"} | ({"test"} if fraction > 0 else set())
    if rule.startswith("contigs:"):
        return {"train", *contig_rule(rule).values()}
    return {rule}


def split_problems(splits: Collection[str], which: str = "") -> list[str]:
    """What is missing if all genomes together have bases in ``splits`` alone.

    Parameters
    ----------
    which
        Of the genomes, for messages.
    """
    problems = []
    if "train" not in splits:
        problems.append(
            f"no genome{which} to train on: give one the split train, blocks or a contigs:... that "
            "leaves it a contig to train on"
        )
    if "test" not in splits:
        problems.append(
            f"no genome{which} to test on: give one the split test, blocks (with split.test above "
            "0) or contigs:test=..."
        )
    return problems
