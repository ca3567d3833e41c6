"""``genoseq haplotypes``: the values of the haplotype's own FASTA, mapped back, in folders."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import Genoseq

from genoseq.errors import ConfigError, GenoseqError
from genoseq.genome.tracks import safe_name
from genoseq.inference.score import score
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.readers.fasta import open_fasta
from genoseq.readers.signal import open_signal
from genoseq.variants.haplotype_files import haplotype_files
from genoseq.writers.manifest import read_manifest

pytestmark = pytest.mark.usefixtures("one_thread")
REGION = (300, 1_500)
LENGTH = 2_400
SAMPLES = ("../x", "b")
FORMATS = "bigwig,bed"
Values = np.ndarray[Any, np.dtype[np.float32]]

# What is replaced, where (0-based), by what, and by whom of sample ../x: both haplotypes are edited
# far outside the region too, so that their windows lie elsewhere.
CHANGES = [
    (100, 101, "{}ACGTACG", (1, 0)),
    (310, 311, "C", (1, 1)),
    (400, 408, "{}", (0, 1)),
    (500, 501, "{}GATTACAGATTACC", (1, 0)),
    (700, 703, "TTTTT", (0, 1)),
    (1_495, 1_510, "{}", (1, 0)),
    (2_000, 2_040, "{}", (1, 1)),
]


@pytest.fixture
def model(tmp_path: Path, bundle: Bundle) -> Path:
    save_bundle(tmp_path / "model", bundle)
    return tmp_path / "model"


@pytest.fixture
def letters() -> str:
    return "".join(np.random.default_rng(4).choice(list("ACGT"), LENGTH))


@pytest.fixture
def inputs(tmp_path: Path, letters: str) -> tuple[Path, Path, Path]:
    """VCF, FASTA and regions."""
    other = "".join(np.random.default_rng(5).choice(list("ACGT"), 500))
    (tmp_path / "genome.fa").write_text(f">odd|name\n{letters}\n>d\n{other}\n")
    (tmp_path / "regions.bed").write_text(f"odd|name\t{REGION[0]}\t{REGION[1]}\n")
    lines = ["##fileformat=VCFv4.3", "#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT ../x b"]
    for start, end, alt, who in CHANGES:
        ref, put = letters[start:end], alt.format(letters[start])
        words = f"odd|name {start + 1} rs{start} {ref} {put} . PASS . GT {who[0]}|{who[1]} 0|0"
        lines.append(words)
    lines += ["d 5 . N <DEL> . PASS . GT 0/1 0|1"]
    path = tmp_path / "phased.vcf"
    path.write_text("\n".join(line.replace(" ", "\t") for line in lines) + "\n")
    return path, tmp_path / "genome.fa", tmp_path / "regions.bed"


def values(path: Path, chrom: str = "odd|name", span: tuple[int, int] = (0, LENGTH)) -> Values:
    with open_signal(path) as signal:
        return signal.values(chrom, *span)


def by_hand(letters: str, number: int, model: Path, folder: Path) -> Values:
    """Values (L, C) of the haplotype's FASTA, mapped base by base."""
    edited, at = "", []
    last = 0
    for start, end, alt, who in CHANGES:
        if not who[number]:
            continue
        put = alt.format(letters[start])
        at += [*range(len(edited), len(edited) + start - last)]
        edited += letters[last:start]
        paired = min(end - start, len(put))
        at += [*range(len(edited), len(edited) + paired), *[-1] * (end - start - paired)]
        edited += put
        last = end
    at += [*range(len(edited), len(edited) + LENGTH - last)]
    edited += letters[last:]
    assert len(at) == LENGTH
    (folder / "own.fa").write_text(f">odd|name\n{edited}\n")
    with open_fasta(folder / "own.fa") as genome:
        own = np.concatenate(
            [t.values for t in score(genome, model, device="cpu", precision="fp32")]
        )
    told = np.full((LENGTH, own.shape[1]), np.nan, np.float32)
    behind = [*at[1:], len(edited)]
    for base, place in enumerate(at):
        if place >= 0:
            # Inserted bases lie between a base and the next that is there.
            after = next(one for one in [*behind[base:], len(edited)] if one >= 0)
            told[base] = own[place:after].max(0)
    return told


def test_haplotypes_have_the_values_of_their_own_fasta(
    tmp_path: Path, inputs: tuple[Path, Path, Path], model: Path, letters: str
) -> None:
    out = tmp_path / "out"
    made = haplotype_files(
        inputs[0], inputs[1], model, out, regions=inputs[2], formats=FORMATS, device="cpu",
        precision="fp32", batch_bases=20_000,
    )  # fmt: skip
    assert made.haplotypes == 4
    assert made.reasons == {None: 9}
    folder = out / "samples" / safe_name("../x")
    found: dict[str, Values] = {}
    for number in (0, 1):
        expected = by_hand(letters, number, model, tmp_path)
        expected[: REGION[0]] = expected[REGION[1] :] = np.nan
        hap = folder / f"hap{number + 1}"
        for column, name in enumerate(("CDS.plus", "CDS.minus")):
            found[f"{number}{name}"] = told = values(hap / f"{name}.bw")
            np.testing.assert_array_equal(told, expected[:, column])
            reference = values(out / "reference" / f"{name}.bw")
            less = values(folder / f"hap{number + 1}-reference" / f"{name}.bw")
            np.testing.assert_allclose(less, told - reference, atol=1e-6)
            assert np.isnan(less).sum() > np.isnan(reference).sum()
            assert np.nanmax(np.abs(less)) > 0.05
    both = values(folder / "hap2-hap1" / "CDS.plus.bw")
    np.testing.assert_allclose(both, found["1CDS.plus"] - found["0CDS.plus"], atol=1e-6)
    assert {file.format for file in read_manifest(folder / "hap1" / "manifest.tsv")} == {
        "bigwig", "bed",
    }  # fmt: skip
    kinds = {file.kind for file in read_manifest(folder / "hap2-hap1" / "manifest.tsv")}
    assert kinds == {"signal"}
    unchanged = out / "samples" / "b" / "hap1" / "CDS.plus.bw"
    assert unchanged.read_bytes() == (out / "reference" / "CDS.plus.bw").read_bytes()


def test_haplotypes_say_what_was_applied(
    genoseq: Genoseq, tmp_path: Path, inputs: tuple[Path, Path, Path], model: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(GenoseqError, match=r"vcf: sample '\.\./x' is heterozygous at d:5 and n"):
        haplotype_files(*inputs[:2], model, out)
    assert not out.exists()
    words = ("haplotypes", *inputs[:2], "-m", model, "-o", out, "--device", "cpu")
    options = ("--unphased", "reference", "--against", "none", "--sample", "../x", "--jobs", "1")
    run = genoseq(*words, *options)
    assert run.returncode == 0, run.stderr
    said = "haplotypes: wrote {}: 2 haplotypes, variants applied 9, 1 UNPHASED"
    assert run.stderr.splitlines()[-1] == said.format(out)
    assert "haplotypes: 100% of 5,800 bases" in run.stderr
    with (out / "haplotypes.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert len(rows) == 10
    assert rows[0] == {
        "sample": "../x", "haplotype": "1", "chrom": "odd|name", "pos": "101", "id": "rs100",
        "ref": rows[0]["ref"], "alt": rows[0]["ref"] + "ACGTACG", "phase_set": ".",
        "where": "region", "applied": "yes", "reason": ".",
    }  # fmt: skip
    assert (rows[-1]["haplotype"], rows[-1]["applied"], rows[-1]["reason"]) == (
        "*", "no", "UNPHASED",
    )  # fmt: skip
    assert sorted(path.name for path in out.iterdir()) == [
        "haplotypes.tsv", "provenance.json", "samples",
    ]  # fmt: skip
    assert [path.name for path in (out / "samples").iterdir()] == [safe_name("../x")]
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    haplotype_files(
        *inputs[:2], model, out, unphased="reference", against="none", samples=["../x"],
        device="cpu", jobs=2,
    )  # fmt: skip
    assert before == {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_a_haplotype_without_a_base_has_no_tracks(
    tmp_path: Path, inputs: tuple[Path, Path, Path], model: Path, letters: str,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    text = inputs[0].read_text().splitlines()[:2]
    text += [f"odd|name\t300\t.\t{letters[299:1600]}\t{letters[299]}\t.\t.\t.\tGT\t0|1\t1|1"]
    inputs[0].write_text("\n".join(text) + "\n")
    made = haplotype_files(
        *inputs[:2], model, tmp_path / "out", regions=inputs[2], device="cpu", against="first"
    )
    assert made.haplotypes == 1
    assert "b/hap2: no base has a value: no tracks" in caplog.text
    assert not (tmp_path / "out" / "samples" / "b").exists()


def test_haplotypes_refuse_what_cannot_be(
    tmp_path: Path, inputs: tuple[Path, Path, Path], model: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("")
    with pytest.raises(ConfigError, match=r"holds thesis\.txt: name a new folder"):
        haplotype_files(*inputs[:2], model, out)
    text = inputs[0].read_text()
    inputs[0].write_text(text.replace("odd|name", "e").replace("\nd\t", "\nf\t"))
    with pytest.raises(GenoseqError, match=r"its contigs are e, f, but the FASTA has d, odd\|name"):
        haplotype_files(*inputs[:2], model, tmp_path / "new")
    text = text.replace("../x", "x" * 300)
    inputs[0].write_text(text)
    with pytest.raises(ConfigError, match="its name becomes a folder of 300 bytes"):
        haplotype_files(*inputs[:2], model, tmp_path / "new")
    with pytest.raises(GenoseqError, match="no sample 'q'"):
        haplotype_files(*inputs[:2], model, tmp_path / "new", samples=["q"])
    assert not (tmp_path / "new").exists()
