"""Prompts of a FASTA and a model to a FASTA of sequences: what ``genoseq generate`` does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genoseq.errors import ConfigError
from genoseq.files.atomic import PathLike, atomic_together, check_distinct
from genoseq.files.inputs import all_kept
from genoseq.files.names import WEIGHTS
from genoseq.files.progress import Report, unreported
from genoseq.genome.sequences import decode
from genoseq.pretrained.registry import model_folder
from genoseq.readers.fasta import open_fasta, write_fasta

if TYPE_CHECKING:
    from genoseq.inference.generate import Generated


@dataclass
class Made:
    """What was made: sequences, their bases without prompts, the sum of log2 likelihoods, and how
    many end with a stop word."""

    sequences: int = 0
    bases: int = 0
    log2_likelihood: float = 0.0
    stopped: int = 0

    def add(self, sequence: Generated) -> None:
        """Count one more."""
        self.sequences += 1
        self.bases += sequence.bases
        self.log2_likelihood += sequence.log2_likelihood
        self.stopped += sequence.stopped

    def __str__(self) -> str:
        bits = -self.log2_likelihood / max(1, self.bases)
        stopped = f", {self.stopped:,} to a stop word" if self.stopped else ""
        return (
            f"{self.sequences:,} sequences{stopped}, {self.bases:,} bases, {bits:.4f} bits per base"
        )


def generate_files(
    model: PathLike,
    out: PathLike,
    length: int,
    *,
    prompt: PathLike | None = None,
    number: int = 1,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 1,
    stop: Sequence[str] = (),
    in_frame: bool = False,
    provenance: PathLike | None = None,
    device: str | None = None,
    report: Report = unreported,
) -> Made:
    """Write sequences that a causal language model makes.

    Parameters
    ----------
    model
        Folder of the model.
    out
        FASTA to write.  Headers say the log2 likelihood and number of the bases that were made, the
        prompt and its bases, and how words were drawn.
    prompt
        FASTA of what sequences begin with, ``-`` is stdin; None: nothing.
    length, number, temperature, top_k, top_p, seed, device
        See :func:`genoseq.inference.generate.generate` and
        :class:`genoseq.inference.sampling.Sampling`.
    stop, in_frame
        Words of A, C, G and T after which a sequence ends; in frame: codons from its first base.
    provenance
        JSON to write beside it.
    report
        Called with the bases that are done, and with all of them.

    Raises
    ------
    GenoseqError
        Before anything is written, with what is wrong with a file or an argument.
    """
    target, beside = Path(out), None if provenance is None else Path(provenance)
    given = {"prompt": None if prompt is None else Path(prompt)}
    check_distinct({"--out": target, "--provenance": beside}, {"--prompt": given["prompt"]})
    words = _stop_words(stop, in_frame)
    folder = model_folder(model)

    from genoseq.files.provenance import file_sha256
    from genoseq.inference.generate import NOTHING, Prompt, Stop, check_generates, generate
    from genoseq.inference.sampling import Sampling
    from genoseq.models.bundle import load_bundle

    bundle, prompts, made = load_bundle(folder), list(NOTHING), Made()
    inputs = {"model": {WEIGHTS: file_sha256(folder / WEIGHTS)}}
    with all_kept(given) as files:
        for file in files.values():
            with open_fasta(file) as fasta:
                prompts = [Prompt(n, fasta.codes(n, 0, size)) for n, size in fasta.lengths.items()]
            inputs["prompt"] = {file.name: file.sha256}
    check_generates(bundle, prompts, length, number)
    drawn = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "seed": seed}
    sequences = generate(
        bundle,
        length,
        prompts,
        number=number,
        sampling=Sampling(temperature, top_k, top_p),
        seed=seed,
        stop=Stop(words, in_frame),
        device=device,
        report=report,
    )
    how = {**drawn, "length": length, "number": number, "stop": [*stop], "in_frame": in_frame}
    with atomic_together([target] if beside is None else [target, beside]) as paths:
        write_fasta(paths[0], _records(sequences, drawn, made))
        for path in paths[1:]:
            _write_record(path, how, inputs, device)
    return made


def _stop_words(stop: Sequence[str], in_frame: bool) -> tuple[bytes, ...]:
    """The words in capitals; ConfigError if one is no word of bases."""
    words = [word.strip().upper() for word in stop]
    problems = [
        f"stop word {word!r}: give words of A, C, G and T, by commas"
        for word in words
        if not word or set(word) - set("ACGT")
    ]
    if in_frame and not words:
        problems.append("in frame is said of stop words: give some, such as TAA,TAG,TGA")
    if problems:
        raise ConfigError(problems)
    return tuple(word.encode() for word in words)


def _records(
    sequences: Iterable[Generated], drawn: Mapping[str, Any], made: Made
) -> Iterator[tuple[str, bytes]]:
    """Headers and letters, counted in ``made``."""
    how = " ".join(f"{name}={value}" for name, value in drawn.items() if value is not None)
    for each in sequences:
        made.add(each)
        prompt = each.prompt
        before = f" prompt={prompt.name} prompt_bases={len(prompt.codes)}" if prompt.name else ""
        name = f"{prompt.name or 'generated'}_{each.number}"
        ended = " stopped=yes" if each.stopped else ""
        bits = f"log2_likelihood={each.log2_likelihood:.2f} bases={each.bases}"
        yield f"{name} {bits}{before}{ended} {how}", decode(each.codes)


def _write_record(
    path: Path,
    settings: Mapping[str, Any],
    inputs: Mapping[str, Mapping[str, str]],
    device: str | None,
) -> None:
    from genoseq.files.provenance import make_record, record_json
    from genoseq.models.device import choose_device, computing

    used = computing(choose_device(device), "fp32")
    path.write_bytes(record_json(make_record("generate", settings, inputs, used)))
