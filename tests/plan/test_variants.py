"""What rules ``variants`` and ``merge_variants`` are asked for."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from plans import plan_of, wild

from genoseq.errors import ConfigError
from genoseq.plan.genomes import missing_files
from genoseq.plan.variants import (
    gene_inputs,
    gene_words,
    merged_shards,
    shard_option,
    variant_options,
    variant_stamps,
    vcf_file,
    vcf_inputs,
)

SHEET = "name\tfasta\tannotation\tsplit\none\ta.fa\ta b.gff3\tblocks\ntwo\tb.fa\t-\tscore\n"


def test_variants_are_scored_where_settings_ask_for_them(tmp_path: Path) -> None:
    assert not [path for path in plan_of(tmp_path, SHEET).report_input() if "variants" in path]
    asked = {"files": {"one": "a b.vcf", "two": "x.bcf"}, "shards": 2, "distance": 7}
    plan = plan_of(tmp_path, SHEET, variants=asked, models={"a": {}, "b": {}})
    assert [path for path in plan.report_input() if "variants" in path] == [
        f"<results>/variants/{name}/{model}" for name in ("one", "two") for model in ("a", "b")
    ]
    one, two = wild(genome="one", model="a", shard="002"), wild(genome="two", model="b")
    assert vcf_inputs(plan)(one) == ["a b.vcf"]
    files = SimpleNamespace(vcf=["s3/a b.vcf"], annotation=["s3/a b.gff3"])
    assert vcf_file(plan)(one, files) == "'s3/a b.vcf'"
    assert gene_words(plan)(one, files) == "--genes 's3/a b.gff3'"
    assert gene_words(plan)(two, SimpleNamespace(annotation=[])) == ""
    assert [gene_inputs(plan)(each) for each in (one, two)] == [["a b.gff3"], []]
    assert variant_options(plan)(one) == "--distance 7 --precision auto"
    assert shard_option(plan)(one) == "--shard 2/2"
    assert merged_shards(plan)(two) == [
        f"<results>/shard_variants/two/b/{name}.vcf" for name in ("001", "002")
    ]
    assert set(missing_files(plan)) >= {"a b.vcf", "x.bcf"}


def test_variants_with_braces_in_their_paths_are_words(tmp_path: Path) -> None:
    path = tmp_path / "{x}.vcf"
    path.write_text("")
    asked = {"files": {"one": str(path)}, "genes": False, "raw": True}
    plan = plan_of(tmp_path, SHEET, variants=asked)
    one = wild(genome="one")
    assert vcf_inputs(plan)(one) == []
    assert vcf_file(plan)(one, SimpleNamespace(vcf=[])) == f"'{path}'"
    assert len(variant_stamps(plan)(one)) == 1
    assert gene_inputs(plan)(one) == []
    assert variant_options(plan)(one) == "--distance 50 --raw --precision auto"


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"files": {"three": "a.vcf"}}, "no genome 'three' in the sheet, which has one, two"),
        ({"files": {"two": "a.vcf"}, "masked": True}, "genome 'two' has no annotation to tell"),
        ({"files": {"one": "a.vcf"}, "masked": True, "genes": False}, "leave genes as it is"),
        ({"files": {"one": "a.vcf"}, "distance": -1}, "variants.distance"),
    ],
)
def test_variants_that_fit_no_genome_are_refused(
    tmp_path: Path, asked: dict[str, object], problem: str
) -> None:
    with pytest.raises(ConfigError, match=problem):
        plan_of(tmp_path, SHEET, variants=asked)
