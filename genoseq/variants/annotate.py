"""Records with the fields of their scores: the lines that are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING
from urllib.parse import quote

from genoseq.errors import ConfigError
from genoseq.variants.fields import PREFIX, FieldChoice, with_fields
from genoseq.variants.gene_index import Gene, GeneIndex, read_genes
from genoseq.variants.splice import NAME, SYMBOL_LETTERS, SpliceChannels

if TYPE_CHECKING:
    from genoseq.variants.effect import VariantScorer
    from genoseq.variants.score_variants import ScoredRecord

GENE = f"{PREFIX}GENE"


class Annotator:
    """Makes lines of scored records.

    Parameters
    ----------
    scorer
        Whose channels are told.
    raw
        Whether the values behind changes are told.
    genes, lengths
        An annotation, and the lengths of the genome's contigs.
    masked, splice
        See :func:`genoseq.variants.variant_files.score_variants_files`.

    Raises
    ------
    ConfigError
        If masked scores are asked for of a model without splice sites.
    GenoseqError
        If the annotation cannot be read.
    """

    def __init__(
        self,
        scorer: VariantScorer,
        raw: bool,
        genes: str | PathLike[str] | None,
        lengths: Mapping[str, int],
        masked: bool,
        splice: bool,
    ) -> None:
        self._fields = FieldChoice(
            scorer.channels, scorer.kind, scorer.likelihoods, raw, scorer.distance
        )
        self._splice = SpliceChannels.of(scorer.channels) if splice else None
        if masked and self._splice is None:
            raise ConfigError(
                "--masked is of splice sites: the model needs classes splice_donor and "
                "splice_acceptor, and the field SpliceAI"
            )
        self._masked = masked
        self._genes: GeneIndex | None = None if genes is None else read_genes(genes, lengths)
        self.settings = {
            "distance": scorer.distance,
            "raw": int(raw),
            "genes": int(genes is not None),
            "masked": int(masked),
        }

    @property
    def replaced_lines(self) -> list[str]:
        """Beginnings of header lines of earlier runs."""
        names = [PREFIX, *([f"{NAME},"] if self._splice else [])]
        return [f"##INFO=<ID={name}" for name in names]

    def header(self) -> list[str]:
        """Header lines of all fields."""
        lines = self._fields.header()
        if self._genes is not None:
            said = "Genes that the record overlaps, each as SYMBOL|STRAND"
            lines.append(f'##INFO=<ID={GENE},Number=.,Type=String,Description="{said}">')
        if self._splice is not None:
            lines.append(self._splice.header(self._fields.distance, self._masked))
        return lines

    def line(self, scored: ScoredRecord) -> bytes:
        """The record's line, with its fields in INFO."""
        fields = self._fields.values(scored.effects)
        genes = self._overlapping(scored)
        if genes:
            fields.append((GENE, ",".join(_named(gene) for gene in genes)))
        if self._splice is not None:
            entries = [
                entry
                for effect in scored.effects
                for entry in self._splice.entries(effect, genes, self._masked)
            ]
            if entries:
                fields.append((NAME, ",".join(entries)))
        return with_fields(scored.record.line, fields, [NAME] if self._splice else [])

    def _overlapping(self, scored: ScoredRecord) -> Sequence[Gene]:
        if self._genes is None:
            return []
        record, chrom = scored.record, scored.effects[0].allele.chrom
        return self._genes.overlapping(chrom, record.start, record.start + len(record.ref))


def _named(gene: Gene) -> str:
    return f"{quote(gene.symbol, safe=SYMBOL_LETTERS)}|{gene.strand}"
