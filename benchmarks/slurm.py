"""The workflow through Slurm and without: the same bytes, the number of jobs, the cost of a job.

    python benchmarks/slurm.py [CONFIG_FOLDER] [--keep FOLDER]

CONFIG_FOLDER holds config.yaml and genomes.tsv, with paths that do not depend on the folder of the
run; by default those of the repository: the demo.  Starts a local Slurm (root and the packages of
.ci/packages).  A job's overhead is its time in Slurm, to the second as Slurm gives it, less that of
its command: two Snakemakes that start within it.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests/workflow"))

from local_slurm import local_slurm
from slurm_run import SlurmJob, checksums, command, slurm_jobs, start
from small_run import REPOSITORY


def prepare(folder: Path, config: Path) -> Path:
    """A new folder of a run with this configuration."""
    folder.mkdir(parents=True)
    shutil.copytree(config, folder / "config")
    return folder


def locally(folder: Path) -> float:
    """Wall-clock seconds of the run without Slurm."""
    began = time.monotonic()
    found = subprocess.run(
        command(folder, "--cores", "2"), cwd=folder, check=False, capture_output=True, text=True
    )
    if found.returncode:
        sys.exit(found.stderr)
    return time.monotonic() - began


def through_slurm(folder: Path) -> float:
    """Wall-clock seconds of the run through Slurm."""
    began = time.monotonic()
    with start(folder) as snakemake:
        snakemake.wait()
    if snakemake.returncode:
        sys.exit((folder / "said.log").read_text())
    return time.monotonic() - began


def seconds_of(job: SlurmJob) -> float:
    """From the start of a job to its end, as Slurm saw it."""
    end, start_ = (datetime.fromisoformat(text) for text in (job.end, job.start))
    return (end - start_).total_seconds()


def measured(folder: Path) -> list[float]:
    """Seconds of each rule's command, as its benchmark has them."""
    found = []
    for path in (folder / "results/benchmarks").rglob("*.tsv"):
        with path.open(newline="") as handle:
            found += [float(row["s"]) for row in csv.DictReader(handle, delimiter="\t")]
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("config", type=Path, nargs="?", default=REPOSITORY / "config")
    parser.add_argument("--keep", type=Path, help="folder for the runs, by default a temporary one")
    asked = parser.parse_args()
    folder = (asked.keep or Path(tempfile.mkdtemp(prefix="genoseq-slurm-run-"))).resolve()
    local, remote = (prepare(folder / name, asked.config) for name in ("local", "slurm"))
    local_wall = locally(local)
    with local_slurm():
        remote_wall = through_slurm(remote)
        jobs = slurm_jobs(remote)
    expected, found = checksums(local), checksums(remote)
    differing = [path for path in {*expected, *found} if expected.get(path) != found.get(path)]
    commands, in_slurm = measured(remote), [seconds_of(job) for job in jobs]
    overhead = (sum(in_slurm) - sum(commands)) / len(jobs)
    print(f"jobs                           {len(jobs)}")
    print(f"files, of which differ         {len(found)}, {len(differing)}")
    print(f"wall clock, local              {local_wall:.0f} s")
    print(f"wall clock, Slurm              {remote_wall:.0f} s")
    print(f"a job's command, median        {statistics.median(commands):.1f} s")
    print(f"a job in Slurm, median         {statistics.median(in_slurm):.1f} s")
    print(f"overhead of a job, mean        {overhead:.1f} s")
    for path in sorted(differing):
        print(f"differs: {path}")
    if asked.keep is None:
        shutil.rmtree(folder)
    if differing:
        sys.exit(1)


if __name__ == "__main__":
    main()
