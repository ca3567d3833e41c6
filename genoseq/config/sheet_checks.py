"""What a sample sheet lacks for the settings, told before anything runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from genoseq.config.evidence import EvidenceSettings
from genoseq.config.genes import CODES, NUCLEAR_CODES, GeneSettings
from genoseq.config.labels import WITH_PHASE, LabelSettings
from genoseq.config.schema import Config
from genoseq.config.sheet import GenomeRow, contig_rule
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
    signals = config.labels.scheme == "signal"
    learned = {name: row for name, row in genomes.items() if row.split != "score"}
    for name, row in learned.items():
        if signals and not row.signal:
            problems.append(f"genome {name!r}: labels.scheme is signal, its signal column is empty")
        problems += _unused_columns(name, row, signals)
        problems += _unused_trust(name, row, config.labels)
        if not signals and row.annotation is None:
            problems.append(
                f"genome {name!r}: split {row.split!r} needs labels, its annotation column is "
                f"empty; give a file, or split score"
            )
    problems += _unused_settings(config.labels, learned.values())
    problems += _unused_genes(config, genomes)
    kind: Kind = "signal" if signals else "classes"
    problems += [
        f"score.formats: {asked.name} is for {' and '.join(asked.kinds)}, labels.scheme is "
        f"{config.labels.scheme}: leave it out"
        for asked in map(format_named, config.score.formats)
        if kind not in asked.kinds
    ]
    if not learned:
        return [
            "every split is score, so there is nothing to train on; a model that is there already "
            "scores by hand: genoseq score FASTA -m MODEL -o OUT"
        ]
    splits = [named_splits(row.split, config.split.test) for row in learned.values()]
    return problems + split_problems(set().union(*splits))


def _unused_columns(name: str, row: GenomeRow, signals: bool) -> list[str]:
    """A problem for a column with files that the scheme does not read."""
    if signals and row.annotation is not None:
        return [f"genome {name!r}: labels.scheme is signal, its annotation is not read: write -"]
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
    if rule == "blocks":
        return {"train", "valid"} | ({"test"} if fraction > 0 else set())
    if rule.startswith("contigs:"):
        return {"train", *contig_rule(rule).values()}
    return {rule}


def split_problems(splits: Collection[str]) -> list[str]:
    """What is missing if all genomes together have bases in ``splits`` alone."""
    problems = []
    if "train" not in splits:
        problems.append(
            "no genome to train on: give one the split train, blocks or a contigs:... that leaves "
            "it a contig to train on"
        )
    if "test" not in splits:
        problems.append(
            "no genome to test on: give one the split test, blocks (with split.test above 0) or "
            "contigs:test=..."
        )
    return problems
