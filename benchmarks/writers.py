"""Time of every writer on a realistic signal, beside pybigtools and pyBigWig.

    python benchmarks/writers.py            # 4.6 Mb, two channels, one core
    python benchmarks/writers.py --mb 200 --only bigwig,bed   # memory stays flat

The signal: genes cover about 88% of the bases; 7 in 10 bases are saturated near 0 or 1, the others
lie between and vary slowly; probabilities in steps of 0.001.  The peers get the same runs of equal
values as Python tuples (pybigtools) or arrays (pyBigWig).
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from deflate import zlib_compress
from numpy.typing import NDArray

from genoseq.genome.tracks import Channel, Track
from genoseq.writers.lattice import run_starts, slabs
from genoseq.writers.outputs import write_tracks
from genoseq.writers.scores import read_scores
from genoseq.writers.tsv import tsv_texts

CDS = (Channel("CDS", "+"), Channel("CDS", "-"))
CHUNK_BASES = 500_000
FORMATS: tuple[tuple[Any, ...], ...] = (
    ("bigwig",),
    ("bed",),
    ("bigwig", "bed"),
    ("scores",),
    ("tsv",),
    ("bedgraph",),
)


def signal(length: int, seed: int) -> NDArray[np.float32]:
    """Probabilities of CDS on + and - with the figures of the module's docstring, (length, 2)."""
    rng = np.random.default_rng(seed)
    genes = length // 900
    sizes = np.stack([rng.gamma(2, 450, genes), rng.gamma(1.2, 90, genes) + 1], 1).astype(int)
    logit = np.repeat(np.tile([7.5, -7.5], genes), sizes.ravel())
    strand = np.repeat(np.repeat(rng.random(genes) < 0.5, 2), sizes.ravel())
    logit, strand = np.resize(logit, length), np.resize(strand, length)
    blur = np.exp(-0.5 * (np.arange(-40, 41) / 12) ** 2)
    drift = np.repeat(rng.normal(0, 1, length // 50 + 1), 50)[:length]
    drift = 5 * np.convolve(drift, np.ones(60) / 60, "same") + rng.normal(0, 0.15, length)
    coding = 1 / (1 + np.exp(-np.convolve(logit, blur / blur.sum(), "same") - drift))
    share = np.where(strand, 0.997, 0.003)
    both = np.stack([coding * share, coding * (1 - share)], 1)
    return (np.rint(both * 1000) / 1000).astype(np.float32)


def tracks(length: int, made: list[NDArray[np.float32]]) -> Iterator[Track]:
    """A genome of pieces of signal in turn; few, so that the input takes no memory."""
    for number, start in enumerate(range(0, length, CHUNK_BASES)):
        values = made[number % len(made)][: length - start]
        yield Track("chr1", start, values, CDS)


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def runs(pieces: list[Track], channel: int) -> tuple[NDArray[np.int64], ...]:
    values = np.ascontiguousarray(np.concatenate([track.values[:, channel] for track in pieces]))
    starts = run_starts(values)
    return starts, np.append(starts[1:], len(values)), values[starts]


def pybigtools_writer(folder: Path, pieces: list[Track], length: int) -> None:
    import pybigtools

    for channel in range(2):
        starts, ends, values = (column.tolist() for column in runs(pieces, channel))
        rows = (("chr1", *row) for row in zip(starts, ends, values, strict=True))
        file = pybigtools.open(str(folder / f"{channel}.bw"), "w")
        file.write({"chr1": length}, rows)


def pybigwig_writer(folder: Path, pieces: list[Track], length: int) -> None:
    import pyBigWig

    for channel in range(2):
        starts, ends, values = runs(pieces, channel)
        file = pyBigWig.open(str(folder / f"{channel}.bw"), "w")
        file.addHeader([("chr1", length)])
        file.addEntries(["chr1"] * len(starts), starts, ends=ends, values=values.astype(float))
        file.close()


def row(name: str, count: str, seconds: tuple[float, float], mb: float, folder: Path) -> None:
    size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    wall, cpu = seconds
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:26}{count:>14}{wall:9.2f}{cpu:9.2f}{mb / wall:9.1f}{size:9.1f}{peak:9.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mb", type=float, default=4.6, help="genome size")
    parser.add_argument("--only", help="formats of one run, without peers, such as bigwig,bed")
    words = parser.parse_args()
    length = int(words.mb * 1e6)
    made = [signal(min(CHUNK_BASES, length), seed) for seed in range(4)]
    pieces = list(tracks(min(length, 4_600_000), made))
    here = np.concatenate([track.values for track in pieces])
    between = np.mean(((here > 0.005) & (here < 0.995)).any(axis=1))
    intervals = sum(len(runs(pieces, channel)[0]) for channel in range(2))
    intervals = round(intervals * length / len(here))
    print(
        f"{words.mb:g} Mb, 2 channels; {between:.0%} of bases with a value between 0.005 and 0.995"
    )
    del here
    head = ("writer", "lines", "wall s", "CPU s", "Mb/s", "MB", "peak MB")
    print(f"{head[0]:26}{head[1]:>14}" + "".join(f"{name:>9}" for name in head[2:]))
    lengths = {"chr1": length}
    counts = {"tsv": f"{length:,}", "bedgraph": f"{intervals:,}", "bigwig": f"{intervals:,}"}
    with tempfile.TemporaryDirectory() as folder:
        chosen = FORMATS if words.only is None else (tuple(words.only.split(",")),)
        for number, formats in enumerate(chosen):
            out = Path(folder) / str(number)
            seconds = timed(
                lambda out=out, formats=formats: write_tracks(
                    tracks(length, made), lengths, CDS, "classes", out, formats
                )
            )
            row("+".join(formats), counts.get(formats[0], ""), seconds, words.mb, out)
        if words.only is not None:
            return
        scores, out = read_scores(Path(folder) / "3"), Path(folder) / "again"
        seconds = timed(
            lambda: write_tracks(scores.tracks(), lengths, CDS, "classes", out, ["bigwig", "bed"])
        )
        row("scores to bigwig+bed", counts["bigwig"], seconds, words.mb, out)
        for name, peer in (("pybigtools", pybigtools_writer), ("pyBigWig", pybigwig_writer)):
            out = Path(folder) / name
            out.mkdir()
            try:
                seconds = timed(lambda out=out, peer=peer: peer(out, pieces, length))
            except ImportError:
                print(f"{name:26}not installed")
                continue
            row(name, counts["bigwig"], seconds, words.mb, out)
    compare_deflate("sections", value_pages(pieces))
    compare_deflate("lines", line_pages(pieces))


def value_pages(pieces: list[Track]) -> list[bytes]:
    """The values as bigWig's fixedStep sections hold them: 4 kB of float32 a section."""
    columns = (track.values[:, channel].tobytes() for track in pieces for channel in range(2))
    return [column[at : at + 4096] for column in columns for at in range(0, len(column), 4096)]


def line_pages(pieces: list[Track]) -> list[bytes]:
    """The values as TSV has them, in texts of the size of bgzip's blocks."""
    of = slabs(pieces[:2], {"chr1": pieces[1].end}, CDS, "classes")
    text = b"".join(lines.text for slab in of for lines in tsv_texts(slab))
    return [text[at : at + 0xFF00] for at in range(0, len(text), 0xFF00)]


def compare_deflate(what: str, pages: list[bytes]) -> None:
    """What deflating costs by zlib and by libdeflate, both at level 1."""
    size = sum(map(len, pages)) / 1e6
    print(f"\n{f'deflate {size:.0f} MB of {what}':26}{'CPU s':>9}{'MB out':>9}")
    for name, deflate in (("zlib", zlib.compress), ("libdeflate", zlib_compress)):
        start = time.process_time()
        out = sum(len(deflate(page, 1)) for page in pages)
        print(f"{name:26}{time.process_time() - start:9.2f}{out / 1e6:9.1f}")


if __name__ == "__main__":
    main()
