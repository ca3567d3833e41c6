"""Genes of reads by FragGeneScan, for ``noisy_reads.py --fgs``; run by a Python that has pyfgs.

    PYTHON benchmarks/fgs_genes.py MODEL < reads.txt > genes.jsonl

One read per line; MODEL is one of pyfgs's, for instance ``Sanger5`` (0.5% of errors).  Each line of
the output is a read's genes: strand, first base (0-based) and what pyfgs read of it, 5' to 3', with
a base too many in lower case and N where one is missing.  Its wheels are of Python 3.12, which is
not genoseq's here, so that it is a process of its own.  Its ``end`` leaves out a gene's last codon
in most reads; the sequence has it.
"""

import json
import sys


def main() -> None:
    """Call the genes of the reads of stdin."""
    import pyfgs

    finder = pyfgs.GeneFinder(getattr(pyfgs.Model, sys.argv[1]))
    for read in sys.stdin.buffer:
        genes = finder.find_genes(read.strip())
        rows = [(gene.strand, gene.start, gene.sequence().decode()) for gene in genes]
        print(json.dumps(rows))


if __name__ == "__main__":
    main()
