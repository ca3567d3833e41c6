"""Names of the files in folders that more than one room reads or writes."""

from __future__ import annotations

WEIGHTS, CONFIG, DECODER = "model.safetensors", "config.json", "genes.json"
"""Of a bundle, see :mod:`genoseq.models.bundle`; the last is in some."""
GENES = ("genes.gff3", "genes.bed", "genes.gbk", "genes.ffn", "proteins.faa")
"""Called genes, in every format."""
FRAMESHIFTS = "frameshifts.bed"
"""Indels that genes were read across, where that was asked for."""
SUMMARY = "summary.json"
"""What is said of called genes in a few numbers."""
TRACKS = "tracks"
"""Folder of per-base tracks beside genes, if they are asked for."""
VARIANTS = "variants.vcf.gz"
"""Scored variants, of a genome by a model."""
