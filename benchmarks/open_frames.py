"""Share of an annotation's CDS that are open frames in its genome, and where it does not belong.

    python benchmarks/open_frames.py FOLDER

For each NAME.fa.gz with NAME.gff3.gz in the folder: the share in its own genome, in the same genome
one base further, and in that of the pair before it.  Limits in ``genoseq/plan/frames.py``.
"""

from __future__ import annotations

import argparse
from itertools import chain, cycle, islice
from pathlib import Path

from genoseq.plan.beginnings import fasta_beginning
from genoseq.plan.frames import open_frames
from genoseq.readers.annotation import read_annotation


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    fastas = sorted(parser.parse_args().folder.glob("*.fa.gz"))
    pairs = [(path, path.with_name(f"{path.name[:-6]}.gff3.gz")) for path in fastas]
    before = b"".join(fasta_beginning(pairs[-1][0], 1 << 30).values())
    print("genome\tCDS\town\tshifted\tother")
    for fasta, gff in pairs:
        if not gff.is_file():
            continue
        own = fasta_beginning(fasta, 1 << 30)
        annotation = read_annotation(gff)
        shifted = {name: b"N" + letters for name, letters in own.items()}
        other = {name: bytes(islice(cycle(before), len(x))) for name, x in own.items()}
        found = [open_frames(annotation, each) for each in (own, shifted, other)]
        before = bytes(chain.from_iterable(own.values()))
        if found[0].judged:
            shares = "\t".join(f"{each.share:.3f}" for each in found)
            print(f"{fasta.name[:-6]}\t{found[0].judged}\t{shares}", flush=True)


if __name__ == "__main__":
    main()
