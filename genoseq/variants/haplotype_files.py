"""A phased VCF, a genome and a model to tracks of every haplotype: ``genoseq haplotypes``.

haplotypes.tsv         a row for each variant of a haplotype: whether it is applied, or why not
provenance.json
reference/             tracks of the reference, if haplotypes are compared with it
samples/NAME/hap1/     tracks of a haplotype, at the bases of the reference
samples/NAME/hap1-reference/, hap2-hap1/     what they differ by
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from genoseq.config.base import AskedPrecision
from genoseq.config.context import BATCH_BASES
from genoseq.errors import ConfigError, InputFormatError, listed
from genoseq.extraction.shard_folder import original_of
from genoseq.files.atomic import PathLike, atomic_folder, irreplaceable
from genoseq.files.inputs import Input, all_kept
from genoseq.files.names import WEIGHTS
from genoseq.files.progress import Report, unreported
from genoseq.files.provenance import PROVENANCE, file_sha256, make_record, write_record
from genoseq.files.staging import temporary_folder
from genoseq.genome.contig_names import contigs_there
from genoseq.genome.regions import Region, flank, merge
from genoseq.genome.vcf_records import VcfRecord, text_of_bytes
from genoseq.pretrained.registry import model_folder
from genoseq.readers.bed import read_bed
from genoseq.readers.fasta import Fasta, open_fasta
from genoseq.readers.genotypes import samples_of
from genoseq.readers.vcf import open_vcf
from genoseq.writers.origin import Origin
from genoseq.writers.outputs import check_formats, chosen_formats

if TYPE_CHECKING:
    from genoseq.tasks.outputs import ValueKind
    from genoseq.variants.haplotype_folders import Against, Asked
    from genoseq.variants.haplotypes import Haplotypes, Row

TABLE = "haplotypes.tsv"
COLUMNS = (
    *("sample", "haplotype", "chrom", "pos", "id", "ref", "alt", "phase_set", "where"),
    *("applied", "reason"),
)
"""Of the table; positions are those of the VCF, from 1 on."""
_NAMES = (TABLE, "reference", "samples", PROVENANCE)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Made:
    """What was written: the folder, haplotypes with tracks, rows of variants by their reasons.

    Of those that are applied it is None.
    """

    out: Path
    haplotypes: int
    reasons: Mapping[str | None, int]

    def __str__(self) -> str:
        others = sorted((why, count) for why, count in self.reasons.items() if why is not None)
        left = (f", {count:,} {why}" for why, count in others)
        many = f"{self.haplotypes:,} haplotype{'' if self.haplotypes == 1 else 's'}"
        return f"{self.out}: {many}, variants applied {self.reasons.get(None, 0):,}{''.join(left)}"


def haplotype_files(
    vcf: PathLike,
    fasta: PathLike,
    model: PathLike | None,
    out: PathLike,
    *,
    regions: PathLike | None = None,
    samples: Sequence[str] = (),
    unphased: Literal["error", "reference"] = "error",
    against: Against = "both",
    formats: str | None = None,
    values: ValueKind = "probability",
    by_phase: bool = False,
    digits: int | None = None,
    batch_bases: int | None = None,
    device: str | None = None,
    precision: AskedPrecision = "auto",
    jobs: int = 1,
    report: Report = unreported,
) -> Made:
    """Score the haplotypes of a phased VCF and write their tracks, and what they differ by.

    Parameters
    ----------
    vcf, fasta, model
        VCF with genotypes; FASTA, GenBank or EMBL; a model's folder or name.
    out
        Folder, which is replaced as a whole.
    regions
        BED of what to score; by default every contig.
    samples
        Names; by default all.
    unphased
        What becomes of a heterozygous genotype that is not phased, in a region or near enough to be
        seen from it: an error, or the reference stays there.  Farther away the reference stays.
    against
        What haplotypes are compared with.
    formats, values, by_phase, digits, batch_bases, device, precision, jobs
        As of :func:`genoseq.inference.score_files.score_files`.
    report
        Called with the bases of all haplotypes that are done, and with all of them.

    Raises
    ------
    GenoseqError
        Before anything is written, with what is wrong with a file or an argument.
    """
    _check_out(out := Path(out))
    # Torch takes seconds to load: what is wrong with the inputs is told before.
    with (
        all_kept({"regions": regions, "vcf": vcf}, fasta) as given,
        open_fasta(fasta) as genome,
        open_vcf(given["vcf"]) as file,
    ):
        chosen = samples_of(file.header, given["vcf"], samples)
        named = _regions(given, genome)

        from genoseq.inference.score import wanted_regions
        from genoseq.variants.haplotype_folders import sample_folders, write_haplotypes
        from genoseq.variants.haplotypes import Haplotypes, regions_of

        sample_folders(chosen.names)
        wanted = wanted_regions(genome, named)
        options = {
            "values": values, "by_phase": by_phase, "batch_bases": batch_bases or BATCH_BASES,
            "device": device, "precision": precision, "jobs": jobs, "rounded": digits is None,
        }  # fmt: skip
        settings = {"samples": list(chosen.names), "unphased": unphased, "digits": digits}
        asked = _asked(genome, model, wanted, given, formats, against, options, settings)
        near = regions_of(_grown(wanted, asked.bundle.context, genome.lengths))
        kept = unphased == "reference"
        found = Haplotypes(genome, chosen, regions_of(wanted), near, kept)
        with temporary_folder() as temporary, atomic_folder(out, _NAMES) as folder:
            with _written(folder / TABLE) as table:
                reasons = _write_table(_named(found.rows(file.records), given["vcf"]), table)
            _check_contigs(found, genome, given["vcf"])
            _say_phase_sets(found)
            count = write_haplotypes(found, asked, folder, temporary, report)
            write_record(folder, asked.record)
    return Made(out, count, reasons)


def _check_out(out: Path) -> None:
    if (problem := irreplaceable(out, _NAMES)) is not None:
        raise ConfigError(problem)


def _regions(given: Mapping[str, Input], genome: Fasta) -> list[Region] | None:
    bed = given.get("regions")
    return None if bed is None else [one.region for one in read_bed(bed, genome.lengths)]


def _asked(
    genome: Fasta,
    model: PathLike | None,
    wanted: Sequence[Region],
    given: Mapping[str, Input],
    formats: str | None,
    against: Against,
    options: dict[str, Any],
    settings: dict[str, Any],
) -> Asked:
    """What is scored and written; a ConfigError if it cannot be."""
    from genoseq.inference.predict import choose_computing
    from genoseq.models.bundle import bundle_identity, load_bundle
    from genoseq.models.device import computing
    from genoseq.variants.haplotype_folders import Asked

    folder, digits = model_folder(model), settings["digits"]
    bundle = load_bundle(folder)
    output = bundle.task.output(options["values"], options["by_phase"])
    written = chosen_formats(formats, output.kind)
    check_formats(written, output.kind, output.channels, genome.lengths, digits=digits)
    device, precision = choose_computing(bundle.settings, options["device"], options["precision"])
    decisive = {name: options[name] for name in ("values", "by_phase", "batch_bases")}
    settings |= decisive
    identity = bundle_identity(folder)
    told = computing(device, precision)
    inputs: dict[str, Mapping[str, str]] = {
        "genome": original_of(genome),
        "model": {WEIGHTS: file_sha256(folder / WEIGHTS)},
        "variants": {given["vcf"].name: given["vcf"].sha256},
    }
    if "regions" in given:
        inputs["regions"] = {given["regions"].name: given["regions"].sha256}
    record = make_record("haplotypes", settings, inputs, told, model=identity)
    (sha256,) = inputs["genome"].values()
    origin = Origin(tuple(wanted), identity, sha256, settings, device.type, precision)
    options |= {"device": str(device)}
    lengths = genome.lengths
    return Asked(bundle, options, wanted, lengths, output, written, digits, against, origin, record)


def _grown(regions: Iterable[Region], context: int, lengths: Mapping[str, int]) -> list[Region]:
    """Regions with what a model sees from them."""
    return merge(flank(one, context, context, lengths[one.chrom]) for one in regions)


def _written(path: Path) -> IO[str]:
    # Names that are no UTF-8 come out as they went in.
    return path.open("w", encoding="utf-8", errors="surrogateescape", newline="\n")


def _named(rows: Iterator[Row], path: Input) -> Iterator[Row]:
    """The same rows; errors of genotypes name the file."""
    try:
        yield from rows
    except InputFormatError as error:
        raise error if error.path else InputFormatError(error.problem, path) from None


def _write_table(rows: Iterable[Row], table: IO[str]) -> Counter[str | None]:
    """Write the table; how many rows there are of each reason."""
    reasons: Counter[str | None] = Counter()
    table.write("\t".join(COLUMNS) + "\n")
    for row in rows:
        reasons[row.reason] += 1
        table.write("\t".join(_fields(row)) + "\n")
    return reasons


def _fields(row: Row) -> list[str]:
    """A row's text; none of it has a tab, because columns of a VCF have none."""
    record = row.record
    haplotype = str(row.haplotype or "*")
    site = [record.chrom, str(record.start + 1), _id(record), record.ref, row.alt]
    said = ["yes", "."] if row.reason is None else ["no", row.reason]
    return [row.sample, haplotype, *site, row.phase_set, row.where, *said]


def _id(record: VcfRecord) -> str:
    return text_of_bytes(record.line.split(b"\t", 3)[2])


def _check_contigs(found: Haplotypes, genome: Fasta, path: Input) -> None:
    """Refuse a file none of whose contigs is the genome's; say which are not."""
    strange = found.contigs - genome.lengths.keys()
    if not strange:
        return
    said = f"{listed(strange)}, but the FASTA has {contigs_there(genome.lengths, strange)}"
    if strange == found.contigs:
        raise InputFormatError(f"its contigs are {said}: names must be equal", path)
    _log.warning("%s: nothing is applied of contigs %s", path, said)


def _say_phase_sets(found: Haplotypes) -> None:
    """Say where haplotypes are joined from stretches that were phased apart."""
    for (chrom, sample), names in found.phase_sets.items():
        if len(names) > 1:
            _log.warning(
                "sample %s, %s: the regions have heterozygous variants of %s phase sets: which "
                "haplotype of one goes with which of another is not known",
                sample, chrom, f"{len(names):,}",
            )  # fmt: skip
