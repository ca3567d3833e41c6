"""Genes of annotated bacteria and archaea, beside Prodigal's, by the reference scorers.

    python benchmarks/genes.py DATA SCORE BUNDLE [NAME[:CODE] ...] [--weights genes.json]
        [--adapt off on auto] [--precision auto fp32 int8] [--peers prodigal meta glimmer orphos]

DATA holds ``NAME.fa.gz``, ``NAME.gff3.gz`` and, of some, ``NAME.mask.bed`` and
``NAME.verified.gff3.gz``; SCORE holds ``cds_f1.py``, ``verified_starts.py`` and
``prodigal_gff.py``.  Each caller runs as a command of its own, so that seconds count its start and
its reading and writing.  Columns: stranded F1 of bases; stops found, and found of those called;
exact genes; verified genes found, and exact; the same stops of genes up to 300 bp; CPU seconds of
one thread, and peak memory.

Peers: Prodigal (pyrodigal) trained on the genome, or by its models of other genomes (``meta``);
Glimmer 3 (``glimmer_gff.py``, after ``apt-get install tigr-glimmer``); Orphos, Prodigal again in
Rust, trained on the genome (``pip install orphos``).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from gene_costs import spent

NAMES = ("ecoli_k12_mg1655", "npharaonis_dsm2160", "pfuriosus_dsm3638", "mgenitalium_g37:4")
SHORT = 300
"""bp of a short gene at most, its stop codon included."""
COLUMNS = ("F1", "found", "right", "exact", "ver.", "ver.ex.", "short", "sh.right")
HEAD = f"{'':42}{''.join(f'{column:>9}' for column in COLUMNS)}{'CPU s':>7}{'MB':>7}"

ORPHOS = """
import gzip, sys, orphos
fasta, out, table = sys.argv[1:]
options = orphos.OrphosOptions(format="gff", translation_table=int(table), num_threads=1)
found = orphos.analyze_sequence(gzip.open(fasta, "rt").read(), options)
open(out, "w").write(found.output)
"""

Row = dict[str, float]


def load(path: Path) -> ModuleType:
    """A scorer as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def costs(*words: object) -> Row:
    """CPU seconds and peak MB of a command that must succeed."""
    return dict(zip(("s", "MB"), spent(words), strict=True))


def intervals(bed: Path | None) -> Mapping[str, list[tuple[int, int]]]:
    """Start and end of the lines of a BED by contig."""
    found: dict[str, list[tuple[int, int]]] = {}
    for text in bed.read_text().splitlines() if bed is not None and bed.exists() else ():
        fields = text.split("\t")
        found.setdefault(fields[0], []).append((int(fields[1]), int(fields[2])))
    return found


def short_genes(
    scorer: Any, truth: Path, predicted: Path, mask: Path | None
) -> tuple[float, float]:
    """Share of the short genes of the truth whose stop is called, and of those called, in it.

    What touches the mask is left out on both sides.
    """
    true, called = (scorer.stops(scorer.gff_cds(str(path))) for path in (truth, predicted))
    hidden = intervals(mask)

    def short(genes: dict[Any, tuple[int, int]]) -> list[Any]:
        return [
            key
            for key, (start, end) in genes.items()
            if end - start <= SHORT
            and not any(start < last and end > first for first, last in hidden.get(key[0], ()))
        ]

    ours, theirs = short(true), short(called)
    found = sum(key in called for key in ours) / max(1, len(ours))
    return found, sum(key in true for key in theirs) / max(1, len(theirs))


def judge(asked: argparse.Namespace, scorer: Any, name: str, predicted: Path) -> Row:
    """The columns of a prediction, but for its costs."""
    truth, fasta = asked.data / f"{name}.gff3.gz", asked.data / f"{name}.fa.gz"
    mask = asked.data / f"{name}.mask.bed"
    of = mask if mask.exists() else None
    whole = scorer.score(str(truth), str(fasta), str(predicted), None if of is None else str(of))
    found, right = short_genes(scorer, truth, predicted, of)
    row = {
        "F1": whole["f1"],
        "found": whole["stop_recall"],
        "right": whole["stop_precision"],
        "exact": whole["exact"],
        "short": found,
        "sh.right": right,
    }
    verified = asked.data / f"{name}.verified.gff3.gz"
    if verified.exists():
        words = [sys.executable, asked.score / "verified_starts.py", verified, predicted]
        text = subprocess.run(words, check=True, capture_output=True, text=True).stdout
        told = json.loads(text)
        row |= {"ver.": told["found_frac"], "ver.ex.": told["exact_frac"]}
    return row


def line(title: str, row: Row) -> str:
    """One line of the table."""
    shown = [f"{row[column]:9.4f}" if column in row else f"{'':9}" for column in COLUMNS]
    return f"{title:42}{''.join(shown)}{row['s']:7.1f}{row['MB']:7.0f}"


def print_means(rows: Mapping[str, Sequence[Row]]) -> None:
    """A line of means for each caller, of the rows that have a column."""
    for caller, found in rows.items():
        mean = {
            column: statistics.mean(row[column] for row in found if column in row)
            for column in (*COLUMNS, "s", "MB")
            if any(column in row for row in found)
        }
        print(line(f"mean of {len(found)}, {caller}", mean))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("score", type=Path)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("names", nargs="*", default=list(NAMES), help="NAME, or NAME:CODE")
    parser.add_argument("--weights", type=Path, help="of the decoder, if not the bundle's own")
    parser.add_argument(
        "--adapt", nargs="+", default=["off"], choices=["off", "on", "auto"],
        help="a row for each: whether the network learns from the genome first",
    )  # fmt: skip
    parser.add_argument(
        "--precision", nargs="+", default=["auto"], choices=["auto", "bf16", "fp32", "int8"],
        help="number formats of the network, a row for each",
    )  # fmt: skip
    parser.add_argument("--peers", nargs="*", default=["prodigal"], choices=list(PEERS))
    parser.add_argument("--keep", type=Path, help="folder for what is called")
    asked = parser.parse_args()
    scorer: Any = load(asked.score / "cds_f1.py")
    print(HEAD, flush=True)
    rows: dict[str, list[Row]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for each in asked.names:
            name, _, code = each.partition(":")
            for caller, call in callers(asked.adapt, asked.peers, asked.precision).items():
                predicted, taken = call(asked, folder, name, code or "11")
                row = judge(asked, scorer, name, predicted) | taken
                rows.setdefault(caller, []).append(row)
                print(line(f"{name} {caller}", row), flush=True)
    print_means(rows)


def prodigal(
    asked: argparse.Namespace, folder: Path, name: str, code: str, meta: bool = False
) -> tuple[Path, Row]:
    """Genes of pyrodigal, trained on the genome itself or ``meta``, and its costs."""
    out = folder / f"{name}.prodigal{'.meta' if meta else ''}.gff3"
    fasta = asked.data / f"{name}.fa.gz"
    program = asked.score / "prodigal_gff.py"
    options = ["--meta"] if meta else ["--table", code]
    return out, costs(sys.executable, program, fasta, out, *options)


def glimmer(asked: argparse.Namespace, folder: Path, name: str, code: str) -> tuple[Path, Row]:
    """Genes of Glimmer, trained on the genome itself, and its costs."""
    out = folder / f"{name}.glimmer.gff3"
    program, fasta = Path(__file__).with_name("glimmer_gff.py"), asked.data / f"{name}.fa.gz"
    return out, costs(sys.executable, program, fasta, out, "--table", code)


def orphos(asked: argparse.Namespace, folder: Path, name: str, code: str) -> tuple[Path, Row]:
    """Genes of Orphos, trained on the genome itself, and its costs."""
    out = folder / f"{name}.orphos.gff3"
    return out, costs(sys.executable, "-c", ORPHOS, asked.data / f"{name}.fa.gz", out, code)


def genoseq(
    asked: argparse.Namespace, folder: Path, name: str, code: str, adapt: str, precision: str
) -> tuple[Path, Row]:
    """Genes of ``genoseq genes``, and its costs."""
    out = folder / f"{name}.genoseq.{adapt}{'' if precision == 'auto' else '.' + precision}"
    words = [sys.executable, "-m", "genoseq", "-q", "genes", asked.data / f"{name}.fa.gz"]
    words += ["-m", asked.bundle, "-o", out, "--code", code, "--threads", 1, "--adapt", adapt]
    words += ["--precision", precision, "--all-starts"]
    if asked.weights is not None:
        words += ["--weights", asked.weights]
    return out / "genes.gff3", costs(*words)


Caller = Callable[..., tuple[Path, Row]]
PEERS: Mapping[str, tuple[str, Caller]] = {
    "prodigal": ("prodigal", prodigal),
    "meta": ("prodigal, meta", partial(prodigal, meta=True)),
    "glimmer": ("glimmer", glimmer),
    "orphos": ("orphos", orphos),
}


def callers(
    adapt: Sequence[str], peers: Sequence[str] = ("prodigal",), formats: Sequence[str] = ("auto",)
) -> dict[str, Caller]:
    """Callers by what the table names them."""
    ours = {
        f"genoseq, adapt {each}{'' if one == 'auto' else ', ' + one}":
            partial(genoseq, adapt=each, precision=one)
        for each in adapt for one in formats
    }  # fmt: skip
    return dict(PEERS[peer] for peer in peers) | ours


if __name__ == "__main__":
    main()
