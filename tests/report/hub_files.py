"""A genome with tracks and genes to make hubs of, and a strict reader of UCSC's stanzas."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from track_cases import CDS, golden, write

from genoseq.genome.tracks import Channel

GENES = """\
##gff-version 3
edges\tgenoseq\tgene\t1\t90\t5.0\t+\t.\tID=gene-e_1;locus_tag=e_1
edges\tgenoseq\tCDS\t1\t90\t5.0\t+\t0\tID=e_1;Parent=gene-e_1;conf=0.900
edges\tgenoseq\tgene\t4901\t5000\t5.0\t-\t.\tID=gene-e_2;locus_tag=e_2
edges\tgenoseq\tCDS\t4901\t5000\t5.0\t-\t0\tID=e_2;Parent=gene-e_2;conf=0.400
"""


@dataclass(frozen=True)
class Made:
    """A FASTA, a folder of tracks ``GENOME/MODEL`` and one of genes."""

    fasta: Path
    tracks: Path
    genes: Path


def made_results(folder: Path, channels: tuple[Channel, ...] = CDS, model: str = "bilstm") -> Made:
    """The golden cases of tracks, with letters for their contigs and two genes."""
    rng = np.random.default_rng(5)
    values = golden()
    fasta = folder / "made.fa"
    with fasta.open("w") as file:
        for name, of in values.items():
            letters = "".join(rng.choice([*"ACGTacgtN"], len(of)))
            file.write(f">{name}\n{letters}\n" if letters else f">{name}\n")
    tracks = folder / "tracks" / "made" / model
    tracks.parent.mkdir(parents=True)
    write(tracks, values, ("bigwig", "bed"), channels)
    genes = folder / "genes" / "made" / model
    genes.mkdir(parents=True)
    (genes / "genes.gff3").write_text(GENES)
    return Made(fasta, tracks, genes)


_KEYS = {
    "hub": {"hub", "shortLabel", "longLabel", "useOneFile", "descriptionUrl"},
    "genome": {"genome", "description", "twoBitPath", "organism", "defaultPos", "scientificName"},
    "track": {"track", "shortLabel", "longLabel", "type", "bigDataUrl", "html", "visibility"},
    "name": {"name", "label", "priority", "defaultIsClosed"},
}
"""Keys that UCSC wants in a stanza that begins with this one."""


def stanzas(path: Path) -> list[dict[str, str]]:
    """Stanzas of a file of UCSC's hubs; every rule of the format that is broken is an error."""
    found = []
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n")
    for block in text.rstrip("\n").split("\n\n"):
        lines = [line.split(" ", 1) for line in block.split("\n")]
        assert all(len(line) == 2 and line[1].strip() == line[1] != "" for line in lines), block
        stanza = {line[0]: line[1] for line in lines}
        assert len(stanza) == len(lines), f"a key twice: {block}"
        assert _KEYS[lines[0][0]] <= stanza.keys(), block
        assert all(re.fullmatch(r"[a-zA-Z]+", key) for key in stanza)
        assert len(stanza.get("shortLabel", "")) <= 17
        assert len(stanza.get("longLabel", "")) <= 76
        found.append(stanza)
    return found
