"""``genoseq validate-tracks`` on the outputs of other programs: what it finds, time and memory.

    apt-get install -y bedtools tabix augustus; pip install pyBigWig
    python benchmarks/validate_tracks.py DATA [--all] [--out FOLDER]

DATA holds ``NAME.fa.gz``, ``NAME.gff3.gz`` and perhaps ``signal/NAME.*.bw``.  From the genome NAME
other programs make files of their own: bedtools, htslib's tabix, pyrodigal, AUGUSTUS (of its first
150 kb, with yeast's parameters), pyBigWig, and bigtools (pybigtools), of a signal without and with
gaps.  With ``--all`` every annotation and bigWig of DATA is checked as well.  Each row is a command
of its own: seconds of processor, MB at most, records, errors, warnings, and the first finding.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from genoseq.readers.annotation import read_annotation
from genoseq.readers.fasta import open_fasta, write_fasta

NAME = "mgenitalium_g37"
HEAD = ("program", "file", "CPU s", "MB", "records", "errors", "warnings", "first finding")
CUT = 150_000


def bedtools(out: Path, lengths: dict[str, int], data: Path) -> Iterator[Path]:
    """Coverage of genes as bedGraph, their union as BED, flanks as BED6; with htslib's indexes."""
    genes, sizes = out / "genes.bed", out / "sizes.txt"
    rows = sorted({(f.chrom, f.start, f.end, f.strand) for f in read_annotation(data).features})
    text = "".join(
        f"{chrom}\t{start}\t{end}\tx\t0\t{strand}\n" for chrom, start, end, strand in rows
    )
    genes.write_text(text)
    sizes.write_text("".join(f"{name}\t{length}\n" for name, length in lengths.items()))
    words = {
        "coverage.bedgraph": ["genomecov", "-bg", "-i", genes, "-g", sizes],
        "union.bed": ["merge", "-i", genes],
        "flanks.bed": ["flank", "-b", "50", "-i", genes, "-g", sizes],
    }
    for name, command in words.items():
        with (out / name).open("w") as file:
            subprocess.run(["bedtools", *map(str, command)], stdout=file, check=True)
        yield out / name


def htslib(out: Path) -> Iterator[Path]:
    """Compressed and indexed by bgzip and tabix."""
    for name, options in (("coverage.bedgraph", ["-p", "bed"]), ("union.bed", ["-C", "-p", "bed"])):
        packed = out / f"{name}.gz"
        with packed.open("wb") as file:
            subprocess.run(["bgzip", "-c", out / name], stdout=file, check=True)
        subprocess.run(["tabix", "-f", *options, packed], check=True)
        yield packed
        yield out / f"{name}.gz.{'csi' if '-C' in options else 'tbi'}"


def pyrodigal(fasta: Path, out: Path, lengths: dict[str, int]) -> Iterator[Path]:
    """Genes of Prodigal as GFF and GenBank."""
    import pyrodigal as prodigal

    finder = prodigal.GeneFinder(meta=True)
    gff, genbank = out / "prodigal.gff", out / "prodigal.gbk"
    with open_fasta(fasta) as genome, gff.open("w") as table, genbank.open("w") as flat:
        for number, (name, length) in enumerate(lengths.items()):
            found = finder.find_genes(genome.fetch(name, 0, length).upper())
            found.write_gff(table, name, header=number == 0)
            found.write_genbank(flat, name)
    yield gff
    yield genbank


def augustus(fasta: Path, out: Path, lengths: dict[str, int]) -> Iterator[Path]:
    """Genes of AUGUSTUS as GFF3 and as GTF."""
    name = next(iter(lengths))
    with open_fasta(fasta) as genome:
        write_fasta(out / "cut.fa", [(name, genome.fetch(name, 0, min(CUT, lengths[name])))])
    for end, option in (("gff3", "on"), ("gtf", "off")):
        words = ["augustus", "--species=saccharomyces_cerevisiae_S288C", f"--gff3={option}"]
        with (out / f"augustus.{end}").open("w") as file:
            subprocess.run([*words, str(out / "cut.fa")], stdout=file, check=True)
        yield out / f"augustus.{end}"


def runs(lengths: dict[str, int], gaps: bool) -> Iterator[tuple[str, int, int, float]]:
    """A signal of runs of 1 to 20 bases, with gaps of up to 20 kb or none."""
    rng = np.random.default_rng(1)
    for name in sorted(lengths):
        at, length = 0, lengths[name]
        while at < length:
            end = min(at + int(rng.integers(1, 20)), length)
            yield name, at, end, float(np.float32(rng.gamma(1.0)))
            at = end + (int(rng.integers(1, 20_000)) if gaps and rng.random() < 0.01 else 0)


def bigwigs(out: Path, lengths: dict[str, int]) -> Iterator[tuple[str, Path]]:
    """bigWigs and a bigBed of bigtools, bigWigs of pyBigWig."""
    import pybigtools
    import pyBigWig

    for gaps in (False, True):
        name = "gaps" if gaps else "whole"
        path = out / f"bigtools.{name}.bw"
        file = pybigtools.open(str(path), "w")
        file.write(lengths, runs(lengths, gaps))
        yield "bigtools", path
        path = out / f"pybigwig.{name}.bw"
        file = pyBigWig.open(str(path), "w")
        file.addHeader([(chrom, lengths[chrom]) for chrom in sorted(lengths)])
        chroms, starts, ends, values = map(list, zip(*runs(lengths, gaps), strict=True))
        file.addEntries(chroms, starts, ends=ends, values=values)
        file.close()
        yield "pyBigWig", path
    rows = (
        (chrom, start, end, f"x\t{min(1000, int(100 * value))}\t+")
        for chrom, start, end, value in runs(lengths, True)
    )
    file = pybigtools.open(str(out / "bigtools.bb"), "w")
    columns = ("string chrom", "uint chromStart", "uint chromEnd", "string name", "uint score")
    sql = "".join(f'{column}; "x"\n' for column in (*columns, "char[1] strand"))
    file.write(lengths, rows, autosql=f'table genes\n"genes"\n(\n{sql})\n')
    yield "bigtools", out / "bigtools.bb"


def validated(path: Path, fasta: Path) -> tuple[object, ...]:
    """CPU seconds, MB, and what was found."""
    with tempfile.NamedTemporaryFile(suffix=".json") as told:
        words = [sys.executable, "-m", "genoseq", "validate-tracks", path, "--fasta", fasta]
        null = subprocess.DEVNULL
        process = subprocess.Popen([*map(str, words), "--json", told.name], stdout=null)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        (file,) = json.loads(Path(told.name).read_text())
    first = file["findings"][0] if file["findings"] else {"what": "", "where": ""}
    assert process.returncode == int(file["errors"] > 0)
    seconds, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    what = f"{first['what']} {first['where']}".strip()
    return f"{seconds:.1f}", f"{peak:.0f}", file["records"], file["errors"], file["warnings"], what


def made(name: str, data: Path, out: Path) -> Iterator[tuple[str, Path, Path]]:
    """Program, its file, and the genome that the file is of."""
    packed = data / f"{name}.fa.gz"
    fasta = out / "genome.fa"
    with gzip.open(packed) as source, fasta.open("wb") as copy:
        shutil.copyfileobj(source, copy)
    with open_fasta(fasta) as genome:
        lengths = dict(genome.lengths)
    for path in bedtools(out, lengths, data / f"{name}.gff3.gz"):
        yield "bedtools", path, fasta
    for path in htslib(out):
        yield "htslib", path, fasta
    for path in pyrodigal(fasta, out, lengths):
        yield "pyrodigal", path, fasta
    for path in augustus(fasta, out, lengths):
        yield "AUGUSTUS", path, fasta
    for program, path in bigwigs(out, lengths):
        yield program, path, fasta


def given(data: Path) -> Iterator[tuple[str, Path, Path]]:
    """Annotations and bigWigs of DATA, with their genomes."""
    for folder in (data, data / "signal"):
        for path in sorted(folder.glob("*.gff3.gz")) + sorted(folder.glob("*.bw")):
            names = [
                f"{path.name[:at]}.fa.gz" for at, letter in enumerate(path.name) if letter == "."
            ]
            fastas = [place / name for name in names for place in (folder, data)]
            fasta = next((fasta for fasta in fastas if fasta.exists()), None)
            if fasta is not None:
                yield "DATA", path, fasta


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--name", default=NAME)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out = asked.out or Path(folder)
        out.mkdir(parents=True, exist_ok=True)
        print(*HEAD, sep="\t", flush=True)
        for program, path, fasta in made(asked.name, asked.data, out):
            print(program, path.name, *validated(path, fasta), sep="\t", flush=True)
        for program, path, fasta in given(asked.data) if asked.all else ():
            print(program, path.name, *validated(path, fasta), sep="\t", flush=True)


if __name__ == "__main__":
    main()
