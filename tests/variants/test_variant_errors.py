"""What cannot be scored is told before anything is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from variant_runs import OPTIONS, rows, scored, write

from genoseq.errors import ConfigError, GenoseqError
from genoseq.variants.variant_files import score_variants_files

pytestmark = pytest.mark.usefixtures("one_thread", "short_windows")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"name": "out.txt"}, "name it .vcf, .vcf.gz or .bcf"),
        ({"table": "t.csv"}, "name it .tsv or .parquet"),
        ({"masked": True}, "--masked needs sites"),
        ({"shard": "3/2"}, "--shard 3/2: say which of how many"),
        ({"distance": 10**6}, "--distance 1000000"),
        ({"name": "in.vcf"}, "-o .*in.vcf is also the variants"),
        ({"tracks": "genome.fa"}, "genome.fa is a file: name a folder"),
    ],
)
def test_options_that_cannot_be_are_told_before_anything_is_written(
    files: Path, options: dict[str, Any], said: str
) -> None:
    options = {k: files / v if k in ("table", "tracks") else v for k, v in options.items()}
    before = {path.name for path in files.iterdir()} | {"in.vcf"}
    with pytest.raises(ConfigError, match=said):
        scored(files, rows(), **options)
    assert {path.name for path in files.iterdir()} == before


@pytest.mark.parametrize(
    ("head", "lines", "said"),
    [
        ("", ["chrlong\t1\t.\tA\tC\t.\t.\t.\t.\t.\n"], "no record is on a contig .* --alias"),
        ("##contig=<ID=long,length=9>\n", rows()[:1], "9 bp here and 4000 in the FASTA"),
        ("", [*rows()[:3], "long\t1\t.\tA\n"], "in.vcf:6: 4 columns, but the header line has 10"),
    ],
)
def test_files_that_do_not_fit_are_one_error_and_nothing_is_written(
    files: Path, head: str, lines: list[str], said: str
) -> None:
    write(files / "in.vcf", lines, "##fileformat=VCFv4.2\n" + head)
    with pytest.raises(GenoseqError, match=said):
        score_variants_files(
            files / "in.vcf", files / "genome.fa", files / "model", files / "o.vcf.gz", **OPTIONS
        )
    assert not list(files.glob("o.vcf*"))


def test_a_missing_file_format_line_is_added(files: Path) -> None:
    write(files / "in.vcf", rows()[:1], "##source=x\n")
    out = files / "o.vcf"
    score_variants_files(files / "in.vcf", files / "genome.fa", files / "model", out, **OPTIONS)
    assert out.read_text().splitlines()[:2] == ["##fileformat=VCFv4.2", "##source=x"]
