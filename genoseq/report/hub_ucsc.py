"""UCSC's track hub: https://genome.ucsc.edu/goldenPath/help/hgTrackHubHelp.html.

Stanzas of ``key value`` lines, separated by blank lines.
"""

from __future__ import annotations

from collections.abc import Mapping

from genoseq.genome.regions import format_region
from genoseq.report.hub_tracks import Hub, HubTrack, safe_label
from genoseq.writers.bigbed import rgb

_SHORT, _LONG = 17, 76
"""Characters of a short label and of a long one."""


def hub_text(hub: Hub) -> str:
    """``hub.txt``: the hub, its genome, which UCSC need not know, and how each track is drawn.

    All in one file: igv.js reads no other hubs.
    """
    about = {
        "hub": hub.name,
        "shortLabel": hub.label[:_SHORT],
        "longLabel": hub.label[:_LONG],
        "useOneFile": "on",
        **({"email": safe_label(hub.email)} if hub.email else {}),
        "descriptionUrl": "index.html",
    }
    genome = {
        "genome": hub.name,
        "groups": f"{hub.name}/groups.txt",
        "description": hub.label[:_LONG],
        "twoBitPath": hub.genome_file,
        "organism": hub.name,
        "scientificName": hub.name,
        "defaultPos": format_region(hub.view),
        "orderKey": "10",
        "htmlPath": "index.html",
    }
    keys = group_keys(hub)
    tracks = (
        _track(hub, track, keys[track.group], number) for number, track in enumerate(hub.tracks, 1)
    )
    return "\n".join(map(_stanza, (about, genome, *tracks)))


def group_keys(hub: Hub) -> dict[str, str]:
    """A key for each group's label, in order."""
    labels = dict.fromkeys(track.group for track in hub.tracks)
    return {label: f"group{number}" for number, label in enumerate(labels, 1)}


def groups_text(hub: Hub) -> str:
    """``groups.txt``: a section of the page for each model or folder."""
    return "\n".join(
        _stanza(
            {"name": key, "label": label[:_LONG], "priority": str(number), "defaultIsClosed": "0"}
        )
        for number, (label, key) in enumerate(group_keys(hub).items(), 1)
    )


def _track(hub: Hub, track: HubTrack, group: str, number: int) -> dict[str, str]:
    shown = track.shown
    common = {
        "track": track.stem,
        "shortLabel": track.label[:_SHORT].strip(),
        "longLabel": track.title[:_LONG].strip(),
        "group": group,
        "priority": str(number),
        "bigDataUrl": hub.file(track),
        "html": f"{hub.name}/{track.stem}.html",
    }
    # igv.js takes a track's color for that of all its items.
    if shown.shape == "genes":
        return common | {"type": "bigGenePred", "visibility": "pack", "itemRgb": "on"}
    if shown.shape == "intervals":
        return common | {"type": "bigBed 9", "visibility": "dense", "itemRgb": "on"}
    assert shown.limits is not None
    low, high = shown.limits
    # Letters as high as the value of their base (dynseq), where bases are wide enough.
    letters = {"logo": "on"} if shown.kind == "importance" else {}
    return (
        common
        | letters
        | {
            "type": f"bigWig {low:g} {high:g}",
            "color": rgb(shown.colour),
            "visibility": "full",
            "viewLimits": f"{low:g}:{high:g}",
            "autoScale": "off",
            "maxHeightPixels": "128:48:16",
            # Means hide peaks of one base, as starts and splice sites are.
            "windowingFunction": "mean+whiskers",
        }
    )


def _stanza(lines: Mapping[str, str]) -> str:
    return "".join(f"{key} {value}\n" for key, value in lines.items())
