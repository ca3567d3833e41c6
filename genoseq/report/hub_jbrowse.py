"""The configuration of JBrowse 2: https://jbrowse.org/jb2/docs/config_guide/."""

from __future__ import annotations

import json
from typing import Any

from genoseq.genome.tracks import STRAND_COLOURS
from genoseq.report.hub_tracks import Hub, HubTrack
from genoseq.writers.bigbed import rgb

# JBrowse looks at no colour of a bigBed unless it is told to; in bigGenePred it takes one number
# for all of it, but the colours of genes are those of their strands.
_PLUS, _MINUS = f"'rgb({rgb(STRAND_COLOURS['+'])})'", f"'rgb({rgb(STRAND_COLOURS['-'])})'"
_COLOURS = {
    "intervals": "jexl:'rgb('+get(feature,'itemRgb')+')'",
    "genes": f"jexl:get(feature,'strand')==-1?{_MINUS}:{_PLUS}",
}


def jbrowse_config(hub: Hub) -> str:
    """``config.json``; paths are relative to it."""
    config = {
        "assemblies": [
            {
                "name": hub.name,
                "displayName": hub.label,
                "sequence": {
                    "type": "ReferenceSequenceTrack",
                    "trackId": f"{hub.name}_sequence",
                    "adapter": {
                        "type": "TwoBitAdapter",
                        "twoBitLocation": _location(hub.genome_file),
                    },
                },
            }
        ],
        "tracks": [_track(hub, track) for track in hub.tracks],
        "defaultSession": {"name": hub.label, "views": [_view(hub)]},
    }
    return json.dumps(config, indent=2) + "\n"


def _location(path: str) -> dict[str, str]:
    return {"uri": path, "locationType": "UriLocation"}


def _track(hub: Hub, track: HubTrack) -> dict[str, Any]:
    shown, location = track.shown, _location(hub.file(track))
    common = {
        "trackId": track.stem,
        "name": track.label,
        "assemblyNames": [hub.name],
        "category": [track.group],
        "description": track.title,
    }
    display: dict[str, Any] = {"displayId": f"{track.stem}_display", "type": _display(track)}
    if shown.limits is None:
        renderer = {"type": "SvgFeatureRenderer", "color1": _COLOURS[shown.shape]}
        adapter = {"type": "BigBedAdapter", "bigBedLocation": location}
        kind = "FeatureTrack"
    else:
        low, high = shown.limits
        renderer = {"type": "XYPlotRenderer", "color": f"rgb({rgb(shown.colour)})"}
        display |= {"minScore": low, "maxScore": high, "renderers": {"XYPlotRenderer": renderer}}
        adapter = {"type": "BigWigAdapter", "bigWigLocation": location}
        kind = "QuantitativeTrack"
    if shown.limits is None:
        display["renderer"] = renderer
    return {"type": kind, **common, "adapter": adapter, "displays": [display]}


def _display(track: HubTrack) -> str:
    return "LinearBasicDisplay" if track.shown.limits is None else "LinearWiggleDisplay"


def _view(hub: Hub) -> dict[str, Any]:
    """The tracks at the first region, all of them open."""
    view = hub.view
    return {
        "id": "view",
        "type": "LinearGenomeView",
        "init": {
            "assembly": hub.name,
            "loc": f"{view.chrom}:{view.start + 1}..{view.end}",
            "tracks": [track.stem for track in hub.tracks],
        },
    }
