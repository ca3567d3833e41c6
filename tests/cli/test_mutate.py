"""``genoseq mutate``: a folder, or one line that says why not."""

from __future__ import annotations

from pathlib import Path

from command import Genoseq

from genoseq.models.bundle import Bundle, save_bundle


def test_mutate_from_the_command_line(genoseq: Genoseq, tmp_path: Path, bundle: Bundle) -> None:
    save_bundle(tmp_path / "model", bundle)
    (tmp_path / "genome.fa").write_text(">chr1\n" + "ACGTTGCA" * 300 + "\n")
    words = [tmp_path / "genome.fa", "-m", tmp_path / "model", "-o", tmp_path / "out"]
    done = genoseq("mutate", *words, "--region", "chr1:1001-1020", "--target", "CDS+")
    assert done.returncode == 0, done.stderr
    assert f"mutate: wrote {tmp_path / 'out'}: 4 files, 20 bases" in done.stderr
    assert done.stdout == ""
    failed = genoseq("mutate", *words[:-1], tmp_path / "no", "--region", "chr1:1-9000")
    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1] == (
        "genoseq: error: region chr1:1-9000 ends past the contig's last base, 2400"
    )
    assert not (tmp_path / "no").exists()
