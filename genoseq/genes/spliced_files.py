"""What ``genoseq genes`` does with a model that tells introns: its genes as a folder of files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genoseq.config.base import AskedPrecision
from genoseq.config.genes import SHORTEST
from genoseq.errors import ConfigError
from genoseq.files.atomic import PathLike, atomic_folder, irreplaceable
from genoseq.files.inputs import all_kept
from genoseq.files.names import CONFIG, DECODER, GENES, SUMMARY
from genoseq.files.progress import Report, unreported
from genoseq.files.provenance import PROVENANCE
from genoseq.files.stored import read_json
from genoseq.genes.gene_files import GenesWritten, genes_written, write_gene_files
from genoseq.genes.genome_files import check_names, genes_record, mask_regions, read_contigs
from genoseq.genome.derived import CODING_INTRON
from genoseq.readers.fasta import Fasta, open_fasta

if TYPE_CHECKING:
    from genoseq.genes.spliced_call import SplicedCalls

_NAMES = (*GENES, SUMMARY, PROVENANCE)
DIVISION = "UNA"
"""GenBank's for what has none of its own: the organism is not known."""


def tells_introns(model: Path) -> bool:
    """Whether the model of a folder has coding introns among its classes; not if that cannot be
    read, which loading it will say."""
    try:
        states = read_json(model / CONFIG)["task"]["scheme"]["states"]
        return any(state["name"] == CODING_INTRON for state in states)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def refuse_options(given: Sequence[str]) -> None:
    """ConfigError if there are options that are not for genes with introns."""
    if given:
        raise ConfigError(
            f"{', '.join(given)}: not with this model, which tells introns: it calls whole genomes "
            f"of one organism, as they are; leave it out"
        )


def call_spliced_files(
    fasta: PathLike,
    model: Path,
    out: Path,
    *,
    code: int | str,
    mask: PathLike | None = None,
    shortest: int = SHORTEST,
    weights: PathLike | None = None,
    device: str | None = None,
    precision: AskedPrecision = "auto",
    jobs: int = 1,
    report: Report = unreported,
) -> GenesWritten:
    """Call the genes of a genome with introns, and write them in every format.

    Parameters
    ----------
    fasta, model, out, mask, shortest, device, precision, jobs, report
        As of :func:`genoseq.genes.call_files.call_genes_files`.
    code
        NCBI's number of the nuclear genetic code, or ``auto``, which is 1.

    weights
        What sites look like, made by :func:`genoseq.genes.spliced_fit.fit_sites_files`; by default
        those in the bundle, or else the genome teaches them itself.

    Raises
    ------
    GenoseqError
        Before anything is written, with what is wrong with a file or an argument.
    """
    from genoseq.genes.spliced_call import call_spliced, nuclear_code
    from genoseq.genes.spliced_fit import load_matrices

    number = nuclear_code(code).number
    if problem := irreplaceable(out, _NAMES):
        raise ConfigError(problem)
    path = sites_path(model, weights)
    learned = None if path is None else load_matrices(path)
    with all_kept({"mask": mask}, fasta) as given, open_fasta(fasta) as genome:
        check_names(genome.lengths)
        regions = mask_regions(given.get("mask"), genome.lengths)

        from genoseq.genes.state_values import SPLICED_STATES, model_scorer, number_format
        from genoseq.inference.predict import choose_computing
        from genoseq.models.bundle import load_bundle
        from genoseq.models.device import computing

        bundle = load_bundle(model)
        precision = number_format(bundle, device, precision)
        scorer = model_scorer(
            bundle,
            device=device,
            precision=precision,
            jobs=jobs,
            report=report,
            states=SPLICED_STATES,
        )
        contigs = read_contigs(genome)
        calls = call_spliced(
            contigs, scorer, code=number, mask=regions, shortest=shortest, learned=learned
        )
        settings = {"code": number, "shortest": shortest, "sites": _whose(weights, path)}
        made = computing(*choose_computing(bundle.settings, device, precision))
        record = genes_record(genome, model, path, settings, given.get("mask"), made)
        _write(out, calls, genome, settings, record)
    return genes_written(out, calls.genes, genome.lengths)


def sites_path(model: Path, weights: PathLike | None) -> Path | None:
    """The file of what sites look like; None if there is none."""
    if weights is not None:
        return Path(weights)
    return model / DECODER if (model / DECODER).exists() else None


def _whose(weights: PathLike | None, path: Path | None) -> str:
    if path is None:
        return "learned from this genome's own genes"
    return "the model's own" if weights is None else path.name


def _write(
    out: Path,
    calls: SplicedCalls,
    genome: Fasta,
    settings: Mapping[str, Any],
    record: Mapping[str, Any],
) -> None:
    from genoseq.files.provenance import write_record

    with atomic_folder(out, _NAMES) as folder:
        write_gene_files(folder, calls.genes, genome, (), DIVISION)
        said = spliced_summary(calls, genome.lengths) | {"settings": dict(settings)}
        (folder / SUMMARY).write_text(json.dumps(said, indent=2) + "\n")
        write_record(folder, record)


def spliced_summary(calls: SplicedCalls, lengths: Mapping[str, int]) -> dict[str, Any]:
    """Numbers of genes and introns, coding density, confidence; plain JSON data.

    Parameters
    ----------
    lengths
        bp of each contig.
    """
    from genoseq.genes.summary import confidence_of

    genes = [each.gene for each in calls.genes]
    bases = sum(lengths.values())
    introns = [end - start for gene in genes for start, end in gene.introns or ()]
    return {
        "contigs": len(lengths),
        "bases": bases,
        "genes": len(genes),
        "partial_genes": sum(any(gene.partial) for gene in genes),
        "genes_with_introns": sum(bool(gene.introns) for gene in genes),
        "introns": len(introns),
        "median_intron": float(np.median(introns)) if introns else None,
        "coding_density": round(sum(map(len, genes)) / max(bases, 1), 4),
        "genetic_code": calls.code.number,
        "start_types": dict(sorted(Counter(gene.start_type for gene in genes).items())),
        **confidence_of(genes),
    }
