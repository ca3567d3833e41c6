"""Starts of transcription of E. coli and Caulobacter: genoseq beside -10 and -35 weight matrices.

    python benchmarks/transcription_starts.py DATA FOLDER [--seed 1]

DATA holds ``ecoli_k12_mg1655.fa.gz`` and, in ``signal``, ``ecoli_k12_mg1655.TSS_lifted.bed``,
``ccrescentus_na1000.fa.gz`` and ``ccrescentus_na1000.TSS.bed``; FOLDER keeps stores and models
(what is there is not trained again).  Each genome is dealt into blocks of 50 kb as
config/examples/starts says: what is learned on the training blocks of one is tested on the test
blocks of both.  genoseq's is the model of that example; the matrices are learned by EM from the
same starts, see ``promoter_matrix.py``.

A row for each predictor, genome learned and genome tested, both strands together: ``auprc`` base by
base with its 95% interval (blocks of 50 kb), ``lift`` over prevalence, and the share of starts that
are found within 5 bp at the best threshold at which 30% and 50% of the called ones are right (one
called start for each stretch above the threshold); CPU seconds of the training.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from promoter_matrix import AFTER, BEFORE, consensus_of, learn
from site_table import Counts, Starts, base_shares, probability

import genoseq as gs
from genoseq.config.base import read_mapping
from genoseq.config.schema import load_config
from genoseq.extraction.requested import RegionRequest
from genoseq.genome.sequences import Codes, reverse_complement_codes
from genoseq.inference.predict import Predictor
from genoseq.inference.strands import predict_regions
from genoseq.models.bundle import Bundle
from genoseq.readers.fasta import open_fasta
from genoseq.store.store import Store
from genoseq.training.fit import fit

EXAMPLE = Path(__file__).parents[1] / "config/examples/starts/config.yaml"
GENOMES = {
    "E. coli": ("ecoli_k12_mg1655.fa.gz", "signal/ecoli_k12_mg1655.TSS_lifted.bed"),
    "Caulobacter": ("signal/ccrescentus_na1000.fa.gz", "signal/ccrescentus_na1000.TSS.bed"),
}
PRECISIONS = (0.3, 0.5)
Values = Callable[[Store], Iterator[tuple[str, int, dict[str, NDArray[np.float32]]]]]
"""Contig, start, and probabilities (L,) by strand of the test regions."""


def starts_store(name: str, data: Path, folder: Path) -> Store:
    """Blocks of a genome with its starts, as the example's settings say."""
    fasta, bed = (data / part for part in GENOMES[name])
    out, settings = folder / f"{name.replace(' ', '')}.store", load_config(EXAMPLE)
    if out.exists():
        return gs.open_store(out)
    starts, regions = out.with_suffix(".starts.bed"), out.with_suffix(".bed")
    with open_fasta(fasta) as genome:
        contig = next(iter(genome.lengths))  # the BED of Caulobacter leaves out the version
    rows = (line.split("\t", 1)[1] for line in bed.read_text().splitlines() if line)
    folder.mkdir(parents=True, exist_ok=True)
    starts.write_text("".join(f"{contig}\t{row}\n" for row in rows))
    request = RegionRequest(
        split="blocks",
        min_length=settings.regions.min_length,
        max_n_fraction=settings.regions.max_n_fraction,
        **settings.split.model_dump(),
    )
    gs.extract_files(fasta, out.with_suffix(".fa"), request, bed=regions)
    labels = settings.labels.model_dump()
    return gs.tokenize(fasta, f"TSS={starts}", out=out, regions=regions, labels=labels)


class Stretch(NamedTuple):
    """A region: bases of each strand, 5' to 3', and which are starts, in the genome's order."""

    chrom: str
    start: int
    codes: dict[str, Codes]
    own: dict[str, NDArray[np.bool_]]


def stretches(store: Store, split: str) -> Iterator[Stretch]:
    """The regions of a split."""
    scheme = store.scheme
    assert scheme is not None
    for number in store.regions.of_split(split):
        region = store.regions[int(number)]
        where = (region.chrom, region.start, region.end)
        codes, labels = store.codes(*where), store.labels(*where)
        own = {s.strand: labels == n for n, s in enumerate(scheme.states) if s.name == "TSS"}
        both = {"+": codes, "-": reverse_complement_codes(codes)}
        yield Stretch(region.chrom, region.start, both, own)


def of_matrices(store: Store) -> Values:
    """Weight matrices of the training blocks."""
    words, bases, sites = [], [], 0
    for _, _, codes, own in stretches(store, "train"):
        for strand, sequence in codes.items():
            here = own[strand] if strand == "+" else own[strand][::-1]
            at = np.flatnonzero(here)
            sites += len(at)
            inside = at[(at >= BEFORE) & (at < len(sequence) - AFTER)]
            words += [sequence[one - BEFORE : one + AFTER] for one in inside.tolist()]
            bases.append(sequence)
    joined = np.concatenate(bases)
    matrices = learn(np.stack(words), base_shares(joined))
    boxes = (consensus_of(matrices.thirty_five), consensus_of(matrices.ten))
    print("#", *boxes, "spacer", int(matrices.places.max(0).argmax()) + 14, flush=True)

    def values(tested: Store) -> Iterator[tuple[str, int, dict[str, NDArray[np.float32]]]]:
        for chrom, start, codes, _ in stretches(tested, "test"):
            both = {s: probability(matrices.scores(each), sites / len(joined))
                    for s, each in codes.items()}  # fmt: skip
            yield chrom, start, {"+": both["+"], "-": both["-"][::-1]}

    return values


def of_bundle(bundle: Bundle) -> Values:
    """A trained model."""

    def values(tested: Store) -> Iterator[tuple[str, int, dict[str, NDArray[np.float32]]]]:
        assert tested.scheme is not None
        order = {s.strand: n for n, s in enumerate(tested.scheme.states) if s.name == "TSS"}
        regions = (tested.regions[int(n)].region for n in tested.regions.of_split("test"))
        for piece in predict_regions(Predictor(bundle, "cpu", "fp32"), tested, regions):
            yield piece.chrom, piece.start, {s: piece.values[n] for s, n in order.items()}

    return values


def show(name: str, learned: str, seconds: float, values: Values, stores: dict[str, Store]) -> None:
    """A row for each genome tested."""
    for tested, store in stores.items():
        counts, starts, scheme = Counts(), Starts(), store.scheme
        assert scheme is not None
        for chrom, start, told in values(store):
            labels = store.labels(chrom, start, start + len(told["+"]))
            own = {s.strand: labels == n for n, s in enumerate(scheme.states) if s.name == "TSS"}
            for strand in "+-":
                counts.update(chrom, start, told[strand], own[strand])
            starts.contig(told, own)
        found = counts.figures()
        shown = [f"{found[key]:.3f}" for key in ("auprc", "low", "high")]
        shown += [f"{found['lift']:.0f}"]
        shown += [f"{recall:.3f}" for recall in starts.recall_at(PRECISIONS)]
        print(name, learned, tested, *shown, f"{seconds:.0f}", sep="\t", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    stores = {name: starts_store(name, asked.data, asked.folder) for name in GENOMES}
    recalls = [f"recall_{precision}" for precision in PRECISIONS]
    print("model", "learned", "tested", "auprc", "low", "high", "lift", *recalls, "seconds",
          sep="\t", flush=True)  # fmt: skip
    settings = read_mapping(EXAMPLE)["models"]["starts"]
    settings["training"]["seed"] = asked.seed
    for name, store in stores.items():
        began = time.process_time()
        matrices = of_matrices(store)
        show("weight matrices", name, time.process_time() - began, matrices, stores)
    for name, store in stores.items():
        out = asked.folder / f"{name.replace(' ', '')}-{asked.seed}"
        began = time.process_time()
        bundle = gs.load_bundle(out) if out.exists() else fit([store], settings, out, device="cpu")
        show("genoseq", name, time.process_time() - began, of_bundle(bundle), stores)


if __name__ == "__main__":
    main()
