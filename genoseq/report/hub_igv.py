"""Sessions of IGV: XML for IGV on a desk, JSON for igv.js and IGV-Web."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

from genoseq.genome.regions import format_region
from genoseq.report.hub_tracks import Hub, HubTrack
from genoseq.writers.bigbed import rgb

_FORMATS = {"values": "bigwig", "intervals": "bigbed", "genes": "bigbed"}
_HEIGHT = 60


def igv_json(hub: Hub) -> str:
    """The session of igv.js: https://igv.org/doc/igvjs/.  Paths are relative to the page."""
    session = {
        "reference": {"id": hub.name, "name": hub.label, "twoBitURL": hub.genome_file},
        "locus": format_region(hub.view),
        "loadDefaultGenomes": False,
        "search": False,
        "tracks": [
            {"order": order, **_track(hub, track)} for order, track in enumerate(hub.tracks)
        ],
    }
    return json.dumps(session, indent=2) + "\n"


def _track(hub: Hub, track: HubTrack) -> dict[str, Any]:
    shown = track.shown
    common = {"name": track.label, "url": hub.file(track), "format": _FORMATS[shown.shape]}
    if shown.limits is None:
        mode = "EXPANDED" if shown.shape == "genes" else "SQUISHED"
        return common | {"type": "annotation", "displayMode": mode, "height": _HEIGHT}
    low, high = shown.limits
    axis = {"min": low, "max": high, "autoscale": False, "windowFunction": "max"}
    return common | {
        "type": "wig", "color": f"rgb({rgb(shown.colour)})", "height": _HEIGHT, **axis,
    }  # fmt: skip


def igv_xml(hub: Hub) -> str:
    """The session of IGV on a desk.  Paths are relative to the session's file."""
    root = ElementTree.Element(
        "Session", genome=hub.genome_file, locus=format_region(hub.view), version="8"
    )
    resources = ElementTree.SubElement(root, "Resources")
    panel = ElementTree.SubElement(root, "Panel", name="DataPanel")
    for track in hub.tracks:
        shown, file = track.shown, hub.file(track)
        ElementTree.SubElement(resources, "Resource", path=file, type=_FORMATS[shown.shape])
        element = ElementTree.SubElement(panel, "Track", id=file, name=track.label, visible="true")
        if shown.limits is not None:
            element.attrib |= {
                "color": rgb(shown.colour), "autoScale": "false", "height": str(_HEIGHT),
                "windowFunction": "max",
            }  # fmt: skip
            low, high = shown.limits
            ElementTree.SubElement(
                element, "DataRange", type="LINEAR", baseline="0.0", drawBaseline="true",
                minimum=f"{low:g}", maximum=f"{high:g}",
            )  # fmt: skip
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=False) + "\n"
