"""Options of the rules' commands: of settings, of files, and those that a row's labels need."""

from __future__ import annotations

import shlex
from typing import NamedTuple

from genoseq.config.labels import LabelSettings
from genoseq.config.sheet import GenomeRow, named_file


def options(**values: object) -> str:
    """Words of a command line, quoted: ``min_length=300`` is ``--min-length 300``.

    True is an option without a value, a list one for each, and None or False is left out.
    """
    words: list[str] = []
    for name, value in values.items():
        option = f"--{name.replace('_', '-')}"
        for each in value if isinstance(value, list) else [value]:
            if each is not None and each is not False:
                words += [option] if each is True else [option, f"{each}"]
    return shlex.join(words)


class FileOption(NamedTuple):
    """A file that a rule reads: its option, none for an argument; its path, and a name for it."""

    option: str
    path: str
    name: str = ""

    def words(self, path: str) -> list[str]:
        """The words of a command line, where the file is now ``path``."""
        value = f"{self.name}={path}" if self.name else path
        return [self.option, value] if self.option else [value]


def label_files(row: GenomeRow, signals: bool) -> list[FileOption]:
    """Files of labels: signals or the annotation, and those that say which labels are known; of
    pairs the targets, where they are not beside the sources."""
    if row.pairs is not None:
        return [FileOption("--targets", row.targets)] if row.targets else []
    option, sources = ("--signal", row.signal) if signals else ("--annotation", (row.annotation,))
    named = [(option, *named_file(text)) for text in sources if text]
    named += [("--control", *named_file(text)) for text in row.control]
    beside = {"--mask": row.mask, "--evidence": row.evidence_file, "--starts": row.starts_file}
    found = [FileOption(given, str(path), name or "") for given, name, path in named]
    return found + [FileOption(each, path) for each, path in beside.items() if path is not None]


def label_options(row: GenomeRow, labels: LabelSettings) -> str:
    """Options without files: name, classes, and what CDS teach where that is not everything."""
    trust, judged, signals = labels.evidence, row.evidence is not None, labels.signals
    return options(
        name=row.name,
        scheme=labels.scheme,
        classes=",".join(labels.classes) or None,
        overlap=labels.overlap,
        multi_label=not labels.exclusive,
        keep=list(labels.keep),
        dropped=labels.dropped if labels.keep else None,
        gaps=None if signals.gaps == "unknown" else signals.gaps,
        normalise=None if signals.normalise == "none" else signals.normalise,
        learn_control=signals.control == "learn",
        evidence=None if row.evidence_file else row.evidence,
        tier=[f"{tier}={of}" for tier, of in trust.tiers.items()] if judged else None,
        unlisted=trust.unlisted if judged else None,
        starts=None if row.starts_file else row.starts,
        start_reach=trust.start_reach if judged or row.starts is not None else None,
    )
