"""``genoseq-prodigal``: Prodigal's letters, and its formats as pipelines read them."""

from __future__ import annotations

import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pyrodigal
import pytest
from Bio import SeqIO
from command import run_command
from planted_genes import KnowingScorer, PlantedGenome, planted_genome, simple_weights

from genoseq.genes.call import GeneCalls, call_genes
from genoseq.genes.layout import contig
from genoseq.genes.weights import save_weights
from genoseq.genome.called_genes import by_contig
from genoseq.genome.sequences import decode
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.readers.fasta import write_fasta
from genoseq.writers.prodigal import (
    ContigGenes,
    base_lines,
    gbk_lines,
    gff_lines,
    protein_lines,
    sco_lines,
)

HEADER = re.compile(
    r">(\S+)_(\d+) # (\d+) # (\d+) # (-?1) # ID=(\d+)_\2;partial=([01]{2});"
    r"start_type=(ATG|GTG|TTG|Edge);rbs_motif=(\S+?);rbs_spacer=(\S+?);gc_cont=(0\.\d{3})$"
)


@pytest.fixture
def genome() -> PlantedGenome:
    whole = planted_genome(30, seed=21)
    return PlantedGenome(whole.codes[130:-170], (), whole.states[130:-170])


@pytest.fixture
def calls(genome: PlantedGenome) -> GeneCalls:
    contigs = [contig("a|1", genome.codes), contig("b", genome.reversed().codes)]
    scorer = KnowingScorer(**{"a|1": genome, "b": genome.reversed()})
    return call_genes(contigs, scorer, simple_weights())


@pytest.fixture
def contigs(calls: GeneCalls, genome: PlantedGenome) -> list[ContigGenes]:
    genes = by_contig(calls.genes)
    length = len(genome.codes)
    return [
        ContigGenes(number, name, length, 50.0, 11, "Single", "m", genes[name])
        for number, name in enumerate(("a|1", "b"), 1)
    ]


def prokka(text: str) -> list[tuple[str, int, int, str]]:
    """What Prokka 1.14 reads of ``prodigal -f sco``."""
    found, name = [], ""
    for line in text.splitlines():
        if match := re.search(r'seqhdr="([^\s"]+)"', line):
            name = match[1]
        elif name and (match := re.match(r"^>\d+_(\d+)_(\d+)_([+-])$", line)):
            found.append((name, int(match[1]), int(match[2]), match[3]))
    return found


def places(calls: GeneCalls) -> list[tuple[str, int, int, str]]:
    genes = [each.gene for each in calls.genes]
    return [(gene.chrom, gene.start + 1, gene.end, gene.strand) for gene in genes]


def test_sco_lines_are_read_as_prokka_does(calls: GeneCalls, contigs: list[ContigGenes]) -> None:
    text = "\n".join(line for each in contigs for line in sco_lines(each))
    assert prokka(text) == places(calls)


def test_protein_lines_have_headers_of_prodigal(
    calls: GeneCalls, contigs: list[ContigGenes]
) -> None:
    text = "\n".join(line for each in contigs for line in protein_lines(each))
    found = list(SeqIO.parse(StringIO(text), "fasta"))
    assert len(found) == len(calls.genes)
    partial = 0
    for record, each in zip(found, calls.genes, strict=True):
        match = HEADER.match(">" + record.description)
        assert match is not None, record.description
        gene = each.gene
        assert match[1] == gene.chrom
        assert (int(match[3]), int(match[4])) == (gene.start + 1, gene.end)
        assert match[6] == {"a|1": "1", "b": "2"}[gene.chrom]
        assert str(record.seq).endswith("*") == (not gene.open_3prime)
        assert str(record.seq).rstrip("*") == each.protein.decode()
        partial += match[7] != "00"
    assert partial == sum(any(each.gene.partial) for each in calls.genes) > 0
    bases = "\n".join(line for each in contigs for line in base_lines(each))
    letters = [str(record.seq).encode() for record in SeqIO.parse(StringIO(bases), "fasta")]
    assert letters == [each.letters for each in calls.genes]


def test_lines_have_the_shape_of_pyrodigal(
    genome: PlantedGenome, contigs: list[ContigGenes]
) -> None:
    letters = decode(genome.codes)
    theirs = pyrodigal.GeneFinder(meta=True).find_genes(letters)
    for lines_of, write in (
        (gff_lines, theirs.write_gff),
        (protein_lines, theirs.write_translations),
    ):
        out = StringIO()
        write(out, "a|1")
        ours = list(lines_of(contigs[0]))
        shapes = [_shape(lines) for lines in (ours, out.getvalue().splitlines())]
        assert shapes[0] == shapes[1]


def _shape(lines: list[str]) -> tuple[list[str], list[str], int]:
    """What lines begin with, and the keys of attributes that both callers have."""
    comments = [re.sub(r"[=:].*", "", line) for line in lines if line.startswith("#")]
    row = next(line for line in lines if "ID=" in line)
    keys = re.findall(r"(\w+)=", row[row.index("ID=") :])
    own = [key for key in keys if key not in ("cscore", "sscore", "rscore", "uscore", "tscore")]
    return comments, own, row.count("\t")


def test_gff_lines_say_the_code_and_are_said_once(contigs: list[ContigGenes]) -> None:
    lines = [line for each in contigs for line in gff_lines(each)]
    assert lines.count("##gff-version  3") == 1
    models = [line for line in lines if line.startswith("# Model Data")]
    assert all(";transl_table=11" in line for line in models)
    assert len(models) == 2


def test_gbk_lines_have_open_ends(contigs: list[ContigGenes]) -> None:
    for each in contigs:
        lines = list(gbk_lines(each))
        assert (lines[0].split()[0], lines[-1]) == ("DEFINITION", "//")
        features = [line.split()[1] for line in lines if line.startswith("     CDS")]
        for gene, where in zip((one.gene for one in each.genes), features, strict=True):
            inner = where.removeprefix("complement(").removesuffix(")")
            assert where.startswith("complement(") == (gene.strand == "-")
            low, high = inner.split("..")
            assert (low.startswith("<"), high.startswith(">")) == gene.partial
            assert (int(low.strip("<")), int(high.strip(">"))) == (gene.start + 1, gene.end)


def test_call_genes_closed_ends_leave_out_what_is_cut_off(
    genome: PlantedGenome, calls: GeneCalls
) -> None:
    scorer = KnowingScorer(chr=genome)
    closed = call_genes([contig("chr", genome.codes)], scorer, simple_weights(), closed=True)
    whole = {each.protein for each in calls.genes if not any(each.gene.partial)}
    assert not any(any(each.gene.partial) for each in closed.genes)
    assert len(closed.genes) > 20
    assert {each.protein for each in closed.genes} >= whole


@pytest.fixture
def model(bundle: Bundle, tmp_path: Path) -> Path:
    save_bundle(tmp_path / "model", bundle)
    save_weights(tmp_path / "model" / "genes.json", simple_weights())
    return tmp_path / "model"


def test_prodigal_writes_all_its_files(model: Path, tmp_path: Path) -> None:
    fasta, folder = tmp_path / "g.fa", tmp_path / "out"
    write_fasta(fasta, [("one", decode(planted_genome(20, seed=3).codes)), ("two", b"ACGT")])
    files = {letter: folder / f"x{letter}" for letter in "oads"}
    words = [word for letter, path in files.items() for word in (f"-{letter}", str(path))]
    run = run_command(
        "genoseq-prodigal",
        ["-i", str(fasta), *words, "-f", "gff", "-cmnq", "-p", "meta", "--model", str(model)],
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    lines = files["o"].read_text().splitlines()
    genes = [line for line in lines if not line.startswith("#")]
    assert "run_type=Metagenomic" in lines[2]
    for letter in "ad":
        assert files[letter].read_text().count(">") == len(genes) > 0
    assert files["s"].read_text().startswith("contig\tstart\tend\t")


def test_prodigal_reads_stdin_and_writes_stdout(model: Path, tmp_path: Path) -> None:
    fasta = tmp_path / "g.fa"
    write_fasta(fasta, [("one", decode(planted_genome(20, seed=3).codes))])
    words = [sys.executable, "-c", "from genoseq.cli.prodigal import main; main()"]
    with fasta.open() as given:
        piped = subprocess.run(
            [*words, "--model", model, "-f", "sco"],
            stdin=given,
            capture_output=True,
            text=True,
            check=False,
        )
    assert piped.returncode == 0, piped.stderr
    found = prokka(piped.stdout)
    assert found
    named = run_command(
        "genoseq-prodigal", ["-i", str(fasta), "--model", str(model), "-f", "sco", "-q"]
    )
    assert prokka(named.stdout) == found


def test_prodigal_refuses_in_one_sentence(model: Path, tmp_path: Path) -> None:
    fasta = tmp_path / "g.fa"
    write_fasta(fasta, [("one", b"ACGT" * 50)])
    for words, status, message in (
        (("-t", "x"), 1, "-t x: there are no training files, because"),
        (("-g", "7"), 1, "genetic code 7: genes are called by the codes 4, 11"),
        (("-f", "sqn"), 2, "'sqn' is not one of"),
    ):
        run = run_command("genoseq-prodigal", ["-i", str(fasta), "--model", str(model), *words])
        assert run.returncode == status
        assert message in run.stderr
        if status == 1:
            assert run.stderr.startswith("genoseq-prodigal: error: ")
            assert run.stderr.count("\n") == 1
    version = run_command("genoseq-prodigal", ["-v"])
    assert re.match(r"Prodigal V2\.6", version.stderr)
