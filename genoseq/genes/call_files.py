"""A FASTA and a model, by their paths, to a folder of genes: what ``genoseq genes`` does."""

from __future__ import annotations

from pathlib import Path

from genoseq.config.base import AskedPrecision
from genoseq.config.genes import SHORTEST, Adapt
from genoseq.files.atomic import PathLike
from genoseq.files.progress import Report, unreported
from genoseq.genes.bacteria_files import call_bacteria_files
from genoseq.genes.gene_files import GenesWritten
from genoseq.genes.spliced_files import call_spliced_files, refuse_options, tells_introns
from genoseq.pretrained.registry import model_folder


def call_genes_files(
    fasta: PathLike,
    model: PathLike | None,
    out: PathLike,
    *,
    code: int | str = "auto",
    together: bool = False,
    circular: str = "none",
    mask: PathLike | None = None,
    shortest: int = SHORTEST,
    weights: PathLike | None = None,
    all_starts: bool = False,
    tracks: bool = False,
    adapt: Adapt = "off",
    frameshifts: bool = False,
    save_model: PathLike | None = None,
    device: str | None = None,
    precision: AskedPrecision = "auto",
    jobs: int = 1,
    report: Report = unreported,
) -> GenesWritten:
    """Call the genes of a genome, and write them in every format.

    Bacteria and archaea by a model of codon phases; genes with introns by one that has coding
    introns among its classes, with ``code``, ``mask``, ``shortest`` and ``weights`` alone.

    Parameters
    ----------
    fasta, model
        FASTA, GenBank or EMBL, plain or compressed, or ``-``, which is stdin; folder of a bundle,
        or the name of a model in the box, by default ``bacteria``.
    out
        Folder, which appears whole or not at all, in place of an older one.
    code, together
        NCBI's number of the genetic code, or ``auto``: each organism's is inferred; with introns it
        is 1.  Whether all contigs are known to be of one organism.
    circular
        Names of contigs that are circles, comma-separated; ``all`` or ``none``.
    mask, shortest
        BED, GFF or GenBank of where no gene may be, all of its features, or ``-``; bp of the
        shortest gene, its stop codon included.
    weights
        The decoder's; by default those in the bundle, or else the package's.
    all_starts, tracks, frameshifts
        Whether to write ``starts.tsv`` as well; the folder ``tracks`` of coding sequence; whether
        genes are read across indels, which ``frameshifts.bed`` lists.
    adapt, save_model
        Whether the network trains on this genome; killed, it goes on from ``out`` with ``.state``.
        Folder for the model that the genes are of.
    device, precision, jobs, report
        See :func:`genoseq.inference.score.score`; called with the bases that are scored and
        trained on, and with all of them.

    Raises
    ------
    GenoseqError
        Before anything is written, with what is wrong with a file or an argument; or after a
        stopping signal in a training, whose state is saved.
    """
    model, out = model_folder(model), Path(out)
    if tells_introns(model):
        of_bacteria = {
            "--together": together,
            "--circular": circular != "none",
            "--all-starts": all_starts,
            "--tracks": tracks,
            "--adapt": adapt != "off",
            "--frameshifts": frameshifts,
            "--save-model": save_model,
        }
        refuse_options([option for option, given in of_bacteria.items() if given])
        return call_spliced_files(
            fasta, model, out, code=code, mask=mask, shortest=shortest, weights=weights,
            device=device, precision=precision, jobs=jobs, report=report)  # fmt: skip
    return call_bacteria_files(
        fasta, model, out, code=code, together=together, circular=circular, mask=mask,
        shortest=shortest, weights=weights, all_starts=all_starts, tracks=tracks,
        adapt=adapt, frameshifts=frameshifts, save_model=save_model, device=device,
        precision=precision, jobs=jobs, report=report,
    )  # fmt: skip
