"""The tracks of a hub, and the words for them that no browser takes for anything else."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from genoseq.genome.regions import Region
from genoseq.report.shown_tracks import ShownTrack

_SAFE = " !#$'()*+,-./;=?@[]^_{|}~%"
"""What labels keep beside letters and digits: browsers put them into pages as they are, and JBrowse
takes what begins with ``jexl:`` for a program."""
GENERAL = "files"
"""The group of files that are of no folder."""


@dataclass(frozen=True, slots=True)
class HubTrack:
    """A track and its place in a hub.

    Attributes
    ----------
    shown
        The track.
    stem
        Letters, digits and _ alone: names its files and, in UCSC's hub, itself.
    """

    shown: ShownTrack
    stem: str

    @property
    def file(self) -> str:
        """Its bigWig or bigBed, in the genome's folder."""
        return f"{self.stem}.{'bw' if self.shown.shape == 'values' else 'bb'}"

    @property
    def group(self) -> str:
        """The model or folder, as a label."""
        return safe_label(self.shown.group or GENERAL)

    @property
    def label(self) -> str:
        """Class, strand and model: ``CDS + bilstm``."""
        return safe_label(f"{self.shown.label} {self.shown.group}".strip())

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        return safe_label(self.shown.title)


@dataclass(frozen=True, slots=True)
class Hub:
    """A hub: the genome's name, title and address for questions, the first view, the tracks."""

    name: str
    title: str
    email: str
    view: Region
    tracks: tuple[HubTrack, ...]

    @property
    def genome_file(self) -> str:
        """The 2bit, from the hub's folder."""
        return f"{self.name}/{self.name}.2bit"

    @property
    def label(self) -> str:
        """The title, as a label."""
        return safe_label(self.title)

    def file(self, track: HubTrack) -> str:
        """A track's file, from the hub's folder."""
        return f"{self.name}/{track.file}"


def safe_label(text: str) -> str:
    """The text for pages of others: all but letters, digits and harmless signs becomes ``%XX``."""
    return quote(text, safe=_SAFE)
