"""Picture of a folder of tracks in igv.js: ``python tests/browser/screenshot.py --help``."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from igv_page import open_igv

from genoseq.readers.fasta import open_fasta, write_fasta


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tracks", type=Path, help="folder with a manifest.tsv")
    parser.add_argument("fasta", type=Path, help="the genome, plain or compressed")
    parser.add_argument("png", type=Path, help="picture to write")
    parser.add_argument("--locus", help="chrom:start-end, 1-based; default: 30 kb of the first")
    parser.add_argument("--annotation", type=Path, help="GFF3 or BED to show below")
    parser.add_argument("--width", type=int, default=1200, help="pixels")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        fasta = plain_fasta(words.fasta, Path(folder) / "genome.fa")
        with open_fasta(fasta) as genome:
            chrom, length = next(iter(genome.lengths.items()))
        start = min(100_000, length // 2)
        locus = words.locus or f"{chrom}:{start + 1}-{min(start + 30_000, length)}"
        with open_igv(
            words.tracks, fasta, locus, Path(folder) / "profile", words.annotation, words.width
        ) as page:
            page.screenshot(words.png)


def plain_fasta(source: Path, copy: Path) -> Path:
    """An uncompressed copy with its ``.fai``."""
    from pysam import faidx

    with open_fasta(source) as fasta:
        write_fasta(copy, ((c, fasta.fetch(c, 0, size)) for c, size in fasta.lengths.items()))
    faidx(str(copy))
    return copy


if __name__ == "__main__":
    main()
