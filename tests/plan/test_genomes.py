"""Mistakes of genomes and labels that ``genoseq config check`` meets, each a sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pybigtools
import pytest
from coding import coding_contig, genes_of, write_fasta, write_flat

from genoseq.errors import ConfigError
from genoseq.files.provenance import processor
from genoseq.plan import genomes
from genoseq.plan.beginnings import Budget
from genoseq.plan.check import Check, check_plan
from genoseq.plan.constants import SPEED_SECONDS
from genoseq.plan.rules import read_plan

SHEET = "name\tfasta\tannotation\tmask\tsplit\n"
GENES = "##gff-version 3\n" + genes_of("c") + genes_of("d")
SPLIT = {"block": 1_000, "gap": 0}


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    write_fasta(Path("a.fa"), {"c": coding_contig(1), "d": coding_contig(2)})
    Path("a.gff3").write_text(GENES)
    Path("genomes.tsv").write_text(SHEET + "a\ta.fa\ta.gff3\t-\tblocks\n")


def check(**settings: Any) -> Check:
    return check_plan(read_plan({"genomes": "genomes.tsv", "split": SPLIT, **settings}))


def problems(**settings: Any) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        check(**settings)
    return caught.value.problems


def stranded(*classes: str) -> dict[str, Any]:
    return {"scheme": "stranded", "classes": classes}


def test_check_of_labels_that_can_be_made_has_no_notes() -> None:
    assert check().notes == ()
    assert check(labels=stranded("start_codon", "CDS")).notes == ()


@pytest.mark.parametrize(
    ("name", "meant"),
    [("cds", "CDS"), ("Gene", "gene"), ("introns", "intron"), ("splice-donor", "splice_donor")],
)
def test_check_suggests_the_class_that_is_meant(name: str, meant: str) -> None:
    (problem,) = problems(labels=stranded("CDS", name) if name != "cds" else stranded(name))
    assert problem == (
        f"genome 'a': a.gff3: no feature to label as {name!r}, did you mean {meant}? "
        f"types there: CDS, gene"
    )


def test_check_lists_types_where_no_class_is_like_it() -> None:
    (problem,) = problems(labels=stranded("CDS", "enhancer"))
    assert problem.endswith("no feature to label as 'enhancer'; types there: CDS, gene")


def test_check_reads_what_cds_rest_on() -> None:
    head = "name\tfasta\tannotation\tevidence\tstarts\tsplit\n"
    row = "a\ta.fa\ta.gff3\t{}\t{}\tblocks\n"
    Path("tiers.tsv").write_text("c.0\tknown\nd.1\tunknown\n")
    Path("genomes.tsv").write_text(head + row.format("tiers.tsv", "unknown"))
    assert check().notes == ()
    Path("tiers.tsv").write_text("c.0\tknown\nd.99\tunknown\n")
    (problem,) = problems()
    assert problem.startswith("genome 'a': tiers.tsv: 1 of 2 names are of no CDS of the annotation")
    Path("genomes.tsv").write_text(head + row.format("attribute:inference", "-"))
    (problem,) = problems()
    assert problem == "genome 'a': a.gff3: no CDS has the attribute 'inference': is it spelt so?"
    Path("genomes.tsv").write_text(head + row.format("none.tsv", "none.gff3"))
    told = problems()
    assert [each.partition(" (")[0] for each in told] == [
        "no such file: none.tsv",
        "no such file: none.gff3",
    ]


def test_check_finds_a_class_that_another_hides() -> None:
    (problem,) = problems(labels=stranded("gene", "CDS"))
    assert problem.endswith(
        "a.gff3: no base is labelled CDS: its bases are gene, listed before it: list CDS first"
    )


def test_check_compares_all_names_of_contigs_with_the_fasta() -> None:
    Path("a.gff3").write_text(GENES.replace("\nc\t", "\nchrc\t"))
    Path("m.bed").write_text("chrd\t1\t9\n")
    Path("b.bed").write_text("x\t1\t9\n")
    Path("genomes.tsv").write_text(SHEET + "a\ta.fa\ta.gff3\tm.bed\tcontigs:valid=c;test=e\n")
    found = problems(regions={"blacklist": "b.bed"})
    assert [problem.split(": ")[1] for problem in found] == [
        "b.bed",
        "m.bed",
        "a.gff3",
        "split rule 'contigs:valid=c;test=e'",
    ]
    assert "blacklist: its contigs are x, but the FASTA has c, d" in found[0]
    assert "mask: its contigs are chrd, but the FASTA has c, d" in found[1]
    assert (
        "1 of 2 contigs of its features are not in a.fa: chrc; there are c, d (did you mean c"
        in found[2]
    )
    assert found[3].endswith("the FASTA has no contig 'e' but c, d")


def test_check_reads_contigs_with_separators_in_their_names() -> None:
    write_fasta(Path("a.fa"), {"c;1": coding_contig(1), "d,=2": coding_contig(2)})
    Path("a.gff3").write_text("##gff-version 3\n" + genes_of("c%3B1") + genes_of("d,=2"))
    Path("genomes.tsv").write_text(SHEET + "a\ta.fa\ta.gff3\t-\tcontigs:test=d\\,=2\n")
    assert check().notes == ()


def test_check_finds_features_past_the_end_of_their_contig() -> None:
    write_fasta(Path("a.fa"), {"c": coding_contig(1)[:3_000], "d": coding_contig(2)})
    (problem,) = problems()
    assert "6 features end past the last base of their contig in a.fa, the first is CDS c:" in (
        problem
    )
    assert problem.endswith("of 3,000 bp: it is of another assembly")


def test_check_refuses_the_annotation_of_another_genome_with_its_share() -> None:
    write_fasta(Path("a.fa"), {"c": coding_contig(1)[::-1], "d": coding_contig(2)[::-1]})
    (problem,) = problems()
    assert problem == (
        "genome 'a': a.gff3: 0 of 24 CDS (0%) translate without a stop before their end in a.fa: "
        "it is of another species or assembly; give the annotation of this FASTA"
    )


@pytest.mark.parametrize("form", ["genbank", "embl"])
def test_check_refuses_the_annotation_of_another_flat_file(form: str) -> None:
    Path("a.gff3").write_text("##gff-version 3\n" + genes_of("c.1") + genes_of("d.1"))
    sheet = SHEET + "a\ta.flat\ta.gff3\t-\ttrain\nb\ta.flat\ta.gff3\t-\ttest\n"
    Path("genomes.tsv").write_text(sheet)
    contigs = {"c.1": coding_contig(1), "d.1": coding_contig(2)}
    write_flat(Path("a.flat"), contigs, form)
    assert check().notes == ()
    write_flat(Path("a.flat"), {name: text[::-1] for name, text in contigs.items()}, form)
    said = problems()
    assert len(said) == 2
    assert "a.gff3: 0 of 24 CDS (0%) translate without a stop before their end" in said[0]


def test_check_notes_an_annotation_of_which_many_cds_have_stops() -> None:
    write_fasta(Path("a.fa"), {"c": coding_contig(1)[:3_500], "d": coding_contig(2)})
    Path("a.gff3").write_text("##gff-version 3\n" + genes_of("c", 7) + genes_of("d"))
    broken = Path("a.fa").read_text().splitlines()
    broken[2] = "TAACTGAC" * 7 + "ACGT"
    broken[22] = broken[42] = broken[2]
    Path("a.fa").write_text("\n".join(broken) + "\n")
    (note,) = check().notes
    assert note == (
        "genome a: a.gff3: 16 of 19 CDS (84%) translate without a stop before their end in a.fa, "
        "of nearly all is usual: is it of this assembly?"
    )


def test_check_of_a_large_annotation_reads_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genoseq.plan.beginnings.LEAST", 1_500)
    monkeypatch.setattr(genomes, "Budget", lambda: Budget(annotations=0))
    assert check().notes == ("Of these annotations only the beginning was read here: a",)
    assert check(labels=stranded("CDS", "enhancer")).notes  # it may come later
    assert "did you mean CDS?" in problems(labels=stranded("cds"))[0]
    write_fasta(Path("a.fa"), {"x": coding_contig(1)})
    assert "2 of 2 contigs of its features are not in a.fa: c, d" in problems()[0]


def test_check_compares_contigs_of_a_large_fasta_without_an_index(tmp_path: Path) -> None:
    more = {f"more{n}": "ACGT" * 250_000 for n in range(6)}
    write_fasta(tmp_path / "a.fa", {"c": coding_contig(1), **more})
    began = time.monotonic()
    (problem,) = problems()
    assert time.monotonic() - began < 20
    assert "1 of 2 contigs of its features are not in a.fa: d; there are c, more0" in problem


def test_check_says_all_that_is_wrong_at_once() -> None:
    sheet = SHEET.replace("mask", "signal")
    rows = "a\ta.fa\ta.gff3\ta.bw\tblocks\nb\tnone.fa\t-\t-\ttrain\n"
    Path("genomes.tsv").write_text(sheet + rows)
    models = {"m": {"training": {"class_weights": [1, 1], "loss": "mse"}}}
    found = problems(labels=stranded("cds"), models=models)
    said = ["not read by a scheme of classes", "needs labels", "loss: mse", "2 weights"]
    said += ["no such file: a.bw", "no such file: none.fa", "did you mean CDS?"]
    assert len(found) == len(said)
    for text, problem in zip(said, found, strict=True):
        assert text in problem


def test_settings_and_sheet_are_refused_together() -> None:
    Path("genomes.tsv").write_text("name,fasta\na,a.fa\n")
    found = problems(models={"m": {"training": {"steps": 0}}})
    assert found[0].startswith("models.m.training.steps: Input should be greater")
    assert found[1].startswith("genomes.tsv:1: not tab-separated: the header is 'name,fasta'")


def test_check_measures_the_processor_and_loads_no_torch() -> None:
    code = (
        "import sys; from genoseq.plan import processor; processor._TIMEOUT = 900; "
        "from genoseq.plan.check import check_config; "
        "print(check_config('config.yaml').processor); sys.exit('torch' in sys.modules)"
    )
    Path("config.yaml").write_text("genomes: genomes.tsv\nsplit: {block: 1000, gap: 0}\n")
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"XDG_CACHE_HOME": str(Path("cache").resolve())},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, f"{processor()}\n"), done.stderr
    (seconds,) = json.loads(Path("cache/genoseq/speed.json").read_text()).values()
    assert seconds.keys() >= SPEED_SECONDS.keys()
    assert all(0 < each < 60 for each in seconds.values())


def test_check_opens_signals() -> None:
    for name, contig in (("x", "c"), ("y", "z")):
        writer = pybigtools.open(f"{name}.bw", "w")
        writer.write({contig: 6_000}, [(contig, 1, 5, 1.0)])
    Path("z.bw").write_text("no signal\n")
    rows = "a\ta.fa\tx.bw,y.bw,z.bw\tblocks\nb\ta.fa\tz.bw\ttest\n"
    Path("genomes.tsv").write_text("name\tfasta\tsignal\tsplit\n" + rows)
    found = problems(labels={"scheme": "signal"})
    assert [problem.split(": ")[1].split(":")[0] for problem in found] == [
        "y.bw",
        "z.bw",
        "z.bw",
        "its signals are z, those of a are x, y, z",
    ]
    assert "none of its contigs (z) is in the FASTA" in found[0]
