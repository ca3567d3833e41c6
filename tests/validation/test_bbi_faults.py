"""One fault in a bigWig or bigBed that was right is found."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
import pybigtools
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from patched import exchange_bytes, exchange_values, exchange_zoom
from right_files import LENGTHS, checks, found, genome

from genoseq.genome.tracks import Channel
from genoseq.readers.bbi import BbiFile
from genoseq.writers.bigwig import BigWigFile

SQL = """table x "x" (string chrom; "c" uint chromStart; "s" uint chromEnd; "e" string name; "n"
uint score; "s" char[1] strand; "+") """


def bigwig(folder: Path, values: float = 0.5, contigs: dict[str, int] = LENGTHS) -> Path:
    """A bigWig of runs of 30 bases on each contig, with a gap."""
    path = folder / "x.bw"
    with TemporaryFile() as spool:
        file = BigWigFile(path, contigs, spool)
        for number, length in enumerate(contigs.values()):
            row = np.repeat(np.arange(-(-length // 30)) % 7 / 7, 30)[:length].astype(np.float32)
            row[20:30] = np.nan
            row[40] = values
            file.write(number, 0, row)
        file.finish()
    return path


def bigbed(folder: Path, sql: str = SQL, score: str = "7") -> Path:
    """A bigBed of BED6 whose records overlap."""
    path = folder / "x.bb"
    records = [("a", at, at + 150, f"x{at}\t{score}\t+") for at in range(0, 2_800, 100)]
    out = pybigtools.open(str(path), "w")
    out.write(LENGTHS, records, autosql=sql)
    return path


def zoom(name: str, value: float) -> Callable[[Path], None]:
    """Sets a column of the third record of the finest level."""

    def change(records: np.ndarray) -> None:
        records[name][2] = value

    return lambda path: exchange_zoom(path, change)


def item(number: int, form: str, *values: float) -> Callable[[Path], None]:
    """Sets 4-byte fields of the values' first section, of which each item has three."""
    return lambda path: exchange_values(
        path, lambda data: struct.pack_into("<" + form, data, 24 + 12 * number, *values)
    )


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def other_box(path: Path) -> None:
    with BbiFile(path) as file:
        at = file.header.index + 52
    exchange_bytes(path, at + 4, "I", 10)


def circle(path: Path) -> None:
    with BbiFile(path) as file:
        at = file.header.index + 48
    exchange_bytes(path, at, "BBHIIIIQ", 0, 0, 1, 0, 0, 0, 30, at)


def no_values(path: Path) -> None:
    with BbiFile(path) as file:
        at = file.header.index + 48
    exchange_bytes(path, at + 2, "H", 0)


FAULTS: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "NaN": (item(5, "IIf", 90, 120, np.nan), "values", "not finite (a:91-120)"),
    "inf": (item(5, "IIf", 90, 120, np.inf), "values", "not finite (a:91-120)"),
    "overlap": (item(5, "IIf", 70, 120, 0.5), "overlaps", "overlaps the interval before it"),
    "unsorted": (item(5, "IIf", 5, 6, 0.5), "sorted", "begins before the interval before it"),
    "no bases": (item(5, "IIf", 90, 90, 0.5), "columns", "an interval without a base"),
    "out of bounds": (item(5, "IIf", 90, 9_000, 0.5), "bounds", "past the contig's last base, 3"),
    "value": (item(5, "IIf", 90, 120, 0.75), "zooms", "but the data 0.75"),
    "zoom minimum": (zoom("min", -1), "zooms", "zoom level of 64 bp: minimum -1, but the data"),
    "zoom maximum": (zoom("max", 2), "zooms", "zoom level of 64 bp: maximum 2, but the data"),
    "zoom sum": (zoom("sum", 0), "zooms", "zoom level of 64 bp: sum 0, but the data"),
    "zoom squares": (zoom("squares", np.nan), "zooms", "sum of squares nan, but the data"),
    "zoom count": (zoom("covered", 63), "zooms", "bases with a value: 63, but the data 64"),
    "zoom overlap": (zoom("start", 100), "zooms", "records overlap, or are not sorted"),
    "zoom bounds": (zoom("end", 5_000), "zooms", "a record ends past its contig's last base"),
    "summary": (lambda path: exchange_bytes(path, summary_at(path) + 8, "d", -5), "summary", "-5"),
    "index": (other_box, "index", "not where the index says"),
    "cut off": (cut_off, "format", "its last bytes are not those of its kind"),
    "half": (half, "format", "damaged: it points to bytes"),
    "circle": (circle, "format", "one of its trees runs in a circle"),
    "buffer": (lambda path: exchange_bytes(path, 52, "I", 40), "index", "the header says 40"),
    "empty": (no_values, "values", "no value in it"),
}  # fmt: skip


def summary_at(path: Path) -> int:
    return int(struct.unpack_from("<Q", path.read_bytes(), 44)[0])


def test_right_bigwig_and_bigbed_have_no_finding(tmp_path: Path) -> None:
    genome(tmp_path)
    bigwig(tmp_path)
    bigbed(tmp_path)
    assert checks(found(tmp_path, "x.bw", "x.bb")) == set()


@pytest.mark.parametrize("name", FAULTS)
def test_planted_fault_of_a_bigwig_is_found(tmp_path: Path, name: str) -> None:
    genome(tmp_path)
    plant, check, said = FAULTS[name]
    plant(bigwig(tmp_path))
    errors = found(tmp_path, "x.bw")
    assert check in checks(errors)
    assert any(said in str(error) for error in errors), errors


@pytest.mark.parametrize(
    ("contigs", "check", "said"),
    [
        ({"a": 2_999}, "lengths", "contig 'a' has 2999 bp here and 3000 in the FASTA"),
        ({"chra": 3_000}, "names", "(did you mean a for chra?)"),
    ],
)
def test_bigwig_of_another_genome_is_found(
    tmp_path: Path, contigs: dict[str, int], check: str, said: str
) -> None:
    genome(tmp_path)
    bigwig(tmp_path, contigs=contigs)
    (error,) = found(tmp_path, "x.bw")
    assert error.check == check
    assert said in error.what


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_damage_is_told_and_never_raised(tmp_path: Path, data: st.DataObject) -> None:
    genome(tmp_path)
    path = data.draw(st.sampled_from([bigwig, bigbed]))(tmp_path)
    whole = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(whole)
    assert all(finding.what for finding in found(tmp_path, path.name))


def test_planted_fault_of_a_bigbed_is_found(tmp_path: Path) -> None:
    genome(tmp_path)
    bigbed(tmp_path, score="1001")
    assert checks(found(tmp_path, "x.bb")) == {"score"}
    bigbed(tmp_path, sql=SQL.replace('char[1] strand; "+"', ""))
    assert checks(found(tmp_path, "x.bb")) == {"columns"}
    exchange_bytes(bigbed(tmp_path), 32, "H", 7)
    assert checks(found(tmp_path, "x.bb")) == {"autosql", "columns"}
    exchange_zoom(bigbed(tmp_path), lambda records: records["max"].fill(3))
    assert checks(found(tmp_path, "x.bb")) == {"zooms"}
    path = bigbed(tmp_path)
    exchange_values(path, lambda data: struct.pack_into("<I", data, 8, 5_000))
    assert checks(found(tmp_path, "x.bb")) >= {"bounds", "index"}


def test_bigwig_is_told_from_probabilities_by_the_manifest(tmp_path: Path) -> None:
    import genoseq as gs
    from genoseq.genome.tracks import Track

    genome(tmp_path)
    values = np.full((3_000, 1), 0.5, np.float32)
    channels = (Channel("x"),)
    gs.write_tracks(
        [Track("a", 0, values, channels)], LENGTHS, channels, "classes", tmp_path / "out",
        ["bigwig"],
    )  # fmt: skip
    assert found(tmp_path, "out") == []
    bigwig(tmp_path, values=1.5).replace(tmp_path / "out/x.both.bw")
    assert checks(found(tmp_path, "out")) == {"range", "checksums"}


def test_bigwig_of_small_values_behind_large_ones_has_no_finding(tmp_path: Path) -> None:
    import genoseq as gs
    from genoseq.genome.tracks import Track

    genome(tmp_path)
    values = np.full((3_000, 1), 0.987, np.float32)
    values[2_000:] = np.random.default_rng(0).uniform(1e-9, 3e-9, (1_000, 1))
    channels = (Channel("x"),)
    gs.write_tracks(
        [Track("a", 0, values, channels)], LENGTHS, channels, "classes", tmp_path / "out",
        ["bigwig"], digits=3,
    )  # fmt: skip
    assert found(tmp_path, "out") == []
