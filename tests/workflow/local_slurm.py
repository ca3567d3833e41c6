"""A real Slurm cluster of two nodes on this machine: slurmctld, two slurmd and munged on loopback.

    python tests/workflow/local_slurm.py start
    python tests/workflow/local_slurm.py stop

Partition ``cpu`` is node n1, ``gpu`` is node n2 with one fake GPU (Slurm allots it and sets
``CUDA_VISIBLE_DEVICES``; nothing is behind it), ``both`` is both.  Jobs that use more memory than
they asked for are killed.  No accounting, so no ``sacct``.  Needs root and Debian's packages munge,
slurm-client, slurmctld and slurmd (``.ci/packages``).

All files lie in one temporary folder, but for the link /etc/slurm/slurm.conf: the Slurm plugin of
Snakemake takes ``SLURM_CONF`` out of the environment of a job's inner ``srun``, which then reads
that file and no other.  A machine that has one of its own is left alone.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

LINK = Path("/etc/slurm/slurm.conf")
MARKER = ".genoseq-local-slurm"
"""In the folder of a cluster: locked by the process that it ends with, or says who started it."""
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scancel")
KILL_WAIT = 10  # s between SIGTERM and SIGKILL; Slurm's default is 30

CONF = """\
ClusterName={name}
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
SlurmdUser=root
AuthInfo=socket={folder}/munge.sock
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
PropagateResourceLimits=NONE
ReturnToService=2
SlurmdParameters=config_overrides
MinJobAge=3600
KillWait={kill_wait}
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=100000,bf_interval=2
GresTypes=gpu
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=2 RealMemory=64000
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=2 RealMemory=64000 \
Gres=gpu:fake:1
PartitionName=cpu Nodes=n1 Default=YES MaxTime=INFINITE State=UP
PartitionName=gpu Nodes=n2 MaxTime=INFINITE State=UP
PartitionName=both Nodes=n1,n2 MaxTime=INFINITE State=UP
"""


class LocalSlurmError(Exception):
    """The cluster cannot be started, or does not do what it should."""


@dataclass(frozen=True)
class LocalSlurm:
    """A running cluster; all of it lies in ``folder``."""

    folder: Path

    def jobs(self, *states: str) -> dict[int, str]:
        """Name by number of the jobs in these states, by default of those not yet over."""
        wanted = ",".join(states or ("PENDING", "RUNNING", "COMPLETING", "SUSPENDED"))
        said = output("squeue", "--noheader", "--states", wanted, "--format", "%A %j")
        pairs = (line.split(maxsplit=1) for line in said.splitlines())
        return {int(number): name for number, name in pairs}


def output(*words: str) -> str:
    """What a command of Slurm prints.

    Raises
    ------
    LocalSlurmError
        With what it said, if it fails.
    """
    found = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    if found.returncode:
        raise LocalSlurmError(f"{' '.join(words)}: {found.stderr.strip()}")
    return found.stdout


def wait_for(holds: Callable[[], object], what: str, seconds: float) -> None:
    """Return as soon as ``holds`` is true."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise LocalSlurmError(f"no sign of {what} after {seconds:g} s")
        time.sleep(0.1)


@contextmanager
def local_slurm() -> Iterator[LocalSlurm]:
    """A cluster as long as the block runs; what a killed process left is removed first."""
    folder = _start("being started")
    with (folder / MARKER).open("r+") as marker, ExitStack() as stack:
        stack.callback(_stop, folder)
        fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        marker.truncate()
        yield LocalSlurm(folder)


def _start(note: str) -> Path:
    if os.geteuid() != 0:
        raise LocalSlurmError("a local Slurm needs root")
    if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
        raise LocalSlurmError(f"{', '.join(missing)} not found: run .ci/packages")
    _clear_link()
    folder = Path(tempfile.mkdtemp(prefix="genoseq-slurm-"))
    folder.chmod(0o755)  # munged wants to see its way
    (folder / MARKER).write_text(note)
    try:
        _write_settings(folder)
        LINK.symlink_to(folder / "slurm.conf")
        _start_daemons(folder)
        _check(folder)
    except BaseException as error:
        logs = "\n".join(path.read_text()[-2000:] for path in sorted(folder.glob("*.log")))
        _stop(folder)
        if isinstance(error, (LocalSlurmError, OSError, subprocess.SubprocessError)):
            raise LocalSlurmError(f"Slurm did not start: {error}\n{logs}") from error
        raise
    return folder


def _clear_link() -> None:
    """Remove a cluster of ours whose process is gone; refuse anything else that is there."""
    if not LINK.is_symlink() and not LINK.exists():
        return LINK.parent.mkdir(parents=True, exist_ok=True)
    folder = _linked_folder()
    if folder is None:
        raise LocalSlurmError(f"{LINK} exists: this machine has a Slurm of its own")
    if not (folder / MARKER).exists():
        return LINK.unlink()  # it points to nothing: /tmp was cleared
    with (folder / MARKER).open() as marker:
        try:
            fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalSlurmError(f"{folder}: another process uses it; wait for it") from None
        if note := marker.read():
            raise LocalSlurmError(f"{folder}: {note}; `python {__file__} stop` ends it")
    return _stop(folder)


def _linked_folder() -> Path | None:
    """The folder of the cluster that the link points to, if it is one of ours."""
    target = LINK.readlink() if LINK.is_symlink() else LINK
    return target.parent if target.parent.name.startswith("genoseq-slurm-") else None


def _write_settings(folder: Path) -> None:
    host = socket.gethostname()
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.socket()) for _ in range(3)]
        for port in taken:
            port.bind(("127.0.0.1", 0))
        ports = [port.getsockname()[1] for port in taken]
    text = CONF.format(
        name=folder.name.lower(), host=host, folder=folder, ports=ports, kill_wait=KILL_WAIT
    )
    (folder / "slurm.conf").write_text(text)
    device = folder / "gpu0"
    device.symlink_to("/dev/null")  # Slurm wants a character device
    (folder / "gres.conf").write_text(f"NodeName=n2 Name=gpu Type=fake File={device}\n")
    # From 23.02 on slurmd looks for cgroups even where nothing uses them; before, it knows no such
    # setting.
    if int(output("slurmctld", "-V").split()[1].split(".")[0]) >= 23:
        (folder / "cgroup.conf").write_text("CgroupPlugin=disabled\n")
    (folder / "munge.key").touch(mode=0o600)
    (folder / "munge.key").write_bytes(os.urandom(1024))


def _start_daemons(folder: Path) -> None:
    munged = ["munged", f"--socket={folder}/munge.sock", f"--key-file={folder}/munge.key"]
    munged += [f"--pid-file={folder}/munged.pid", f"--log-file={folder}/munged.log"]
    munged += [f"--seed-file={folder}/munged.seed"]
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("SLURM_", "SBATCH_", "SRUN_"))}
    ours["SLURM_CONF"] = f"{folder}/slurm.conf"  # gres.conf is looked for beside it
    # Each goes into the background by itself, and must not hold a pipe of ours.
    with (folder / "start.log").open("a") as log, Path(os.devnull).open() as nothing:
        for words in (munged, ["slurmctld"], ["slurmd", "-N", "n1"], ["slurmd", "-N", "n2"]):
            subprocess.run(words, stdin=nothing, stdout=log, stderr=log, check=True, env=ours)


def _check(folder: Path) -> None:
    """A step on each node answers, and Slurm allots the GPU."""

    def idle() -> bool:
        with suppress(LocalSlurmError):
            return output("sinfo", "-h", "-N", "-p", "both", "-o", "%t").split() == ["idle"] * 2
        return False

    wait_for(idle, "idle nodes", 60)
    step = ["srun", "-Q", "-n1", "--mem=10", "--immediate=20"]
    shown = "echo $SLURMD_NODENAME ${CUDA_VISIBLE_DEVICES:-none}"
    for options, expected in (([], "n1 none"), (["-p", "gpu", "--gpus=1"], "n2 0")):
        said = output(*step, *options, "bash", "-c", shown).strip()
        if said != expected:
            raise LocalSlurmError(f"a step should say {expected!r}, said {said!r} ({folder})")
    wait_for(idle, "idle nodes", 30)


def _stop(folder: Path) -> None:
    """End jobs and daemons, by the numbers that this cluster wrote; remove its files and link."""
    with suppress(LocalSlurmError, OSError, subprocess.SubprocessError):
        if jobs := LocalSlurm(folder).jobs():
            output("scancel", *map(str, jobs))
        _end_processes(folder)
        wait_for(lambda: not LocalSlurm(folder).jobs(), "the end of cancelled jobs", 10)
    for name in ("slurmd-n1", "slurmd-n2", "slurmctld", "munged"):
        _end_daemon(folder / f"{name}.pid", name.split("-")[0])
    _end_processes(folder)
    if LINK.is_symlink() and LINK.readlink().parent == folder:
        LINK.unlink()
    shutil.rmtree(folder, ignore_errors=True)


def _end_processes(folder: Path) -> None:
    """Kill what runs in jobs of this cluster, and what watches over them."""
    cluster = f"SLURM_CLUSTER_NAME={folder.name.lower()}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            in_job = cluster in (process / "environ").read_bytes().split(b"\0")
            if in_job or _is_stepd(process, folder):
                os.kill(int(process.name), signal.SIGKILL)


def _is_stepd(process: Path, folder: Path) -> bool:
    if (process / "exe").readlink().name != "slurmstepd":
        return False
    held = [*(process / "fd").iterdir(), process / "cwd"]
    return any(handle.readlink().is_relative_to(folder) for handle in held)


def _end_daemon(pid_file: Path, name: str) -> None:
    """End the process of a pid file, if it still is that daemon."""

    def runs() -> bool:
        try:
            return Path(f"/proc/{pid}/exe").readlink().name.startswith(name)
        except OSError:
            return False

    try:
        pid = int(pid_file.read_text())
    except (OSError, ValueError):
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(LocalSlurmError, ProcessLookupError):
            if runs():
                os.kill(pid, number)
                wait_for(lambda: not runs(), f"the end of {name}", 5)


def main() -> None:
    """Start or stop by hand."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("do", choices=("start", "stop"))
    if parser.parse_args().do == "start":
        try:
            sys.stdout.write(f"{_start('started by hand')} is up: sinfo, squeue, sbatch\n")
        except LocalSlurmError as error:
            sys.exit(str(error))
        return
    if not LINK.is_symlink():
        sys.exit(f"nothing to stop: no {LINK}")
    folder = _linked_folder()
    if folder is None:
        sys.exit(f"{LINK} was not made here")
    _stop(folder)


if __name__ == "__main__":
    main()
