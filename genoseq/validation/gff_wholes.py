"""What lines of GFF say of one another: IDs, parents, strands, and phases of coding sequence.

*IDs* are one feature's each.  A feature of several lines (GFF3 calls it discontinuous) has one ID
on all of them: of one type, and none of them twice; a gene or transcript has several lines only
across the origin of a circle or where it is trans-spliced.

*Phases* are those of the parts' lengths, 5' to 3', from the first part's phase on; which parts are
of one CDS is found as everywhere here (:mod:`genoseq.genome.grouping`).

Memory grows with the number of features.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from genoseq.genome.features import Feature
from genoseq.genome.genes import Transcript
from genoseq.genome.grouping import group_transcripts, in_phase
from genoseq.readers.attributes import Said
from genoseq.validation.findings import Findings, Level
from genoseq.validation.positions import span

_SINGLE = (
    "gene",
    "mRNA",
    "transcript",
    "exon",
    "pseudogene",
    "ncRNA_gene",
    "tRNA",
    "rRNA",
    "ncRNA",
)
"""Types that are one stretch of their contig, but for circles and trans-splicing."""
_TRANS = ("trans-splicing", "trans_splicing")


@dataclass(slots=True)
class _Lines:
    """The lines of one ID: the first one's number, type, contig and strand, all intervals."""

    number: int
    type: str
    chrom: str
    strand: str
    spans: list[tuple[int, int]]
    trans: bool


class Wholes:
    """Collects the features of a file; :meth:`finish` checks what was not yet known.

    Attributes
    ----------
    gtf
        Whether a line has the attributes of GTF.
    """

    def __init__(self, findings: Findings) -> None:
        self.gtf = False
        self._findings = findings
        self._ids: dict[str, _Lines] = {}
        self._children: list[tuple[Feature, int]] = []
        self._features: list[Feature] = []

    def add(self, feature: Feature, said: Said, line: int, version3: bool) -> None:
        """Take the next line."""
        self.gtf = self.gtf or (said.gtf and not version3)
        self._features.append(feature)
        if said.gtf:
            return  # whose IDs are made of gene_id and transcript_id
        if feature.parents:
            self._children.append((feature, line))
        if feature.id is None:
            return
        trans = _is_trans_spliced(feature)
        known = self._ids.get(feature.id)
        if known is None:
            self._ids[feature.id] = _Lines(
                line, feature.type, feature.chrom, feature.strand, [(feature.start, feature.end)],
                trans,
            )  # fmt: skip
            return
        self._again(feature, known, line, trans)
        known.spans.append((feature.start, feature.end))
        known.trans = known.trans or trans

    def finish(self, circles: Mapping[str, int]) -> None:
        """Check parents, and phases; ``circles`` are the contigs that are such."""
        for feature, line in self._children:
            for parent in feature.parents:
                self._child(feature, parent, line, circles)
        self._cycles()
        check_phases(group_transcripts(self._features, circles), self._findings)

    def _again(self, feature: Feature, known: _Lines, line: int, trans: bool) -> None:
        """Check a further line of an ID."""
        where = f"ID {feature.id!r} is also that of line {known.number}"
        if feature.type != known.type:
            self._add("ids", f"{where}, a {known.type} and not a {feature.type}", line, feature)
        elif (feature.start, feature.end) in known.spans and feature.chrom == known.chrom:
            self._add("ids", f"{where}, at the same bases", line, feature)
        elif trans or known.trans:
            return
        elif feature.chrom != known.chrom:
            self._add("ids", f"{where}, on {known.chrom}", line, feature)
        elif feature.strand != known.strand:
            self._add("strands", f"{where}, on the other strand", line, feature)
        elif feature.type in _SINGLE and 0 not in (feature.start, known.spans[0][0]):
            self._add("ids", f"{where}: a {feature.type} has one line", line, feature)

    def _child(self, feature: Feature, parent: str, line: int, circles: Mapping[str, int]) -> None:
        known = self._ids.get(parent)
        if known is None:
            self._add("parents", f"its parent {parent!r} is not in the file", line, feature)
            return
        if known.trans or _is_trans_spliced(feature):
            return
        if feature.chrom != known.chrom:
            self._add("parents", f"its parent {parent!r} is on {known.chrom}", line, feature)
        elif feature.strand != known.strand and "." not in (feature.strand, known.strand):
            what = f"strand {feature.strand}, but its parent {parent!r} is on {known.strand}"
            self._add("strands", what, line, feature)
        elif feature.chrom not in circles:
            low = min(start for start, _ in known.spans)
            high = max(end for _, end in known.spans)
            if feature.start < low or feature.end > high:
                what = f"outside its parent {parent!r}, {low + 1}-{high}"
                self._findings.add("parents", what, line, _where(feature), "warning")

    def _cycles(self) -> None:
        """Note features that are their own ancestors, once for each ring of them."""
        above = {f.id: (f.parents, line) for f, line in self._children if f.id is not None}
        done: set[str] = set()
        for start, (_, line) in above.items():
            path: list[str] = []
            name: str | None = start
            while name is not None and name not in done and name not in path:
                path.append(name)
                name = above[name][0][0] if name in above else None
            if name is not None and name in path:
                self._findings.add("parents", f"{name!r} is its own parent or ancestor", line)
            done.update(path)

    def _add(self, check: str, what: str, line: int, feature: Feature) -> None:
        self._findings.add(check, f"{feature.type}: {what}", line, _where(feature))


def check_phases(transcripts: Iterable[Transcript], findings: Findings) -> None:
    """Note parts of coding sequence whose phases are not those of the lengths before them."""
    for transcript in transcripts:
        for cds in transcript.coding:
            pairs = zip(cds.parts, in_phase(cds.parts, afresh=True), strict=True)
            wrong = next((pair for pair in pairs if pair[0].phase != pair[1].phase), None)
            if wrong is None:
                continue
            part, right = wrong
            what = (
                f"phase {part.phase} of a CDS of {transcript.name or part.id!r}, but the lengths "
                f"of the parts before it make it {right.phase}"
            )
            level: Level = "warning" if cds.slippage else "error"
            findings.add("phases", what, None, _where(part), level)


def _where(feature: Feature) -> str:
    return span(feature.chrom, feature.start, feature.end)


def _is_trans_spliced(feature: Feature) -> bool:
    said = dict(feature.attributes)
    return "trans-spliced" in feature.marks or "part" in said or said.get("exception") in _TRANS
