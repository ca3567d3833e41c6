"""Snakemake on a folder: that of this environment, with the packaged Snakefile and profile."""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from shlex import quote

from genoseq.config.base import read_mapping
from genoseq.errors import BackendError, ConfigError, listed
from genoseq.plan.snakefile import CONFIG, PROFILES, snakefile_path

log = logging.getLogger(__name__)

_START = "import sys; sys.argv[0] = 'snakemake'; from snakemake.cli import main; main()"
"""Rather than ``-m snakemake``, whose messages are those of ``__main__.py``."""
_SNAKEFILES = ("Snakefile", "snakefile", "workflow/Snakefile", "workflow/snakefile")
"""Where Snakemake looks for one."""
_SNAKEFILE_OPTIONS = {"-s", "--snakefile"}
_CONFIG_OPTIONS = {"-d", "--directory", "--configfile", "--configfiles", *_SNAKEFILE_OPTIONS}
"""Options that may name another configuration."""
_ASKING = {"-h", "--help", "-v", "--version"}
"""Options that need no folder."""
_CORES_OPTIONS = {"-c", "--cores", "-j", "--jobs", "-e", "--executor", "--profile"}
"""Options that say how much runs at once."""
_CORES = re.compile(r"^(?:cores|jobs|executor)\s*:", re.MULTILINE)
"""The same in a profile."""


def run_workflow(
    folder: str | Path = ".", options: Sequence[str] = (), *, replace: bool = False
) -> int:
    """Run the workflow in a folder: what ``genoseq run`` does.

    It is ``snakemake`` of this environment, started in the folder.  What the folder and the options
    lack comes from the package: the Snakefile, the profile ``default`` or the one that
    ``--workflow-profile`` names, and ``--cores all``.

    Parameters
    ----------
    folder
        It has ``config/config.yaml``: a clone, or made by :func:`genoseq.plan.init.init_run`.
    options
        Snakemake's.
    replace
        Become Snakemake rather than wait for it, so that every signal is Snakemake's own.

    Returns
    -------
    Snakemake's exit status.

    Raises
    ------
    ConfigError
        If the folder has no configuration, or one that is no YAML; or there is no such profile.
    BackendError
        If this environment has no Snakemake.
    """
    folder = Path(folder)
    command = snakemake_command(folder, options)
    environment = _environment(folder)
    if replace:
        sys.stdout.flush()
        sys.stderr.flush()
        os.chdir(folder)
        os.execve(command[0], command, environment)
    process = subprocess.Popen(command, cwd=folder, env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # Snakemake has it too, and ends its jobs first
            continue


def snakemake_command(folder: Path, options: Sequence[str]) -> list[str]:
    """The command of :func:`run_workflow`, to be run in the folder."""
    if find_spec("snakemake") is None:
        raise BackendError(f"{sys.executable} has no Snakemake: pip install genoseq there")
    if not folder.is_dir():
        raise ConfigError(f"no such folder: make one with `genoseq init {_quoted(folder)}`", folder)
    given = {word.split("=")[0] if word.startswith("--") else word[:2] for word in options}
    if not given & (_CONFIG_OPTIONS | _ASKING):
        if not (folder / CONFIG).is_file():
            raise ConfigError(
                f"no {CONFIG} here: make one with `genoseq init {_quoted(folder)}`", folder
            )
        read_mapping(folder / CONFIG)  # a bomb of aliases would take Snakemake all memory
    words = []
    if not given & _SNAKEFILE_OPTIONS and not any((folder / n).is_file() for n in _SNAKEFILES):
        words += ["--snakefile", snakefile_path()]
    if "--workflow-profile" in given:
        options = _with_profile(folder, options)
    else:
        default = _profile(folder, "default")
        words += ["--workflow-profile", str(default)]
        if not given & _CORES_OPTIONS and "SNAKEMAKE_PROFILE" not in os.environ:
            words += [] if _says_cores(folder / default) else ["--cores", "all"]
    # -P: the modules of Python are not looked for in the folder.
    return [sys.executable, "-P", "-c", _START, *words, *options]


def _quoted(folder: Path) -> str:
    return quote(str(folder))


def _with_profile(folder: Path, options: Sequence[str]) -> list[str]:
    """The options with the path of the profile that ``--workflow-profile`` names."""
    words = list(options)
    for number, word in enumerate(words):
        option, equals, name = word.partition("=")
        if option == "--workflow-profile" and equals:
            words[number] = f"{option}={_profile(folder, name)}"
        elif option == "--workflow-profile" and words[number + 1 :]:
            words[number + 1] = str(_profile(folder, words[number + 1]))
    return words


def _profile(folder: Path, name: str) -> Path:
    """Where a profile is: in the folder, as Snakemake looks for it, or in the package.

    Snakemake itself goes on without one that it does not find.
    """
    if name == "none":
        return Path(name)
    for path in (Path(name), Path("profiles") / name, PROFILES / name):
        if (folder / path).exists():
            return path
    known = listed(path.name for path in PROFILES.iterdir())
    raise ConfigError(f"no profile {name!r} in profiles/ here: the package has {known}", folder)


def _says_cores(profile: Path) -> bool:
    files = [profile] if profile.is_file() else sorted(profile.glob("*.yaml"))
    return any(_CORES.search(path.read_text()) for path in files)


def _environment(folder: Path) -> dict[str, str]:
    """This process's, but with this ``genoseq`` first on PATH, and Snakemake's cache in the folder
    rather than in HOME; in XDG_CACHE_HOME where that is set and can be written."""
    environment = {**os.environ, "PATH": _search_path()}
    cache = os.environ.get("XDG_CACHE_HOME")
    if cache and _writable(Path(cache, "snakemake")):
        return environment
    own = (folder / ".snakemake/cache").resolve()
    if cache:
        log.info("run: no files can be written in %s, so the cache is %s", cache, own)
    return environment | {"XDG_CACHE_HOME": str(own)}


def _search_path() -> str:
    """PATH, with the folder of this Python first where another ``genoseq`` would be found."""
    own = Path(sys.executable).parent
    path = os.environ.get("PATH", os.defpath)
    if shutil.which("genoseq") == str(own / "genoseq"):
        return path
    return f"{own}{os.pathsep}{path}"


def _writable(folder: Path) -> bool:
    """Whether files can be written in a folder, which is made if it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)
