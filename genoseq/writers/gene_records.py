"""Called genes as FASTA of proteins and of bases, and as GenBank with their contigs.

GenBank by https://www.ncbi.nlm.nih.gov/genbank/samplerecord: a location across the origin of a
circle is a join, and ``<`` or ``>`` stands where a gene is cut off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from textwrap import wrap

from genoseq.genome.called_genes import CalledGene, GeneSequences
from genoseq.writers.gene_tables import ARTIFICIAL, attributes

_WIDTH = 60
_INDENT = 21 * " "
_TEXT = 58
"""Characters of a qualifier per line, behind 21 blanks."""
_NOTED = (
    "start_type", "introns", "rbs_motif", "rbs_spacer", "conf", "start_conf", "frameshifts",
    "pseudo_candidate",
)  # fmt: skip
"""What a note says of a gene."""
_DATE = "01-JAN-1980"
"""Files of equal genes are equal: they tell no time."""


def fasta_record(header: str, letters: bytes) -> str:
    """A record of FASTA, its lines ended."""
    return "\n".join((header, *rows(letters.decode()), ""))


def fasta_header(gene: CalledGene) -> str:
    """The line of FASTA that says what a gene is, as Prodigal writes it: ID # start # end # strand
    # more."""
    said = ";".join([f"{key}={value}" for key, value in attributes(gene).items()])
    strand = -1 if gene.strand == "-" else 1
    return f">{gene.name} # {gene.start + 1} # {gene.end} # {strand} # ID={gene.name};{said}"


def rows(letters: str, width: int = _WIDTH) -> list[str]:
    """Letters in lines of a width."""
    return [letters[at : at + width] for at in range(0, len(letters), width)]


def genbank_lines(
    name: str,
    letters: bytes,
    circular: bool,
    genes: Sequence[GeneSequences],
    division: str = "BCT",
) -> list[str]:
    """Lines of the GenBank record of a contig.

    Parameters
    ----------
    letters
        Its bases.
    genes
        Those of this contig.
    division
        GenBank's, three letters.
    """
    shape = "circular" if circular else "linear  "
    lines = [
        f"LOCUS       {name:<16} {len(letters):>11} bp    DNA     {shape} {division} {_DATE}",
        f"DEFINITION  {name}.",
        f"ACCESSION   {name}",
        f"VERSION     {name}",
        "KEYWORDS    .",
        "SOURCE      .",
        "  ORGANISM  .",
        "            .",
        "FEATURES             Location/Qualifiers",
        f"     source          1..{len(letters)}",
        _MOLECULE,
    ]
    for each in genes:
        lines += _feature_lines(each)
    lines.append("ORIGIN")
    for number, row in enumerate(rows(letters.decode().lower())):
        lines.append(f"{number * _WIDTH + 1:>9} {_in_tens(row)}")
    lines.append("//")
    return lines


def _in_tens(row: str) -> str:
    """A line's letters with blanks between each ten."""
    if len(row) < _WIDTH:
        return " ".join(rows(row, 10))
    return f"{row[:10]} {row[10:20]} {row[20:30]} {row[30:40]} {row[40:50]} {row[50:]}"


def _feature_lines(each: GeneSequences) -> list[str]:
    gene = each.gene
    where, said = location(gene), attributes(gene)
    tag = _qualifier("locus_tag", gene.name)
    if gene.introns is None:
        lines = [f"     gene            {where}"]
    else:
        lines = [f"     gene            {location(replace(gene, introns=()))}", tag]
        lines += _feature("mRNA", where)
    note = "; ".join([f"{word}={said[word]}" for word in _NOTED if word in said])
    lines += [tag, *_feature("CDS", where), tag, _CODON_START]
    lines.append(f"{_INDENT}/transl_table={gene.code}")
    lines += _wrapped("note", note)
    if gene.shifts:
        lines.append(_qualifier("artificial_location", ARTIFICIAL))
    lines.append(_INFERENCE)
    lines += _wrapped("translation", each.protein.decode())
    return lines


def _feature(kind: str, where: str) -> list[str]:
    """The first lines of a feature: its location, cut behind commas."""
    if len(where) <= _TEXT and "," not in where:
        return [f"     {kind:<16}{where}"]
    return [
        f"     {kind if number == 0 else '':<16}{row.replace(' ', '')}"
        for number, row in enumerate(wrap(where.replace(",", ", "), _TEXT))
    ]


def location(gene: CalledGene) -> str:
    """1-based closed; parts of a circle in the order of the strand that is read."""
    before, after = gene.partial
    parts = gene.parts[::-1] if gene.strand == "-" else gene.parts
    spans = []
    for index, (start, end, _) in enumerate(parts):
        low = "<" if before and index == 0 else ""
        high = ">" if after and index == len(parts) - 1 else ""
        spans.append(f"{low}{start + 1}..{high}{end}")
    where = spans[0] if len(spans) == 1 else f"join({','.join(spans)})"
    return f"complement({where})" if gene.strand == "-" else where


def _qualifier(key: str, value: str) -> str:
    text = value.replace('"', '""')
    return f'{_INDENT}/{key}="{text}"'


def _wrapped(key: str, value: str) -> list[str]:
    """Lines of a qualifier, cut between words where it has any: readers put a blank there."""
    text = f'/{key}="{value}"'
    return [_INDENT + row for row in (_filled(text) if " " in text else rows(text, _TEXT))]


def _filled(text: str) -> list[str]:
    """What :func:`textwrap.wrap` makes of words with single blanks between: most have no hyphen,
    and are cut in a hundredth of its time."""
    found, rest = [], text
    while len(rest) > _TEXT:
        blank = rest.rfind(" ", 0, _TEXT + 1)
        if blank < 0 or "-" in text:
            return wrap(text, _TEXT)
        found.append(rest[:blank])
        rest = rest[blank + 1 :]
    return [*found, rest]


_CODON_START = f"{_INDENT}/codon_start=1"
_MOLECULE = _qualifier("mol_type", "genomic DNA")
_INFERENCE = _qualifier("inference", "ab initio prediction:genoseq")
