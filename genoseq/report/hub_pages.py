"""The pages of a hub: how to open it, and what each track is."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from genoseq import __version__
from genoseq.files.provenance import read_record
from genoseq.genome.regions import format_region
from genoseq.report.hub_tracks import Hub, HubTrack
from genoseq.writers.bigbed import rgb

_SHAPES = {
    "values": "bigWig: one value per base; a base without a value is a gap",
    "intervals": "bigBed 9: the colour is that of the class and strand, the score 1000 times the "
    "mean probability",
    "genes": "bigGenePred: the score is 1000 times the confidence, where the file says it",
}


def index_page(hub: Hub) -> str:
    """``index.html``, which UCSC shows about the hub and the genome."""
    rows = ((track.shown.label, track.shown.group, track.shown.kind, hub.file(track))
            for track in hub.tracks)  # fmt: skip
    return _page(
        hub.title,
        f"<p>Tracks of {escape(hub.name)}, written by genoseq {__version__}. The first view is "
        f"{escape(format_region(hub.view))}.</p>\n"
        "<h2>Open it</h2>\n<ul>\n"
        "<li>UCSC: put this folder on a web server that answers byte ranges, and give the address "
        "of hub.txt under My Data, Track Hubs, Connected Hubs.</li>\n"
        "<li>IGV: File, Open Session, igv.xml. igv.js and IGV-Web: igv.json as the session, or "
        "hub.txt as the hub.</li>\n"
        "<li>JBrowse 2: config.json as the configuration of a JBrowse in this folder.</li>\n"
        "</ul>\n<h2>Tracks</h2>\n"
        + _table(("track", "from", "kind", "file"), rows),
    )  # fmt: skip


def track_page(hub: Hub, track: HubTrack) -> str:
    """The page about one track."""
    shown = track.shown
    facts = [
        ("genome", hub.name),
        ("from", shown.group or "a file"),
        ("file", shown.path.name),
        ("holds", _SHAPES[shown.shape]),
        ("coordinates", "as everywhere in genoseq 0-based half-open; browsers show them 1-based"),
    ]
    if shown.limits is not None:
        facts.append(("axis", f"{shown.limits[0]:g} to {shown.limits[1]:g}, colour rgb "
                              f"{rgb(shown.colour)}"))  # fmt: skip
    record = read_record(shown.path.parent) if shown.group else None
    for what, files in ((record or {}).get("inputs") or {}).items():
        sums = ", ".join(f"{name} {str(sum_)[:12]}" for name, sum_ in files.items())
        facts.append((f"made with: {what}", sums))
    return _page(shown.title, _table(("", ""), facts))


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{escape(each)}</th>" for each in headings)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(each)}</td>' for each in row)}</tr>\n" for row in rows
    )
    return f"<table>\n<tr>{head}</tr>\n{body}</table>\n"


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        f"<title>{escape(title)}</title></head>\n<body>\n<h1>{escape(title)}</h1>\n{body}</body>\n"
        "</html>\n"
    )
