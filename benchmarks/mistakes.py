"""Mistakes that people make, for ``journeys.py``: what makes a small right run wrong."""

from __future__ import annotations

import gzip
import os
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from Bio import bgzf

from genoseq.genome.complement import reverse_complement

GENOSEQ = Path(sys.executable).with_name("genoseq")
BODIES = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT"]
STOPS = ("TAA", "TAG", "TGA")
CONFIG = {
    "split": {"block": 1_000, "gap": 0},
    "models": {
        "m": {
            "model": {"embedding": 4, "encoder": {"width": 8}},
            "training": {"window": 300, "batch": 4, "steps": 20, "validation_windows": 8},
        }
    },
}
CHECK = ("config", "check")
TOKENIZE = ("tokenize", "g.fa", "-o", "st", "--annotation", "g.gff3")
SIGNAL = ("tokenize", "g.fa", "-o", "st", "--scheme", "signal", "--signal")


@dataclass(frozen=True)
class Mistake:
    """A name, what has to be said, what makes the right run wrong, the command that meets it."""

    name: str
    says: str
    make: Callable[[], object]
    words: tuple[str, ...] = CHECK
    home: str = ""


def write_right_run() -> None:
    """Two contigs of 12 genes on both strands, their annotation, sheet and settings."""
    source = random.Random(1)
    contigs, rows = {}, []
    inner = [codon for codon in BODIES if codon not in STOPS]
    for name in ("c", "d"):
        parts, at = [], 0
        for number in range(12):
            gene = "ATG" + "".join(source.choices(inner, k=148)) + "TAA"
            strand = "+-"[number % 2]
            parts += ["".join(source.choices("ACGT", k=50))]
            parts += [gene if strand == "+" else reverse_complement(gene.encode()).decode()]
            where = f"{at + 51}\t{at + 50 + len(gene)}\t.\t{strand}\t0"
            rows.append(f"{name}\tx\tCDS\t{where}\tID={name}{number}\n")
            at += 50 + len(gene)
        contigs[name] = "".join(parts)
    Path("g.fa").write_text("".join(f">{name}\n{text}\n" for name, text in contigs.items()))
    Path("g.gff3").write_text("##gff-version 3\n" + "".join(rows))
    Path("config").mkdir()
    sheet("g\tg.fa\tg.gff3\t-\t-\tblocks")
    config()


def sheet(*rows: str, header: str = "name\tfasta\tannotation\tsignal\tmask\tsplit") -> None:
    """Write the sample sheet."""
    Path("config/genomes.tsv").write_text("\n".join([header, *rows]) + "\n")


def config(**changes: object) -> dict[str, Any]:
    """Write and return the settings, with other values of some keys; ``a__b`` is key b of a."""
    settings: dict[str, Any] = yaml.safe_load(yaml.safe_dump(CONFIG))
    for path, value in changes.items():
        *folders, last = path.split("__")
        inside = settings
        for name in folders:
            inside = inside.setdefault(name, {})
        inside[last] = value
    Path("config/config.yaml").write_text(yaml.safe_dump(settings))
    return settings


def replaced(path: str, old: str, new: str) -> None:
    """Write other text into a file."""
    text = Path(path).read_text()
    assert old in text
    Path(path).write_text(text.replace(old, new))


def bytes_of(path: str, data: bytes) -> Callable[[], object]:
    """What writes a file."""
    return lambda: Path(path).write_bytes(data)


def bgzipped(cut: int, before: bytes = b"") -> Callable[[], None]:
    """What writes ``cut.fa.gz``: bgzip's blocks without the last ``cut`` bytes."""

    def write() -> None:
        with bgzf.BgzfWriter("all.gz") as file:
            file.write(Path("g.fa").read_bytes())
        Path("cut.fa.gz").write_bytes(before + Path("all.gz").read_bytes()[:-cut])

    return write


def gzip_cut() -> None:
    Path("cut.fa.gz").write_bytes(gzip.compress(Path("g.fa").read_bytes())[:-100])


def bigwig(length: int, chrom: str = "c") -> Callable[[], None]:
    """What writes ``s.bw`` with a contig of this length."""

    def write() -> None:
        import pybigtools

        pybigtools.open("s.bw", "w").write({chrom: length}, [(chrom, 1, 50, 1.0)])

    return write


def hidden_class() -> None:
    """Genes as long as their CDS, listed before them."""
    text = Path("g.gff3").read_text()
    rows = [line.replace("ID=", "ID=gene-") for line in text.splitlines() if "\tCDS\t" in line]
    Path("g.gff3").write_text(text + "\n".join(rows).replace("\tCDS\t", "\tgene\t") + "\n")
    config(labels={"scheme": "stranded", "classes": ["gene", "CDS"]})


def chr_before_names() -> None:
    replaced("g.gff3", "\nc\t", "\nchrc\t")


def model_twice() -> None:
    text = "models:\n  m: {training: {steps: 1}}\n  m: {training: {steps: 2}}\n"
    Path("config/config.yaml").write_text(text)


def other_species() -> None:
    head, *lines = Path("g.fa").read_text().splitlines()
    Path("g.fa").write_text("\n".join([head, *(x if x[0] == ">" else x[::-1] for x in lines)]))


def trained_anew() -> None:
    """A model that was trained anew after its evaluation."""
    rows = ((0, "train"), (900, "test"))
    Path("r.bed").write_text("".join(f"c\t{start}\t{start + 900}\t{s}\n" for start, s in rows))
    Path("s.yaml").write_text(yaml.safe_dump(config()["models"]["m"]))
    run(*TOKENIZE, "--bed", "r.bed")
    train = ("train", "st", "-o", "m", "--settings", "s.yaml", "--state")
    run(*train, "first")
    run("evaluate", "m", "st", "-o", "ev/m")
    run(*train, "second", "--seed", "2")


def run(*words: str, home: str = "") -> tuple[int, str]:
    """Exit status of a command, and all that it says."""
    environment = {**os.environ, **({"HOME": home} if home else {})}
    command = [str(GENOSEQ), *words]
    done = subprocess.run(
        command,
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    return done.returncode, done.stdout + done.stderr


XLSX = b"PK\x03\x04" + b"\0" * 26 + b"xl/workbook.xml"
MISTAKES = (
    # 2: what files are
    Mistake("bgzip cut between two blocks", "without the empty block that ends it",
            bgzipped(28), ("extract", "cut.fa.gz", "-o", "x.fa")),
    Mistake("gzip cut off", "damaged or cut off gzip data",
            gzip_cut, ("extract", "cut.fa.gz", "-o", "x.fa")),
    Mistake("bgzip cut, behind plain gzip", "without the empty block that ends it",
            bgzipped(28, gzip.compress(b">z\nACGT\n")),
            ("extract", "cut.fa.gz", "-o", "x.fa")),
    Mistake("bigWig of another assembly", "has 900 bp here and 6000 in the FASTA",
            bigwig(900), (*SIGNAL, "s.bw")),
    Mistake("bigWig with chr before names", "did you mean c for chrc?",
            bigwig(6_000, "chrc"), (*SIGNAL, "s.bw")),
    Mistake("wiggle as signal", "convert it with wigToBigWig",
            bytes_of("s.wig", b"fixedStep chrom=c start=1 step=1\n1\n"),
            (*SIGNAL, "s.wig")),
    Mistake("empty bigWig", "an empty file", bytes_of("s.bw", b""), (*SIGNAL, "s.bw")),
    Mistake("web page as FASTA", "a web page (HTML)",
            bytes_of("g.fa", b"<!DOCTYPE html>\n<html>\n")),
    Mistake("LFS pointer as FASTA", "git lfs pull",
            bytes_of("g.fa", b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n")),
    Mistake("reads (FASTQ) as FASTA", "seqtk seq -A", bytes_of("g.fa", b"@r\nACGT\n+\nIIII\n")),
    Mistake("proteins as FASTA", "a protein FASTA?", bytes_of("g.fa", b">p\nMKLVEFQ\n")),
    Mistake("2bit as FASTA", "twoBitToFa", bytes_of("g.fa", b"\x43\x27\x41\x1a" + b"\0" * 99)),
    Mistake("spreadsheet as annotation", "a spreadsheet, where GFF3", bytes_of("g.gff3", XLSX)),
    Mistake("two inputs from one pipe", "stdin can be read once", lambda: None,
            ("tokenize", "-", "-o", "st", "--annotation", "-")),
    # 3: settings and sheet
    Mistake("model name twice", "in lines 2 and 3", model_twice),
    Mistake("clip: .inf", "clip: Input should be a finite number",
            lambda: config(models__m__training__clip=float("inf"))),
    Mistake("steps: 1e30", "steps: too large", lambda: config(models__m__training__steps=1e30)),
    Mistake("misspelt setting", "stps: unknown name", lambda: config(models__m__training__stps=9)),
    Mistake("sheet with commas", "not tab-separated", lambda: sheet("g,g.fa", header="name,fasta")),
    Mistake("sheet as spreadsheet", "is a spreadsheet: save it as text",
            bytes_of("config/genomes.tsv", XLSX)),
    Mistake("sheet in UTF-16 without mark", "UTF-16 without its mark",
            bytes_of("config/genomes.tsv", "name\tfasta\ng\tg.fa\n".encode("utf-16-le"))),
    Mistake("column misspelt in sheet", "unknown column 'fata'",
            lambda: sheet("g\tg.fa", header="name\tfata")),
    Mistake("file of the sheet is missing", "no such file: no.fa",
            lambda: sheet("g\tno.fa\tg.gff3\t-\t-\tblocks")),
    # 4: what config check meets
    Mistake("annotation with chr before names", "did you mean c for chrc?",
            chr_before_names),
    Mistake("mask of other contigs", "mask: its contigs are chrc", lambda: (
        Path("m.bed").write_text("chrc\t1\t9\n"), sheet("g\tg.fa\tg.gff3\t-\tm.bed\tblocks"))),
    Mistake("blacklist of other contigs", "blacklist: its contigs are x", lambda: (
        Path("b.bed").write_text("x\t1\t9\n"), config(regions__blacklist="b.bed"))),
    Mistake("contigs: of a wrong name", "did you mean d for chrd?",
            lambda: sheet("g\tg.fa\tg.gff3\t-\t-\tcontigs:valid=c;test=chrd")),
    Mistake("class cds for CDS", "did you mean CDS?",
            lambda: config(labels={"scheme": "stranded", "classes": ["cds"]})),
    Mistake("class hidden by another", "list CDS first", hidden_class),
    Mistake("classes of scheme cds-phase", "takes no classes: remove them",
            lambda: config(labels={"classes": ["CDS"]})),
    Mistake("no classes of scheme stranded", "needs classes: list them",
            lambda: config(labels={"scheme": "stranded"})),
    Mistake("annotation of another species", "it is of another species or assembly", other_species),
    Mistake("annotation past the contig's end", "past the last base of their contig",
            lambda: replaced("g.gff3", "\t500\t", "\t51000\t")),
    Mistake("wrong number of class_weights", "give one for each, or balanced",
            lambda: config(models__m__training__class_weights=[1, 2])),
    Mistake("signals beside a scheme of classes", "are not read by a scheme of classes",
            lambda: (bigwig(6_000)(), sheet("g\tg.fa\tg.gff3\ts.bw\t-\tblocks"))),
    Mistake("sheet without a test genome", "no genome to test on",
            lambda: sheet("g\tg.fa\tg.gff3\t-\t-\ttrain")),
    # 6: on the screen
    Mistake("tokenize: no contig chrc", "did you mean c for chrc?",
            chr_before_names, TOKENIZE),
    Mistake("region of no contig", "did you mean d for chrd?", lambda: None,
            ("extract", "g.fa", "--region", "chrd:1-9", "-o", "x.fa")),
    Mistake("score: no such model", "no such folder, and no model",
            lambda: None, ("score", "g.fa", "-m", "m", "-o", "t")),
    Mistake("stale evaluation in the report", "stale, made with a model of weights", trained_anew,
            ("report", "m", "ev/m", "-o", "s.html")),
    Mistake("genoseq run without a folder", "genoseq init nowhere",
            lambda: None, ("run", "nowhere")),
    Mistake("genoseq run: no such profile", "no profile 'x'",
            lambda: None, ("run", ".", "--workflow-profile", "x")),
    Mistake("genoseq run: a setting twice", "in lines 2 and 3",
            model_twice, ("run",)),
    Mistake("genoseq run: labels of another FASTA", "did you mean c for chrc?",
            chr_before_names, ("run", ".")),
    Mistake("the same, HOME not writable", "did you mean c for chrc?",
            chr_before_names, ("run",), home="/proc/none"),
)  # fmt: skip
