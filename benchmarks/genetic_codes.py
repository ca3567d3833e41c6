"""The genetic code that is inferred of whole genomes, and how many organisms one is taken for.

    python benchmarks/genetic_codes.py DATA [BUNDLE]

DATA holds ``NAME.fa.gz`` of the genomes in ``config/examples/bacteria/accessions.tsv``; BUNDLE is
by default the model in the box.  Columns: genome; its code; the code that is inferred, and its
probability; organisms; candidates of selenocysteine.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from pathlib import Path

from genoseq.genes.call_files import call_genes_files

GENOMES = Path(__file__).parents[1] / "config/examples/bacteria/accessions.tsv"


def row(name: str, code: str, data: Path, bundle: Path | None) -> tuple[object, ...]:
    """A row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        call_genes_files(data / f"{name}.fa.gz", bundle, Path(folder) / "genes", precision="fp32")
        said = json.loads((Path(folder) / "genes/summary.json").read_text())
    largest = max(said["organisms"], key=lambda one: int(one["bases"]))
    inferred = largest["genetic_code"]
    posterior = largest["code_posterior"][str(inferred)]
    organisms, found = len(said["organisms"]), len(said["selenocysteine_candidates"])
    return name, code, inferred, f"{posterior:.6f}", organisms, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("bundle", type=Path, nargs="?")
    asked = parser.parse_args()
    print("genome", "code", "inferred", "p", "organisms", "selenocysteine", sep="\t")
    with GENOMES.open(newline="") as file:
        for line in csv.DictReader(file, delimiter="\t"):
            told = row(line["name"], line["genetic_code"], asked.data, asked.bundle)
            print(*told, sep="\t", flush=True)


if __name__ == "__main__":
    main()
