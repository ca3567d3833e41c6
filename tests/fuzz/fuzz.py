"""Damaged files of every format, by the thousand, to every reader: nothing but an error may come.

    python tests/fuzz/fuzz.py --minutes 2 [--only NAME] [--out FOLDER]     what `make fuzz` does
    python tests/fuzz/fuzz.py --again FOLDER                               a found one once more

Each target (``targets.py``) has its share of the time, in a process of its own, where atheris
(libFuzzer) chooses among the inputs those that reach new lines of genoseq, and changes them again,
as ``mutations.py`` says.  What a reader may raise is what the command line tells in one line: a
GenoseqError or an OSError.  Anything else, more than 10 seconds of CPU, more than 1.5 GB of memory,
or the end of the process is found: OUT gets a folder of the files, with the traceback.
"""

from __future__ import annotations

import argparse
import functools
import gc
import hashlib
import io
import logging
import mmap
import os
import resource
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from pathlib import Path
from types import FrameType
from typing import NamedTuple, NoReturn

import atheris
import torch

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / name) for name in ("", "validation", "report", "training", "fuzz")]
with redirect_stderr(io.StringIO()), atheris.instrument_imports(include=["genoseq"]):
    import seeds
    from mutations import mutate
    from targets import PACKINGS, TARGETS, Target

    from genoseq.errors import GenoseqError
    from genoseq.files import provenance

# Seeds are made with torch here, and inputs are read with torch in forks of this process, where the
# threads that it had started are not: the first sum that is shared among them would never end.
torch.set_num_threads(1)

SECONDS, BYTES, LONGEST = 10, 3 << 29, 1 << 18
NAME = "target.txt"


class SlowError(BaseException):
    """A reader that takes too long; no handler of errors takes it for one of its own."""


class Found(NamedTuple):
    """A fault: what ended the reader, and the folder of its files."""

    what: str
    folder: Path


def main() -> None:
    """Fuzz, or run a found input again; exit status 1 if there is a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--only", default="", help="targets whose name has this in it")
    parser.add_argument("--out", type=Path, default=Path("fuzz-found"))
    parser.add_argument("--seed", type=int, default=0, help="0: another one each time")
    parser.add_argument("--again", type=Path, help="a folder that was written to OUT")
    options = parser.parse_args()
    _quiet()
    if options.again is not None:
        target = next(t for t in TARGETS if t.name == (options.again / NAME).read_text())
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(options.again, folder, dirs_exist_ok=True)
            target.run(Path(folder))
        return
    chosen = [target for target in TARGETS if options.only in target.name]
    for target in chosen:
        seeds.seeded(target.make)
    gc.freeze()  # What is imported by now stays, and is not gone through in each process.
    inputs, found, end = 0, list[Found](), time.monotonic() + 60 * options.minutes
    for number, target in enumerate(chosen):
        share = (end - time.monotonic()) / (len(chosen) - number)
        count, faults = fuzz(target, max(1.0, share), options.out, options.seed)
        print(f"{target.name}: {count:,} inputs, {len(faults)} faults", flush=True)
        for fault in faults:
            print(f"    {fault.what}\n    python {sys.argv[0]} --again {fault.folder}", flush=True)
        inputs, found = inputs + count, found + faults
    print(f"{inputs:,} inputs of {len(chosen)} targets, {len(found)} faults")
    sys.exit(bool(found))


def fuzz(target: Target, seconds: float, out: Path, seed: int = 0) -> tuple[int, list[Found]]:
    """Inputs that a target had in this time, and the faults that came of them."""
    end, counter = time.monotonic() + seconds, mmap.mmap(-1, 8)
    before, found = set(_folders(out)), list[Found]()
    while (left := end - time.monotonic()) > 0.5 or not counter.find(bytes(8)):
        with tempfile.TemporaryDirectory(prefix="genoseq-fuzz-", dir=_memory()) as scratch:
            child = os.fork()
            if child == 0:
                _fuzz_in_this_process(
                    target, max(1, round(left)), out, Path(scratch), counter, seed
                )
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            if status == 0:
                break
            found.append(_ended(target, status, Path(scratch), out))
    found += [Found(_what(folder), folder) for folder in _folders(out) if folder not in before]
    return struct.unpack("<Q", counter[:])[0], list({each.folder: each for each in found}.values())


def _fuzz_in_this_process(
    target: Target, seconds: int, out: Path, scratch: Path, counter: mmap.mmap, seed: int
) -> NoReturn:
    corpus = scratch / "corpus"
    corpus.mkdir()
    for number, data in enumerate(first_inputs(target)):
        (corpus / f"{number:03}").write_bytes(data)
    once = Once(target, scratch / "files", out)

    def run(data: bytes) -> None:
        count = struct.unpack("<Q", counter[:])[0] + 1
        counter[:] = struct.pack("<Q", count)
        (scratch / "last").write_bytes(data)
        once(data)

    def change(data: bytes, largest: int, drawn: int) -> bytes:
        return changed(target, data, drawn, lambda part: atheris.Mutate(part, len(part) + 64))[
            :largest
        ]

    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    limit = _address_space() + BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    words = [f"-max_total_time={seconds}", "-timeout=120", "-rss_limit_mb=0", f"-max_len={LONGEST}"]
    words += [f"-artifact_prefix={scratch}/", f"-seed={seed}", "-detect_leaks=0", "-len_control=0"]
    atheris.Setup(["fuzz", *words, str(corpus)], run, custom_mutator=change)
    atheris.Fuzz()
    os._exit(0)


class Once:
    """Runs a target on inputs, each in the same folder; faults are written to ``out``."""

    def __init__(self, target: Target, folder: Path, out: Path) -> None:
        self._target, self._folder, self._out = target, folder, out
        self._whole: dict[str, bytes] = {}
        self._seen: set[str] = set()

    def __call__(self, data: bytes) -> None:
        """Run it; the files are put right again afterwards."""
        name, content = parted(self._target, data)
        if not self._folder.exists():
            seeds.copied(self._target.make, self._folder)
        path = self._folder / name
        whole = self._whole.setdefault(name, path.read_bytes())
        path.write_bytes(content)
        try:
            with _limit():
                self._target.run(self._folder)
        except (GenoseqError, OSError):
            pass
        except (SlowError, Exception) as error:
            self._note(error)
        finally:
            shutil.rmtree(self._folder / "out", ignore_errors=True)
            path.write_bytes(whole)

    def _note(self, error: BaseException) -> None:
        last = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in last if "/genoseq/" in frame.filename] or list(last)
        where = f"{type(error).__name__} {ours[-1].filename}:{ours[-1].lineno}"
        if where in self._seen:
            return
        self._seen.add(where)
        self._folder.joinpath("traceback.txt").write_text(
            "".join(traceback.format_exception(error))
        )
        keep(self._target, self._folder, self._out, where)
        self._folder.joinpath("traceback.txt").unlink()


def first_inputs(target: Target) -> Iterator[bytes]:
    """Inputs that change nothing: each file, in each way that it may be compressed."""
    folder = seeds.seeded(target.make)
    for number, name in enumerate(target.files):
        for packing in range(len(PACKINGS) if target.packed else 1):
            yield bytes([number, packing]) + (folder / name).read_bytes()


def parted(target: Target, data: bytes) -> tuple[str, bytes]:
    """The file that an input is of, and its content."""
    number, packing = (*data[:2], 0, 0)[:2]
    content = data[2:]
    if target.packed:
        content = PACKINGS[packing % len(PACKINGS)](content)
    return target.files[number % len(target.files)], content


def changed(target: Target, data: bytes, drawn: int, further: Callable[[bytes], bytes]) -> bytes:
    """An input that is changed as suits its file."""
    data = data.ljust(2, b"\0")
    name, _ = parted(target, data[:2])
    return data[:2] + mutate(data[2:], name, drawn, further)


def keep(target: Target, folder: Path, out: Path, what: str) -> Path:
    """The files, copied to where they can be run again."""
    digest = hashlib.sha256(what.encode()).hexdigest()[:8]
    to = out / f"{target.name.replace(' ', '-').replace('/', '-')}-{digest}"
    if not to.exists():
        shutil.copytree(folder, to)
        (to / NAME).write_text(target.name)
    return to


def _ended(target: Target, status: int, scratch: Path, out: Path) -> Found:
    """The process ended in the midst of an input: its files, as they were."""
    data = (scratch / "last").read_bytes() if (scratch / "last").exists() else b""
    folder = scratch / "again"
    seeds.copied(target.make, folder)
    name, content = parted(target, data)
    (folder / name).write_bytes(content)
    what = f"the process ended: {signal.Signals(-status).name if status < 0 else status}"
    (folder / "traceback.txt").write_text(what)
    return Found(what, keep(target, folder, out, f"{what} {hashlib.sha256(data).hexdigest()}"))


class _limit:  # noqa: N801
    """Seconds of CPU that the block may take."""

    def __enter__(self) -> None:
        signal.signal(signal.SIGVTALRM, _too_slow)
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)

    def __exit__(self, *error: object) -> None:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _too_slow(_number: int, _frame: FrameType | None) -> None:
    raise SlowError(f"more than {SECONDS} s of CPU")


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _memory() -> str | None:
    """A folder that is in memory, if there is one: files are written at each input."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _folders(out: Path) -> list[Path]:
    return sorted(path.parent for path in out.glob(f"*/{NAME}"))


def _what(folder: Path) -> str:
    return (folder / "traceback.txt").read_text().strip().splitlines()[-1][:200]


def _quiet() -> None:
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    provenance.software = functools.cache(provenance.software)  # asks git, each time


if __name__ == "__main__":
    main()
