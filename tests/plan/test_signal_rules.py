"""What rules ``tokenize`` and ``evaluate`` are asked for of signals."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pybigtools
import pytest
from plans import plan_of, tokenize_options, wild

from genoseq.plan.genomes import check_genomes, missing_files
from genoseq.plan.signal_rules import bin_options, gene_inputs, gene_options, gene_stamps

SHEET = (
    "name\tfasta\tannotation\tsignal\tcontrol\tsplit\n"
    "one\ta.fa\ta b.gff3\tx+=p.bw,x-=m.bw,x+=q.bw,x-=n.bw\tc=c.bw\tblocks\n"
    "two\tb.fa\tb{1}.gff3\tx+=p2.bw,x-=m2.bw\t-\ttest\n"
    "three\tc.fa\t-\tx+=p3.bw,x-=m3.bw\t-\ttrain\n"
)
SIGNAL = {"scheme": "signal", "signals": {"gaps": "zero", "normalise": "library"}}


def test_tokenize_gets_strands_replicates_and_controls(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SHEET, labels=SIGNAL)
    assert plan.states == 2
    assert tokenize_options(plan, wild(genome="one"), "x/") == (
        "--name one --scheme signal --overlap longest --gaps zero --normalise library "
        "--signal x+=x/p.bw --signal x-=x/m.bw --signal x+=x/q.bw --signal x-=x/n.bw "
        "--control c=x/c.bw"
    )
    learned = plan_of(tmp_path, SHEET, labels={"scheme": "signal", "signals": {"control": "learn"}})
    assert "--learn-control" in tokenize_options(learned, wild(genome="one"), "x/").split()
    assert {"c.bw", "n.bw"} <= {path.split()[0] for path in missing_files(plan)}


def test_evaluate_gets_bins_and_genes_of_genomes_with_an_annotation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("b{1}.gff3").write_text("")
    plan = plan_of(tmp_path, SHEET, labels=SIGNAL, evaluate={"bins": [1, 50]})
    asked = wild(model="bilstm")
    assert bin_options(plan)(asked) == "--bins 1,50"
    assert gene_inputs(plan)(asked) == ["a b.gff3"]
    words = gene_options(plan)(asked, SimpleNamespace(genes=["brought/a b.gff3"]))
    assert words == "--genes 'one=brought/a b.gff3' --genes 'two=b{1}.gff3'"
    (stamp,) = gene_stamps(plan)(asked)
    assert stamp.startswith("b{1}.gff3 0 ")


def test_evaluate_of_classes_gets_neither(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "name\tfasta\tannotation\tsplit\none\ta.fa\ta.gff3\tblocks\n")
    asked = wild(model="bilstm")
    assert (bin_options(plan)(asked), gene_inputs(plan)(asked)) == ("", [])


def test_config_check_says_strands_and_finds_genes_of_another_genome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in "pm":
        pybigtools.open(f"{name}.bw", "w").write({"c": 200_000}, [("c", 1, 5, 1.0)])
    Path("a.fa").write_text(">c\n" + "ACGT" * 50_000 + "\n")
    Path("a.gff3").write_text("##gff-version 3\nc\t.\texon\t5\t80\t.\t+\t.\tParent=t\n")
    sheet = "name\tfasta\tannotation\tsignal\tsplit\na\ta.fa\ta.gff3\t{}\tblocks\n"
    labels = {"scheme": "signal"}
    good = check_genomes(plan_of(tmp_path, sheet.format("x+=p.bw,x-=m.bw"), labels=labels))
    assert good.problems == []
    assert good.notes == ["genome a: signals: x (+ and -)"]
    learn = labels | {"signals": {"control": "learn"}}
    lacks = check_genomes(plan_of(tmp_path, sheet.format("x+=p.bw,x-=m.bw"), labels=learn))
    assert lacks.problems == [
        "genome 'a': labels.signals.control learn: column control names no file"
    ]
    paired = check_genomes(plan_of(tmp_path, sheet.format("p.bw,m.bw"), labels=labels))
    assert paired.notes == ["genome a: signals: signal (+ and -)"]
    Path("a.gff3").write_text("##gff-version 3\nz\t.\texon\t5\t80\t.\t+\t.\tParent=t\n")
    half = check_genomes(plan_of(tmp_path, sheet.format("x+=p.bw"), labels=labels))
    assert ["no gene with exons" in each for each in half.problems] == [True, False]
    assert "signal 'x+' is the + strand of a pair" in half.problems[1]
