"""Put a trained model into the box: its bundle and a card, from the results of a run.

    python benchmarks/ship_model.py results/bacteria [--folds OUT]
        [--heldout results/bacteria-heldout]
    python benchmarks/ship_model.py results/bacteria-heldout      # the model of fewer genomes
    python benchmarks/ship_model.py results/bacteria-fast --name bacteria-fast --one-pass FILE
    python benchmarks/ship_model.py results/bacteria-reads --name bacteria-reads --reads FILE

Everything on the card is read from the run: bundle, provenance, evaluation, benchmarks of
Snakemake; accessions are those of the example's table.  OUT is what ``gene_folds.py`` wrote; FILE
is ``one_pass.json`` of ``one_pass.py``, which a model that another taught must have, or what
``noisy_reads.py --out`` wrote, by a model of the same settings that saw none of the groups.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from genoseq.files.atomic import atomic_folder
from genoseq.models.bundle import load_bundle
from genoseq.pretrained.registry import CARD

EXAMPLE = Path(__file__).parents[1] / "config/examples/bacteria"
BOX = Path(__file__).parents[1] / "genoseq/pretrained"
ABOUT = (
    "Coding sequence of bacteria and archaea by strand and codon phase: genomes, drafts and reads, "
    "genetic codes 11 and 4."
)
ABOUT_TAUGHT = (
    "Coding sequence of bacteria and archaea from the forward strand alone: half the work of "
    "`{teacher}`, which taught it."
)
ABOUT_READS = (
    "Coding sequence of noisy reads and drafts of bacteria and archaea: `bacteria`, which went on "
    "to learn from indels."
)
LEARNED_READS = """
The weights were trained by this project. It brings no decoder: `genoseq genes` takes that of
`bacteria`."""
READS = """\
Pieces of four genomes, by a model and a decoder of the same settings that saw no genome of their
groups (`heldout.yaml`, `reads-heldout.yaml`; `benchmarks/noisy_reads.py`): mean F1 of bases and
strand, and of bases, strand and codon phase. Take this model for reads and drafts with indels, with
`--frameshifts`; bases of whole genomes are more often right by `bacteria`, from which it began."""
TAUGHT = """\
It began with the weights of `{teacher}`, and half of its loss was against what that model tells of
both strands, half against labels. Below 0 is better than the teacher, which learned for a shorter
time. Take it where time matters: many genomes, a first look, searches. What is published is better
scored by `{teacher}`: the mean of both strands is the same for a genome and for its reverse
complement, which one pass is not: {moved:.2%} of the bases of a Mb of *E. coli* have another class
there."""
LEARNED_TAUGHT = """
The weights were trained by this project. It brings no decoder: `genoseq genes` takes that of
`{teacher}`."""
BLOCKS = "Blocks that were kept aside, of genomes that were learned"
UNSEEN = "Genomes of groups that were kept aside"
FOLDED = """\
Genes (`genoseq genes`), F1 of their bases, strand right, by models and decoders of the same
settings that saw no genome of the group, in five folds (`benchmarks/gene_folds.py`). Prodigal is
trained on each genome."""
LIMITS = """\
- Genes with introns, eukaryotes and genetic codes other than 11 and 4 were not learned.
- Labels are annotations, not experiments: what annotators miss, a model learns to miss. Short
  genes and genes acquired lately are the usual ones.
- Outputs say where coding sequence is; exact starts need the decoder of `genoseq genes`.
- Blocks of genomes that were learned are an easier test than genomes of other groups; genomes of
  phyla that none of the learned ones is of do worse than both."""
LEARNED = """
CDS that rest on homology or on curators teach; those that only a gene finder called are unknown,
as are starts that are not trusted; pseudogenes are masked. The weights were trained from scratch
by this project. What tells a start in `genoseq genes` was learned from annotated starts, and from
those of *E. coli*, *N. pharaonis* and *Synechocystis* that experiments show."""


class Story(NamedTuple):
    """What the card says first, which settings made the model, and what it says last."""

    about: str
    config: str
    learned: str


def story_of(teacher: str | None, reads: bool) -> Story:
    if teacher is not None:
        about, learned = ABOUT_TAUGHT, LEARNED_TAUGHT
        return Story(
            about.format(teacher=teacher), "/one-strand.yaml", learned.format(teacher=teacher)
        )
    return Story(ABOUT_READS, "/reads.yaml", LEARNED_READS) if reads else Story(ABOUT, "", LEARNED)


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def figures(run: Path, name: str) -> dict[str, Mapping[str, Any]]:
    """Figures of each tested genome."""
    path = run / "evaluation" / name / "metrics.json"
    found: dict[str, Mapping[str, Any]] = json.loads(path.read_text())["genomes"]
    return found


def by_group(genomes: Mapping[str, Mapping[str, Any]], group: Mapping[str, str]) -> Iterator[str]:
    """Rows of a table: each group with its genomes, bases and mean F1."""
    groups = sorted({group[name] for name in genomes})
    for each in groups:
        own = {name: of for name, of in genomes.items() if group[name] == each}
        mean = sum(of["micro_f1"] for of in own.values()) / len(own)
        bases = sum(of["bases"] for of in own.values())
        names = ", ".join(f"{name} {of['micro_f1']:.4f}" for name, of in own.items())
        yield f"| {each} | {names} | {bases:,} | {mean:.4f} |"
    mean = sum(of["micro_f1"] for of in genomes.values()) / len(genomes)
    yield f"| all | {len(genomes)} genomes | | {mean:.4f} |"


CALLERS = {"genoseq": "genoseq.adapt-off", "with --adapt auto": "genoseq.adapt-auto",
           "Prodigal": "prodigal"}  # fmt: skip


def of_folds(folds: Path, group: Mapping[str, str]) -> Iterator[str]:
    """Rows of a table: each group with its genomes, and the mean F1 of genes by caller."""
    found: dict[str, dict[str, float]] = {}
    for path in folds.glob("*/calls/*.json"):
        name, _, caller = path.name.removesuffix(".json").partition(".")
        found.setdefault(name, {})[caller] = float(json.loads(path.read_text())["F1"])
    groups = [(each, [n for n in found if group[n] == each]) for each in sorted({*group.values()})]
    for title, names in [*groups, ("all", list(found))]:
        means = [sum(found[n][c] for n in names) / len(names) for c in CALLERS.values()]
        shown = ", ".join(sorted(names)) if title != "all" else f"{len(names)} genomes"
        yield f"| {title} | {shown} | " + " | ".join(f"{mean:.4f}" for mean in means) + " |"


def beside_teacher(found: Mapping[str, Any], teacher: str) -> Iterator[str]:
    """Rows of tables: F1 of bases and figures of genes by the teacher, and by the model."""
    for title, of in (("blocks that neither saw", "blocks"), ("whole genomes, learned", "whole")):
        rows = {**found[of]["genomes"], "mean": found[of]["mean"]}
        yield f"\n| F1 of bases, {title} | `{teacher}` | its forward strand | this | lost |"
        yield "|---" * 5 + "|"
        for name, (both, alone, taught) in rows.items():
            yield f"| {name} | {both:.4f} | {alone:.4f} | {taught:.4f} | {both - taught:.4f} |"
    yield f"\n| genes | | `{teacher}` | this |\n|---|---|---|---|"
    for name, (both, taught) in found["genes"].items():
        for figure, value in both.items():
            yield f"| {name} | {figure} | {value:.4f} | {taught[figure]:.4f} |"


def of_reads(table: Path) -> Iterator[str]:
    """Rows of a table: F1 of reads by caller."""
    for row in json.loads(table.read_text()):
        f1 = f"{row['F1']:.4f} | {row['frame-aware F1']:.4f}"
        yield f"| {row['length']} | {row['rate']:g}% | {row['caller']} | {f1} |"


def card(
    run: Path, name: str, heldout: Path | None, folds: Path | None, one_pass: Path | None,
    reads: Path | None,
) -> str:  # fmt: skip
    """The card of a model."""
    bundle = load_bundle(run / "models" / name)
    record, accessions = bundle.provenance, read_table(EXAMPLE / "accessions.tsv")
    group = {row["name"]: row["group"] for row in accessions}
    columns = ("name", "organism", "group", "accession", "genetic_code", "CDS", "labels", "starts")
    learned = set(record["inputs"])
    tested = figures(run, name)
    (time,) = read_table(run / "benchmarks/train" / f"{name}.tsv")
    weights = sum(tensor.numel() for tensor in bundle.model.state_dict().values())
    teacher = record["settings"].get("teacher")
    story = story_of(teacher, reads is not None)
    one = bundle.settings.strands == "one"
    passes = "the forward strand's pass" if one else "the averaged strands"
    hours, cpu = float(time["s"]) / 3600, float(time["cpu_time"]) / 3600
    head = "| group | genomes, F1 | bases | mean F1 |\n|---|---|---|---|"
    lines = [
        f"# {name}\n\n{story.about}\n",
        f"{weights:,} weights, {bundle.settings.encoder.describe()}, context {bundle.context} bp; "
        f"step {record['steps']:,}, seed {record['seed']}; trained in {hours:.2f} hours, "
        f"{cpu:.2f} of one core, by `config/examples/bacteria{story.config}` of the sources.\n",
        "## How well it does\n",
        f"F1 of coding sequence base by base, strand right, arg-max of {passes}; bases with "
        "unknown labels do not count.\n",
        f"### {UNSEEN if learned.isdisjoint(tested) else BLOCKS}\n",
        "\n".join([head, *by_group(tested, group)]) + "\n",
    ]
    if teacher is not None:
        if one_pass is None:
            raise SystemExit(f"{name} learned from {teacher}: add --one-pass")
        beside = json.loads(one_pass.read_text())
        moved = beside["moved"]["taught, one pass"]
        lines.append(f"### Beside its teacher\n\n{TAUGHT.format(teacher=teacher, moved=moved)}")
        lines.append("\n".join(beside_teacher(beside, teacher)) + "\n")
    if reads is not None:
        lines.append(f"### Reads with indels\n\n{READS}\n")
        lines.append("| bp | indels | by | F1 | frame-aware F1 |\n" + "|---" * 5 + "|")
        lines.append("\n".join(of_reads(reads)) + "\n")
    if heldout is not None:
        lines.append(
            f"### {UNSEEN}\n\nBy a model of the same settings without them (`heldout.yaml`).\n"
        )
        lines.append("\n".join([head, *by_group(figures(heldout, name), group)]) + "\n")
    if folds is not None:
        titles = ("group", "genomes", *CALLERS)
        table = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
        lines.append(f"### {UNSEEN}\n\n{FOLDED}\n")
        lines.append("\n".join([*table, *of_folds(folds, group)]) + "\n")
    lines += [
        "## Limits\n\n" + LIMITS + "\n",
        "## What it learned from\n",
        "| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|",
        *(
            "| " + " | ".join(row[column] for column in columns) + " |"
            for row in accessions
            if row["name"] in learned
        ),
        story.learned,
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--heldout", type=Path)
    parser.add_argument("--folds", type=Path)
    parser.add_argument("--one-pass", type=Path)
    parser.add_argument("--reads", type=Path, metavar="FILE")
    parser.add_argument("--name", default="bacteria")
    parser.add_argument("--box", type=Path, default=BOX)
    asked = parser.parse_args()
    text = card(asked.run, asked.name, asked.heldout, asked.folds, asked.one_pass, asked.reads)
    with atomic_folder(asked.box / asked.name) as partial:
        for file in (asked.run / "models" / asked.name).glob("[!.]*"):
            shutil.copy(file, partial / file.name)
        (partial / CARD).write_text(text)
    print(asked.box / asked.name, sum(f.stat().st_size for f in (asked.box / asked.name).iterdir()))


if __name__ == "__main__":
    main()
