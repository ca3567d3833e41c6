"""Two revisions side by side: what each command takes, and whether the demo's bytes are the same.

    python benchmarks/revisions.py BEFORE AFTER [--repeats 3] [--megabases 20]

BEFORE and AFTER are checkouts, each with its environment in ``.venv`` and a demo run to its end:
``.venv/bin/pip install -e '.[demo]' && .venv/bin/snakemake --cores 2``.  Commands are run in turn,
so that a change of the machine's speed meets both, pinned to one core, each revision on its own
stores and bundles.  Seconds are those of the processor, start included, the best of the repeats;
memory is the peak of the finished process as the operating system tells it.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

GENOME = "resources/demo/genome.fa"
STEPS = '{"training":{"steps":60,"validate_every":60,"validation_windows":32},"model":%s}'
MODELS = {
    "LSTM": '{"encoder":{"family":"lstm"}}',
    "Transformer": '{"encoder":{"family":"transformer"}}',
}


class Cost(NamedTuple):
    """Seconds of the processor, and peak memory in MB."""

    seconds: float
    megabytes: float


def commands(large: Path, intervals: Path) -> dict[str, list[str]]:
    """The commands that both revisions have, by name.

    ``OUT`` is where they write, and ``STORE`` that of the demo.
    """
    score = ["score", f"{large}", "-o", "OUT", "--formats", "bigwig,bed", "--threads", "1", "-m"]
    train = ["train", "STORE", "-o", "OUT", "--settings"]
    extract = ["extract", GENOME, "-o", "OUT"]
    trainings = {f"train {name}, 60 steps": [*train, STEPS % MODELS[name]] for name in MODELS}
    return {
        "config check": ["config", "check", "config/config.yaml"],
        "shards": ["shards", GENOME, "-o", "OUT", "--count", "8"],
        "extract, whole contigs": [*extract, "--split", "train"],
        "extract, 50,000 regions": [*extract, "--regions", f"{intervals}"],
        **trainings,
        "evaluate BiLSTM": [
            "evaluate",
            "results/models/bilstm",
            "STORE",
            "-o",
            "OUT",
        ],
        "score BiLSTM": [*score, "results/models/bilstm"],
        "score Transformer": [*score, "results/models/transformer"],
    }


def run(checkout: Path, words: list[str]) -> Cost:
    """Run a command of a checkout's genoseq in it; its cost."""
    with tempfile.TemporaryDirectory() as folder:
        out = f"{folder}/out"
        store = next((checkout / "results/stores").glob("demo*"))
        words = [{"OUT": out, "STORE": f"{store}"}.get(word, word) for word in words]
        process = subprocess.Popen(
            [checkout / ".venv/bin/genoseq", *words],
            cwd=checkout,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        said = process.stderr.read() if process.stderr else b""
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"{checkout}: genoseq {' '.join(words)}\n{said.decode()}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e3)


def write_inputs(checkout: Path, folder: Path, megabases: int) -> tuple[Path, Path]:
    """The demo's contig over and over, and 50,000 short regions of it."""
    head, _, rows = (checkout / GENOME).read_text().split(">")[1].partition("\n")
    bases, name = rows.replace("\n", ""), head.split()[0]
    large, intervals = folder / "large.fa", folder / "regions.bed"
    times, step = -(-megabases * 1_000_000 // len(bases)), len(bases) // 50_000
    large.write_text(f">large\n{(times * bases)[: megabases * 1_000_000]}\n")
    starts = range(0, step * 50_000, step)
    found = (f"{name}\t{start}\t{start + step // 2}\n" for start in starts)
    intervals.write_text("".join(found))
    return large, intervals


def compared(before: Path, after: Path) -> Iterator[tuple[str, str]]:
    """Files of the demo's models, tracks and evaluations, and whether both are the same."""
    for part in ("models", "tracks", "evaluation"):
        roots = before / "results" / part, after / "results" / part
        names = {path.relative_to(root) for root in roots for path in root.rglob("*")}
        for name in sorted(names):
            one, other = (root / name for root in roots)
            if one.is_dir() or other.is_dir() or "/." in f"/{name}" or ".state/" in f"{name}":
                continue
            if one.exists() and other.exists():
                same = filecmp.cmp(one, other, shallow=False)
                yield f"{part}/{name}", "same" if same else "differs"
            else:
                yield f"{part}/{name}", f"only {'before' if one.exists() else 'after'}"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--megabases", type=int, default=20, help="of the genome to score")
    words = parser.parse_args()
    before, after = words.before.resolve(), words.after.resolve()
    print("| file of the demo | bytes |\n|---|---|")
    for name, said in compared(before, after):
        print(f"| {name} | {said} |")
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print("\n| command | before, s | after, s | ratio | before, MB | after, MB |")
    print("|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        large, intervals = write_inputs(after, Path(folder), words.megabases)
        for name, command in commands(large, intervals).items():
            costs = [(run(before, command), run(after, command)) for _ in range(words.repeats)]
            one, other = ([pair[n] for pair in costs] for n in (0, 1))
            seconds = min(c.seconds for c in one), min(c.seconds for c in other)
            memory = max(c.megabytes for c in one), max(c.megabytes for c in other)
            print(
                f"| {name} | {seconds[0]:.2f} | {seconds[1]:.2f} | {seconds[1] / seconds[0]:.3f} "
                f"| {memory[0]:.0f} | {memory[1]:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
