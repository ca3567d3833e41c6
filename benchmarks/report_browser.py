"""Reports by size of genome: CPU seconds, peak memory, bytes, seconds until the browser is ready.

    python benchmarks/report_browser.py 2.5 200
    python benchmarks/report_browser.py --real yeast.fa.gz yeast.gff3.gz

Made-up genomes have contigs of 20 Mb at most and a class that changes every 500 bases or so; labels
of real ones are those of their annotation.  Values are of two models, made from labels: blurred,
with noise, and with errors in one stretch of 20.  A tenth of the blocks of 50,000 bases is the test
split.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from genoseq.genome.regions import Region
from genoseq.genome.schemes import ClassScheme, cds_phase_scheme
from genoseq.genome.tracks import Track
from genoseq.store.store import Store, open_store
from genoseq.store.write import write_store
from genoseq.writers.outputs import write_tracks

SCHEME = cds_phase_scheme()
MODELS = ("one", "two")
LARGEST, BLOCK = 20_000_000, 50_000
PIECE = 1_000_000
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND")  # fmt: skip
READY = "genoseqBrowser.ready.then(() => arguments[0](performance.now() / 1000), arguments[0])"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("sizes", type=float, nargs="*", help="of genomes, Mb")
    parser.add_argument("--real", nargs=2, metavar=("FASTA", "ANNOTATION"))
    words = parser.parse_args()
    print("| genome | page, MB | beside it, MB | CPU seconds | peak MB | ready, seconds |")
    print("|---|---|---|---|---|---|")
    for size in words.sizes:
        with tempfile.TemporaryDirectory() as folder:
            measure(made(Path(folder), int(size * 1e6)), f"{size:g} Mb", Path(folder))
    if words.real:
        with tempfile.TemporaryDirectory() as folder:
            store = real(Path(folder), words.real[0], words.real[1])
            measure(store, Path(words.real[0]).name, Path(folder))


def split_of(start: int) -> str:
    return "test" if start // BLOCK % 10 == 9 else "train"


def made(folder: Path, bases: int) -> Store:
    sizes = [LARGEST] * (bases // LARGEST) + [bases % LARGEST]
    lengths = {f"c{number}": size for number, size in enumerate(sizes, 1) if size}
    rng = np.random.default_rng(bases)

    def contigs() -> Iterator[tuple[str, Iterator[NDArray[np.uint8]]]]:
        for chrom, length in lengths.items():
            yield chrom, iter([rng.integers(0, 4, length, np.uint8)])

    def pieces() -> Iterator[tuple[Region, str, NDArray[np.uint8]]]:
        for chrom, length in lengths.items():
            for start in range(0, length, BLOCK):
                end = min(start + BLOCK, length)
                strand = np.repeat(rng.integers(0, 3, BLOCK // 500), 500)[: end - start]
                phase = np.arange(end - start) % 3
                labels = np.where(strand == 0, 0, 3 * strand - 2 + phase).astype(np.uint8)
                yield Region(chrom, start, end), split_of(start), labels

    write_store(folder / "store", "made", SCHEME, contigs(), pieces(), {})
    return open_store(folder / "store")


def real(folder: Path, fasta: str, annotation: str) -> Store:
    bed = str(folder / "r.bed")
    split = ["--split", "blocks", "--gap", "0", "--valid", "0", "--test", "0.1"]
    run("extract", fasta, *split, "-o", str(folder / "r.fa"), "--bed", bed)
    out = str(folder / "store")
    run("tokenize", fasta, "-o", out, "--annotation", annotation, "--bed", bed)
    return open_store(folder / "store")


def values(store: Store, chrom: str, start: int, end: int, rng: np.random.Generator) -> Track:
    scheme = store.scheme
    assert isinstance(scheme, ClassScheme)
    table = np.full(256, -1)
    table[: len(scheme)] = scheme.channel_of_state
    channel = table[store.labels(chrom, start, end)]
    for at in range(0, len(channel), 400):
        if rng.random() < 0.05:
            channel[at : at + 400] = rng.integers(-1, 2)
    blur = np.exp(-0.5 * (np.arange(-30, 31) / 10) ** 2)
    columns = [np.convolve(channel == of, blur / blur.sum(), "same") for of in (0, 1)]
    noise = np.repeat(rng.random((len(channel) // 3 + 1, 2)), 3, axis=0)[: len(channel)] * 0.03
    found = 0.94 * np.stack(columns, 1) + noise / 2
    return Track(chrom, start, (np.rint(found * 1000) / 1000).astype(np.float32), scheme.channels)


def measure(store: Store, name: str, folder: Path) -> None:
    given = [str(store.path)]
    for number, model in enumerate(MODELS):
        rng = np.random.default_rng(number)
        tracks = (
            values(store, chrom, start, min(start + PIECE, length), rng)
            for chrom, length in store.lengths.items()
            for start in range(0, length, PIECE)
        )
        out = folder / "tracks" / store.name / model
        scheme = store.scheme
        assert isinstance(scheme, ClassScheme)
        formats = ("bigwig", "bed")
        write_tracks(tracks, store.lengths, scheme.channels, "classes", out, formats)
        given.append(str(out))
    page = folder / "out/report.html"
    seconds, peak = run("report", *given, "-o", str(page))
    beside = sum(path.stat().st_size for path in page.parent.rglob("*/*") if path.is_file())
    print(
        f"| {name} | {page.stat().st_size / 1e6:.1f} | {beside / 1e6:.1f} | {seconds:.1f} | "
        f"{peak:.0f} | {ready(page):.1f} |",
        flush=True,
    )


def run(*words: str) -> tuple[float, float]:
    """CPU seconds and peak megabytes of a verb."""
    child = subprocess.Popen([sys.executable, "-m", "genoseq", "-q", *words])
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"genoseq {words[0]} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def ready(page: Path) -> float:
    """Seconds from the beginning of loading until every track is there; the best of three."""
    found = []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as profile:
            options = ChromeOptions()
            options.binary_location = "/usr/bin/chromium"
            for flag in (*FLAGS, f"--user-data-dir={profile}"):
                options.add_argument(flag)
            driver = Chrome(options, Service("/usr/bin/chromedriver"))
            try:
                driver.set_script_timeout(120)
                driver.get(page.as_uri())
                found.append(float(driver.execute_async_script(READY)))
            finally:
                driver.quit()
                time.sleep(0.5)
    return min(found)


if __name__ == "__main__":
    main()
