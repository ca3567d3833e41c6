"""Every option that takes a file reads it from a pipe or stdin, and says what else it met."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import threading
from pathlib import Path
from typing import Any

import pybigtools
import pytest
from Bio import bgzf
from command import forked_genoseq
from typer.testing import CliRunner

from genoseq.cli.app import app
from genoseq.errors import GenoseqError
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.readers.fasta import Fasta

FASTA = b">a\n" + b"ACGTTGCATT" * 900 + b"\n"
BED = b"".join(b"a\t%d\t%d\n" % (at, at + 400) for at in range(0, 8_000, 500))
GFF = b"##gff-version 3\n" + b"".join(
    b"a\tx\tCDS\t%d\t%d\t.\t+\t0\tID=c%d;Note=%s\n" % (at + 1, at + 30, at, b"long" * 9)
    for at in range(0, 9_000, 60)
)
SIGNAL = b"".join(b"a\t%d\t%d\t0.5\n" % (at, at + 9) for at in range(0, 9_000, 10))
SITE = b"a\t1\t9\tx\t0\t+\n"
PAGE = b"<!DOCTYPE html>\n<html><body>404: not found</body></html>\n"

OPTIONS = {
    "extract {} -o out.fa": FASTA,
    "extract g.fa -o out.fa --regions {}": BED,
    "extract g.fa -o out.fa --regions {} --flank-up 2": BED,
    "extract g.fa -o out.fa --annotation {}": GFF,
    "extract g.fa -o out.fa --blacklist {}": BED,
    "extract g.fa -o out.fa --split train --min-length 9 --blacklist {}": BED,
    "tokenize {} -o out": FASTA,
    "tokenize g.fa -o out --bed {}": BED,
    "tokenize g.fa -o out --annotation {}": GFF,
    "tokenize g.fa -o out --annotation TSS={} --scheme stranded --classes TSS": SITE,
    "tokenize g.fa -o out --annotation g.gff --mask {}": BED,
    "tokenize g.fa -o out --scheme signal --signal x={}": SIGNAL,
    "shards {} -o out --count 2": FASTA,
    "score {} -m model -o out --formats scores --window 300": FASTA,
    "score g.fa -m model -o out --formats scores --window 300 --regions {}": BED,
}
"""Words of a command, whose input is ``{}``, and what that input is."""
GENOMES = [words for words, data in OPTIONS.items() if data is FASTA]
BEDS = [words for words, data in OPTIONS.items() if data is BED]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bundle: Bundle) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "g.fa").write_bytes(FASTA)
    (tmp_path / "g.gff").write_bytes(GFF)
    save_bundle("model", bundle)
    return tmp_path


def run(words: str, given: str | Path) -> None:
    """Run a command with an input."""
    result = CliRunner().invoke(app, words.format(given).split(), catch_exceptions=False)
    assert result.exit_code == 0


def results(*without: str) -> dict[str, bytes]:
    """Outputs, by their path, which are removed."""
    found = {}
    for path in [Path("out.fa"), *sorted(Path("out").rglob("*"))]:
        if path.is_file():
            if path.name not in without:
                found[str(path)] = path.read_bytes()
            path.unlink()
    return found


def refusal(words: str, given: str | Path) -> str:
    """The one line of an error; nothing is written."""
    with pytest.raises(GenoseqError) as caught:
        run(words, given)
    assert not Path("out.fa").exists()
    assert not Path("out/provenance.json").exists()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def fifo(data: bytes, name: str = "pipe") -> Path:
    """A named pipe through which bytes come once."""
    path = Path(name)
    os.mkfifo(path)
    threading.Thread(target=path.write_bytes, args=[data], daemon=True).start()
    return path


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(("words", "data"), OPTIONS.items(), ids=OPTIONS)
def test_inputs_come_by_pipes(words: str, data: bytes, pack: Any) -> None:
    packed = pack(data)
    Path("in.x").write_bytes(packed)
    run(words, "in.x")
    # The store says where its inputs were, and an index who wrote it.
    wanted = results("provenance.json", "index.json", "scores.json")
    run(words, fifo(packed))
    record = Path("out/provenance.json")
    if record.exists():
        noted = {name: sha for role in json.loads(record.read_text())["inputs"].values()
                 for name, sha in role.items()}  # fmt: skip
        assert noted["pipe"] == hashlib.sha256(packed).hexdigest()
    assert results("provenance.json", "index.json", "scores.json") == wanted


@pytest.mark.parametrize(("words", "data"), OPTIONS.items(), ids=OPTIONS)
def test_inputs_are_refused_by_what_they_are(words: str, data: bytes) -> None:
    del data
    for path in (Path("page.gz"), fifo(PAGE)):
        if path.name != "pipe":
            path.write_bytes(gzip.compress(PAGE))
        found = refusal(words, path)
        assert found.startswith(f"{path}: a web page (HTML), where ")
        assert found.endswith(" is wanted: download the file itself: a server sent a page instead")


@pytest.mark.parametrize(("words", "data"), OPTIONS.items(), ids=OPTIONS)
def test_inputs_that_are_cut_off_are_refused(words: str, data: bytes) -> None:
    out = io.BytesIO()
    writer = bgzf.BgzfWriter(fileobj=out)
    writer.write(data)
    writer.flush()
    Path("cut.gz").write_bytes(out.getvalue())
    assert refusal(words, "cut.gz").startswith("cut.gz: bgzip data without the empty block that")
    found = refusal(words, fifo(out.getvalue()))
    assert found.startswith("pipe: bgzip data without the empty block that ends it: cut off?")


@pytest.mark.parametrize(
    ("words", "other", "message"),
    [
        ("extract - -o x.fa --regions -", b"", "--regions - is also the genome: stdin"),
        ("extract g.fa -o x.fa --regions - --blacklist /dev/stdin", b"", "--blacklist /dev/stdin"),
        ("tokenize - -o x --annotation -", b"", "--annotation - is also the genome: stdin"),
        ("tokenize g.fa -o x --annotation - --mask -", b"", "is also --"),
        ("tokenize g.fa -o x --scheme signal --signal a=- --signal b=-", b"", "- is given twice"),
        ("score - -m model -o x --regions -", b"", "--regions - is also the genome: stdin"),
        ("extract - -o x.fa", FASTA, ""),
        ("extract g.fa -o x.fa --annotation -", GFF, ""),
        ("tokenize - -o x --annotation g.gff", FASTA, ""),
        ("tokenize g.fa -o x --annotation - --mask r.bed", GFF, ""),
    ],
)
def test_one_input_may_be_stdin(words: str, other: bytes, message: str) -> None:
    Path("r.bed").write_bytes(BED)
    done = subprocess.run(
        [forked_genoseq(), *words.split()],
        input=other, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode == 0) == (not message), done.stderr
    assert message in done.stderr.decode()
    if message:
        assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(("words", "data"), OPTIONS.items(), ids=OPTIONS)
def test_inputs_that_change_while_they_are_read_are_refused(
    words: str, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("in.x").write_bytes(data)
    fetch = Fasta.fetch

    def late(*asked: Any) -> bytes:
        Path("in.x").write_bytes(data + b"\n")
        return fetch(*asked)

    monkeypatch.setattr(Fasta, "fetch", late)
    assert refusal(words, "in.x").startswith("in.x: changed, or was replaced, while it was read")


@pytest.mark.parametrize(("words", "data"), OPTIONS.items(), ids=OPTIONS)
def test_devices_are_refused(words: str, data: bytes) -> None:
    del data
    assert refusal(words, "/dev/zero") == "/dev/zero: a device: give a file, or a pipe"


@pytest.mark.parametrize("words", BEDS)
def test_beds_may_have_a_byte_order_mark(words: str) -> None:
    Path("in.bed").write_bytes(BED)
    run(words, "in.bed")
    wanted = results("provenance.json", "index.json", "scores.json")
    for encoding in ("utf-8-sig", "utf-16"):
        Path("in.bed").write_bytes(BED.decode().encode(encoding))
        run(words, "in.bed")
        assert results("provenance.json", "index.json", "scores.json") == wanted


@pytest.mark.parametrize("words", BEDS)
def test_beds_that_say_lengths_are_of_this_genome(words: str) -> None:
    for length in (8_999, 9_001):
        Path("in.bed").write_bytes(b"#contig\ta\t%d\n" % length + BED)
        found = refusal(words, "in.bed")
        assert found.startswith(f"in.bed:1: contig 'a' has {length} bp here and 9000 in the FASTA")


@pytest.mark.parametrize(
    "words", ["extract g.fa -o out.fa --annotation {}", "tokenize g.fa -o out --annotation {}"]
)
def test_annotations_that_say_lengths_are_of_this_genome(words: str) -> None:
    for length in (8_999, 9_001):
        head, lines = GFF.split(b"\n", 1)
        Path("in.gff").write_bytes(head + b"\n##sequence-region a 1 %d\n" % length + lines)
        found = refusal(words, "in.gff")
        assert found.startswith(f"in.gff: contig 'a' has {length} bp here and 9000 in the FASTA")


def test_tokenize_wants_a_bigwig_of_these_contigs() -> None:
    words = "tokenize g.fa -o out --scheme signal --signal {}"
    for length in (8_999, 9_000, 9_001):
        rows = [("a", 0, 9, 0.5)]
        pybigtools.open("s.bw", "w").write({"a": length, "b": 7}, iter(rows))
        if length == 9_000:
            run(words, "s.bw")
            results()
        else:
            message = f"contig 'a' has {length} bp here and 9000 in the FASTA: is it another"
            assert message in refusal(words, "s.bw")
