"""Files of scored variants: every record, in order; the same bytes by every road; or one error."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pybigtools
import pytest
from variant_runs import OPTIONS, info, records, rows, scored, write

from genoseq.errors import InputFormatError
from genoseq.variants.merge_files import merge_variants_files
from genoseq.variants.variant_files import score_variants_files

pytestmark = pytest.mark.usefixtures("one_thread", "short_windows")


def test_every_record_comes_back_in_order_with_all_else_as_it_was(files: Path) -> None:
    told = scored(files, rows())
    assert (told.records, told.alleles, told.scored) == (11, 14, 8)
    assert dict(told.reasons) == {
        "NO_ALT": 1, "NO_VALUES": 1, "OUTSIDE_CONTIG": 1, "SPANNING_DELETION": 1, "SYMBOLIC": 1,
        "UNKNOWN_CONTIG": 1,
    }  # fmt: skip
    assert "OUTSIDE_CONTIG 1" in str(told)
    found = records(files / "out.vcf.gz")
    given = [line.rstrip("\n").split("\t") for line in rows()]
    for one, old in zip(found, given, strict=True):
        assert one[:7] + one[8:] == old[:7] + old[8:]
    assert found[2][7].startswith("DP=3;FLAG;GS_MAX=0.")
    assert info(found[3])["GS_REASON"] == "SPANNING_DELETION,.,SYMBOLIC,."
    assert [info(one).get("GS_REASON") for one in found[-3:]] == [
        "OUTSIDE_CONTIG", "NO_VALUES", "UNKNOWN_CONTIG",
    ]  # fmt: skip
    assert found[2][7].split("GS_MAX")[1] == found[4][7].split("GS_MAX")[1]  # duplicates agree


def test_the_header_is_whole_and_bcftools_finds_every_reference_base(files: Path) -> None:
    from pysam import bcftools

    lines = [line.replace("GT:é\t0|1:x", "GT\t0|1") for line in rows()[:-3]]
    head = "".join(
        f'##{kind},Number={number},Type={value},Description="x">\n'
        for kind, number, value in (
            ("FORMAT=<ID=GT", 1, "String"),
            ("INFO=<ID=DP", 1, "Integer"),
            ("INFO=<ID=FLAG", 0, "Flag"),
        )
    )
    variants = write(files / "in.vcf", lines, "##fileformat=VCFv4.3\n" + head)
    out = files / "out.vcf.gz"
    score_variants_files(variants, files / "genome.fa", files / "model", out, **OPTIONS)
    text = gzip.decompress(out.read_bytes()).decode()
    assert str(files) not in text
    head = text.splitlines()
    assert head[0] == "##fileformat=VCFv4.3"
    assert "##contig=<ID=long,length=4000>" in head
    (made,) = [line for line in head if line.startswith("##genoseq=")]
    assert made.startswith("##genoseq=variants ")
    named = {line.split("ID=")[1].split(",")[0] for line in head if line.startswith("##INFO")}
    assert {key for one in records(out) for key in info(one)} <= named
    assert len(bcftools.view("-H", "-r", "long:601", str(out)).splitlines()) == 3
    plain = files / "norm.vcf"
    words = ("--check-ref", "e", "-f", str(files / "genome.fa"), "-o", str(plain), str(out))
    bcftools.norm(*words, catch_stdout=False)
    assert len(records(plain)) == 8


def test_jobs_shards_and_a_second_run_give_the_same_bytes(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genoseq.variants.score_variants._RECORDS", 3)
    scored(files, rows(), table=files / "a.tsv", tracks=files / "a")
    whole = (files / "out.vcf.gz").read_bytes()
    scored(files, rows(), "b.vcf.gz", jobs=2, table=files / "b.tsv", tracks=files / "b")
    assert (files / "b.vcf.gz").read_bytes() == whole
    assert (files / "b.tsv").read_bytes() == (files / "a.tsv").read_bytes()
    tracks = [{p.name: p.read_bytes() for p in (files / n).iterdir()} for n in "ab"]
    assert tracks[0] == tracks[1]
    parts = [files / f"{number}.vcf.gz" for number in (1, 2, 3)]
    for number, part in enumerate(parts, 1):
        scored(files, rows(), part.name, shard=f"{number}/3")
    assert merge_variants_files(parts, files / "c.vcf.gz", files / "in.vcf") == 11
    assert (files / "c.vcf.gz").read_bytes() == whole
    assert (files / "c.vcf.gz.tbi").exists()
    # What is there of an earlier run is replaced.
    again = score_variants_files(
        files / "out.vcf.gz", files / "genome.fa", files / "model", files / "d.vcf.gz", **OPTIONS
    )
    assert again.scored == 8
    assert records(files / "d.vcf.gz") == records(files / "out.vcf.gz")


def test_shards_that_are_missing_or_made_otherwise_are_refused(files: Path) -> None:
    one = scored(files, rows(), "1.vcf.gz", shard="1/2").out
    two = scored(files, rows(), "2.vcf.gz", shard="2/2").out
    with pytest.raises(InputFormatError, match="record 6 is missing: give all shards"):
        merge_variants_files([one], files / "c.vcf.gz", files / "in.vcf")
    with pytest.raises(InputFormatError, match="record 1 is not there"):
        merge_variants_files([two, one], files / "c.vcf.gz", files / "in.vcf")
    far = scored(files, rows(), "far.vcf.gz", shard="2/2", distance=5).out
    with pytest.raises(InputFormatError, match=r"header is not that of .*1.vcf.gz"):
        merge_variants_files([one, far], files / "c.vcf.gz")
    assert not (files / "c.vcf.gz").exists()


def test_bcf_and_plain_text_hold_the_same(files: Path) -> None:
    from pysam import bcftools

    head = '##FORMAT=<ID=GT,Number=1,Type=String,Description="x">\n'
    lines = [
        line.replace("GT:é\t0|1:x", "GT\t0|1").replace("DP=3;GS_MAX=9;FLAG", ".") for line in rows()
    ]
    variants = write(files / "in.vcf", lines, "##fileformat=VCFv4.2\n" + head)
    for name in ("a.vcf", "a.bcf"):
        score_variants_files(
            variants, files / "genome.fa", files / "model", files / name, **OPTIONS
        )
    found = [line.split("\t") for line in bcftools.view("-H", str(files / "a.bcf")).splitlines()]
    assert [one[:5] + one[7:] for one in found] == [
        one[:5] + one[7:] for one in records(files / "a.vcf")
    ]
    assert (files / "a.bcf.csi").exists()
    with pytest.raises(InputFormatError, match=r"BCF, which holds nothing .* header"):
        scored(files, rows(), "b.bcf")
    assert not list(files.glob("b.bcf*"))


def test_what_is_not_sorted_has_no_index_and_an_old_one_goes(files: Path) -> None:
    scored(files, rows())
    assert (files / "out.vcf.gz.tbi").exists()
    scored(files, rows()[::-1])
    assert not (files / "out.vcf.gz.tbi").exists()
    assert len(records(files / "out.vcf.gz")) == 11


def test_a_vcf_without_a_record_gives_one_without_a_record(files: Path) -> None:
    told = scored(files, [], tracks=files / "tracks", table=files / "t.parquet")
    assert (told.records, records(files / "out.vcf.gz")) == (0, [])
    assert not (files / "tracks").exists()


def test_the_table_has_a_row_for_each_allele_and_class(files: Path) -> None:
    import pyarrow.parquet as parquet

    scored(files, rows(), table=files / "t.tsv", raw=True)
    lines = [line.split("\t") for line in (files / "t.tsv").read_text().splitlines()]
    assert len(lines) == 1 + 8 * 2 + 6
    row = dict(zip(lines[0], lines[5], strict=True))
    assert (row["chrom"], row["pos"], row["class"], row["strand"]) == ("long", "601", "CDS", "+")
    fields = info(records(files / "out.vcf.gz")[2])
    assert float(row["gain"]) == pytest.approx(float(fields["GS_CDS_plus_GAIN"]), abs=5.1e-5)
    if fields["GS_CDS_plus_GAIN"] != "0":
        assert row["gain_dp"] == fields["GS_CDS_plus_GAIN_DP"]
        assert float(row["gain_alt"]) - float(row["gain_ref"]) == pytest.approx(
            float(row["gain"]), abs=1e-5
        )
    scored(files, rows(), table=files / "t.parquet")
    table = parquet.read_table(files / "t.parquet").to_pylist()
    assert [one["reason"] or "." for one in table] == [line[-1] for line in lines[1:]]
    assert table[4]["gain"] == pytest.approx(float(row["gain"]), rel=1e-5)


def test_tracks_hold_the_changes_near_variants(files: Path) -> None:
    scored(files, rows()[2:3], tracks=files / "tracks", distance=20)
    largest = info(records(files / "out.vcf.gz")[0])["GS_MAX"]
    sizes = []
    for strand in ("plus", "minus"):
        with pybigtools.open(str(files / f"tracks/CDS_max_delta.{strand}.bw")) as track:
            values = track.values("long", fillna=None)
        assert np.flatnonzero(~np.isnan(values)).tolist() == [*range(580, 621)]
        sizes.append(np.nanmax(values))
    assert max(sizes) == pytest.approx(float(largest), abs=5.1e-5)


def test_splice_models_write_the_field_that_filters_know(files: Path) -> None:
    exons = ("1\t90", "601\t700")
    lines = [f"long\tx\texon\t{exon}\t.\t+\t.\tParent=t\n" for exon in exons]
    gff = "##gff-version 3\n" + "".join(lines)
    (files / "genes.gff3").write_text(gff)
    scored(files, rows(), model="splice", genes=files / "genes.gff3", masked=True)
    head = gzip.decompress((files / "out.vcf.gz").read_bytes()).decode()
    assert "ID=SpliceAI,Number=.,Type=String" in head
    assert "ALLELE|SYMBOL|DS_AG|DS_AL|DS_DG|DS_DL|DP_AG|DP_AL|DP_DG|DP_DL" in head
    found = [info(one) for one in records(files / "out.vcf.gz")]
    assert found[3]["SpliceAI"].count(",") == 1
    assert found[3]["SpliceAI"].split("|")[1] == "t"
    assert found[3]["GS_GENE"] == "t|+"
    assert "SpliceAI" not in found[-1]
    assert found[7]["SpliceAI"].split("|")[1] == "."
    scored(files, rows(), model="splice", splice=False)
    assert "SpliceAI" not in gzip.decompress((files / "out.vcf.gz").read_bytes()).decode()


def test_other_names_of_contigs_are_those_of_the_vcf(files: Path) -> None:
    (files / "names.txt").write_text("long\tchrL\nshort\tchrS\ngaps\tchrG\none\tchrO\n")
    lines = [line.replace("long\t", "chrL\t") for line in rows()[:8]]
    told = scored(files, lines, alias=str(files / "names.txt"))
    head = gzip.decompress((files / "out.vcf.gz").read_bytes()).decode()
    assert "##contig=<ID=chrL,length=4000>" in head
    assert told.scored == 8
