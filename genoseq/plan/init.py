"""A new folder for a run of the workflow: its Snakefile, configuration and profiles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from genoseq.errors import ConfigError, listed
from genoseq.files.atomic import atomic_folder, filled_folder
from genoseq.plan.snakefile import CONFIG, PACKAGED, PROFILES

SHEET = Path("config/genomes.tsv")

_SNAKEFILE = """\
# The workflow of the genoseq that is installed; rules of your own may follow.
from genoseq import snakefile_path


configfile: "config/config.yaml"


module genoseq:
    snakefile:
        snakefile_path()
    config:
        config


use rule * from genoseq
"""
_SHEET = """\
# One row per genome, tab separated; - means none. Paths are relative to the Snakefile's folder.
# README.md, beside this file, explains the columns. Two examples; without its # each is a row:
name\tfasta\tannotation\tmask\tsplit
# ecoli\tdata/ecoli.fa\tdata/ecoli.gff3\t-\tblocks
# novel\tdata/novel.fa\t-\t-\tscore
"""
_REPORT = """\
report:
  title: "genoseq run"
  note: ""               # where the labels come from, in a sentence
"""


def init_run(folder: str | Path, demo: bool = False) -> list[Path]:
    """Lay down what a run of the workflow needs, to be edited: what ``genoseq init`` does.

    Parameters
    ----------
    folder
        A new folder, or one that has none of the files.
    demo
        Lay down the demo, which runs as it is, rather than a sample sheet without rows.

    Returns
    -------
    The files that were written.

    Raises
    ------
    ConfigError
        If the folder has one of them, or is a file.  Nothing is written then.
    """
    folder, texts = Path(folder), _texts(demo)
    if folder.exists() and not folder.is_dir():
        raise ConfigError("this is a file: name a folder", folder)
    if found := [str(path) for path in texts if _is_there(folder / path)]:
        raise ConfigError(
            f"{listed(found)} there already, nothing was written: name a new folder", folder
        )
    if folder.is_dir():
        with filled_folder(folder) as filling:
            _write(filling.new, texts)
            filling.publish(list(map(str, texts)))
    else:
        with atomic_folder(folder) as partial:
            _write(partial, texts)
    return [folder / path for path in texts]


def _is_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _texts(demo: bool) -> dict[Path, str]:
    """Text by path of all files."""
    config = (PACKAGED / CONFIG).read_text()
    schema = PACKAGED / "workflows/schemas/config.schema.json"
    config = re.sub(r"(?<=\$schema=).*", lambda _: str(schema), config, count=1)
    sheet = (PACKAGED / SHEET).read_text() if demo else _SHEET
    profiles = [path for path in sorted(PROFILES.rglob("*")) if path.is_file()]
    return {
        Path("Snakefile"): _SNAKEFILE,
        CONFIG: config if demo else _without_demo(config),
        SHEET: sheet,
        Path("config/README.md"): (PACKAGED / "config/README.md").read_text(),
        **{"profiles" / path.relative_to(PROFILES): path.read_text() for path in profiles},
    }


def _without_demo(config: str) -> str:
    """The demo's configuration without what it says of the demo."""
    config = re.sub(r"# As it stands this is the demo:.*\n", "", config)
    return re.sub(r"^report:\n(?:[ ].*\n)+", lambda _: _REPORT, config, flags=re.MULTILINE)


def _write(folder: Path, texts: Mapping[Path, str]) -> None:
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
