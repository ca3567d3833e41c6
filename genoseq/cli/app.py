"""``genoseq VERB``: one module per verb, errors as one line on stderr and exit status 1."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from types import FrameType

import typer

from genoseq import __version__
from genoseq.cli import (
    config,
    demo,
    doctor,
    embed,
    evaluate,
    extract,
    fit_genes,
    generate,
    genes,
    haplotypes,
    hub,
    init,
    leaks,
    merge,
    models,
    mutate,
    perplexity,
    plot,
    profile,
    report,
    run,
    score,
    shards,
    tokenize,
    tracks,
    train,
    translate,
    validate_tracks,
    variants,
    verify,
)
from genoseq.cli.error_text import EXPECTED, text_of_error
from genoseq.errors import told

_IMPORTED = 100_000
"""Objects after which Python looks for garbage, in place of 700."""
_FLAGS = ("-q", "--quiet", "-v", "--verbose")

app = typer.Typer(
    name="genoseq",
    help="Sequence models for genomes: from FASTA to per-base tracks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        print(f"genoseq {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
    verbose: bool = typer.Option(
        False, "-v", "--verbose", help="Say more, and show tracebacks; before the verb or after it."
    ),
    quiet: bool = typer.Option(
        False, "-q", "--quiet", help="Say only what went wrong; before the verb or after it."
    ),
) -> None:
    del version
    level = logging.DEBUG if verbose else logging.WARNING if quiet else logging.INFO
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("genoseq").setLevel(level)


app.command("init", epilog=init.EPILOG)(init.init)
app.command("run", epilog=run.EPILOG, context_settings=run.PASSED_ON)(run.run)
app.command("demo", epilog=demo.EPILOG)(demo.demo)
app.command("extract", epilog=extract.EPILOG)(extract.extract)
app.command("tokenize", epilog=tokenize.EPILOG)(tokenize.tokenize)
app.command("leaks", epilog=leaks.EPILOG)(leaks.leaks)
app.command("train", epilog=train.EPILOG)(train.train)
app.command("evaluate", epilog=evaluate.EPILOG)(evaluate.evaluate)
app.command("shards", epilog=shards.EPILOG)(shards.shards)
app.command("score", epilog=score.EPILOG)(score.score)
app.command("perplexity", epilog=perplexity.EPILOG)(perplexity.perplexity)
app.command("generate", epilog=generate.EPILOG)(generate.generate)
app.command("embed", epilog=embed.EPILOG)(embed.embed)
app.command("mutate", epilog=mutate.EPILOG)(mutate.mutate)
app.command("translate", epilog=translate.EPILOG)(translate.translate)
app.command("variants", epilog=variants.EPILOG)(variants.variants)
app.command("fit-genes", epilog=fit_genes.EPILOG)(fit_genes.fit_genes)
app.command("genes", epilog=genes.EPILOG)(genes.genes)
app.command("haplotypes", epilog=haplotypes.EPILOG)(haplotypes.haplotypes)
app.command("merge", epilog=merge.EPILOG)(merge.merge)
app.command("tracks", epilog=tracks.EPILOG)(tracks.tracks)
app.command("hub", epilog=hub.EPILOG)(hub.hub)
app.command("plot", epilog=plot.EPILOG)(plot.plot)
app.command("profile", epilog=profile.EPILOG)(profile.profile)
app.command("report", epilog=report.EPILOG)(report.report)
app.command("validate-tracks", epilog=validate_tracks.EPILOG)(validate_tracks.validate_tracks)
app.command("verify", epilog=verify.EPILOG)(verify.verify)
app.command("models", epilog=models.EPILOG)(models.models)
app.command("doctor", epilog=doctor.EPILOG)(doctor.doctor)
app.add_typer(config.app)


def _flags_first(words: list[str]) -> list[str]:
    """The same words, with those of ``-q`` and ``-v`` before the verb, where typer wants them.

    Behind ``run`` all are Snakemake's.
    """
    if next((word for word in words if not word.startswith("-")), None) == "run":
        return words
    options = words[: words.index("--")] if "--" in words else words
    flags = [word for word in options if word in _FLAGS]
    rest = [word for word in options if word not in _FLAGS]
    return flags + rest + words[len(options) :]


def asked_for(words: list[str]) -> typer.Typer:
    """The command line with the verb that is asked for, since to read the signatures of all takes
    .1 s; with all where it is none of them."""
    verb = next((word for word in words if not word.startswith("-")), None)
    if commands := [each for each in app.registered_commands if each.name == verb]:
        alone = copy(app)
        alone.registered_commands, alone.registered_groups = commands, []
        return alone
    return app


def _terminate(number: int, _frame: FrameType | None) -> None:
    """End as by Ctrl-C, so that half-written files go (Slurm and ``timeout`` send SIGTERM)."""
    sys.exit(128 + number)


def answer(command: Callable[[], None], program: str = "genoseq") -> None:
    """Run a command: every expected error is one line on stderr, exit status 1."""
    # What is imported stays: going through its half million objects again and again, and twice more
    # at the end, takes .6 s of a command that takes 2.5.
    gc.set_threshold(_IMPORTED)
    # NumPy's products here are small: more threads would mostly wait for them, at full load.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    signal.signal(signal.SIGTERM, _terminate)
    try:
        _flushed(command)
    except EXPECTED as error:
        text = text_of_error(error)
        if text is None or logging.getLogger("genoseq").level == logging.DEBUG:
            raise
        if isinstance(error, OSError) and error.filename is None:
            _let_go_of_stdout()
        sys.exit("\n".join(f"{program}: error: {line}" for line in told(text)))
    finally:
        if "triton" not in sys.modules:  # of what it leaves uncollected it would tell on stderr
            gc.freeze()


def _flushed(command: Callable[[], None]) -> None:
    """Run a command to the last byte of stdout."""
    try:
        command()
    except SystemExit as ended:  # so typer ends, and so it ends what a closed pipe stops
        if isinstance(ended.__context__, BrokenPipeError):
            raise ended.__context__ from None
        if not ended.code and sys.stdout is not None:
            sys.stdout.flush()
        raise
    if sys.stdout is not None:
        sys.stdout.flush()


def _let_go_of_stdout() -> None:
    """Drop what stdout did not take: Python would try again at its end, and say so at length."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> None:
    """Run the command line ``genoseq``."""
    words = _flags_first(sys.argv[1:])
    answer(lambda: asked_for(words)(words))
