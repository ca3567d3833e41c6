"""What ``import genoseq`` offers: which names, at what cost, what it says of wrong arguments."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from planted import planted_store

import genoseq as gs
from genoseq.cli.app import app
from genoseq.genome.tracks import Channel, Track
from genoseq.models.bundle import Bundle

ERRORS = {
    *{"BackendError", "BundleError", "ConfigError", "GenoseqError", "InputFormatError"},
    *{"RegionError", "StoreError"},
}
TYPES = {
    *{"Bundle", "Channel", "CheckedFile", "EncoderSettings", "Fasta", "Finding", "Format"},
    *{
        "PerBase",
        "Predictor",
        "Region",
        "RegionRequest",
        "ShippedModel",
        "Store",
        "Task",
        "TaskSettings",
        "Track",
    },
    *{"Bundle", "Channel", "EncoderSettings", "Fasta", "Format", "PerBase", "Predictor", "Region"},
    *{
        "PairStore",
        "RegionRequest",
        "ScoredRecord",
        "ShippedModel",
        "Store",
        "Task",
        "TaskSettings",
    },
    *{"Track"},
}
VERBS = {
    "init": "init_run",
    "run": "run_workflow",
    "demo": "make_demo",
    "extract": "extract_files",
    "tokenize": "tokenize",
    "leaks": "leaks",
    "train": "fit",
    "evaluate": "evaluate_files",
    "shards": "write_shards",
    "score": "score_files",
    "perplexity": "perplexity_files",
    "generate": "generate_files",
    "embed": "embed",
    "mutate": "mutate_files",
    "genes": "call_genes_files",
    "fit-genes": "fit_genes_files",
    "merge": "merge_scores",
    "tracks": "convert_scores",
    "hub": "write_hub",
    "plot": "plot_loci",
    "profile": "profile_sites",
    "translate": "translate_files",
    "report": "write_report",
    "config check": "check_config",
    "config show": "show_config",
    "config schema": "json_schema",
    "validate-tracks": "validate_tracks",
    "variants": "score_variants_files",
    "haplotypes": "haplotype_files",
    "verify": "verify_files",
    "models": "shipped_models",
    "doctor": "describe_machine",
}
BESIDE = {
    *{"evaluate", "extract", "load_bundle", "open_fasta", "open_store", "predict", "read_scores"},
    *{"register_encoder", "register_format", "register_task", "save_bundle", "score"},
    *{"open_pairs", "register_decoder", "snakefile_path", "tokenize_pairs", "translate"},
    *{"make_demo_pairs", "mutate", "open_vcf", "score_variants", "write_tracks"},
}


def test_api_names_are_these_and_no_others() -> None:
    assert set(gs.__all__) == {*ERRORS, *TYPES, *VERBS.values(), *BESIDE, "__version__"}
    assert dir(gs) == sorted(gs.__all__)
    assert len(set(gs.__all__)) == len(gs.__all__)
    with pytest.raises(AttributeError, match="no attribute 'scores'"):
        _ = gs.scores


def test_api_import_loads_nothing_heavy() -> None:
    code = "import sys, genoseq; dir(genoseq); print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(found.stdout.split())
    assert not loaded & {"torch", "numpy", "pydantic", "typer"}
    assert {name for name in loaded if name.startswith("genoseq")} == {"genoseq"}


def test_api_types_for_checkers_are_those_that_are_loaded() -> None:
    """What mypy sees beneath TYPE_CHECKING is what ``__getattr__`` gives."""
    text = Path(inspect.getfile(gs)).read_text().split("if TYPE_CHECKING:")[1].split("\n__")[0]
    flat = re.sub(r"[()\s]+", " ", text).replace(", from", " from")
    seen = {
        name: home
        for home, names in re.findall(r"from (\S+) import ((?:\w+,? ?)+?)(?= from |$| $)", flat)
        for name in re.findall(r"\w+", names)
    }
    assert seen == gs._HOME


@pytest.mark.parametrize("name", sorted({*TYPES, *VERBS.values(), *BESIDE}))
def test_api_name_is_documented_and_typed(name: str) -> None:
    found = getattr(gs, name)
    assert inspect.getdoc(found)
    assert found.__module__ == gs._HOME[name]
    if inspect.isfunction(found):
        signature = inspect.signature(found)
        assert signature.return_annotation is not inspect.Signature.empty
        for parameter in signature.parameters.values():
            assert parameter.annotation is not inspect.Parameter.empty, parameter.name


def commands(group: Any, path: str = "") -> dict[str, Callable[..., Any]]:
    """The function behind each verb."""
    if not hasattr(group, "commands"):
        return {path: group.callback}
    found: dict[str, Callable[..., Any]] = {}
    for name, command in group.commands.items():
        found |= commands(command, f"{path} {name}".strip())
    return found


def test_api_has_a_function_for_each_verb_and_the_command_line_calls_it() -> None:
    found = commands(typer.main.get_command(app))
    assert found.keys() == VERBS.keys()
    for verb, callback in found.items():
        own = Path(inspect.getfile(inspect.unwrap(callback))).read_text()
        assert re.search(rf"\bimport {VERBS[verb]}\b", own), verb


def test_api_command_line_knows_no_room_but_by_its_functions() -> None:
    """A file of the command line calls what does the work, and does none."""
    for path in (Path(inspect.getfile(gs)).parent / "cli").glob("*.py"):
        text = path.read_text()
        assert not re.search(r"\b(numpy|atomic_file|make_record|open_store|open_fasta)\b", text)


def test_api_reprs_are_one_line(tmp_path: Path, bundle: Bundle) -> None:
    (tmp_path / "g.fa").write_text(">a\nACGT\n>b\nAC\n")
    store = planted_store(tmp_path / "store", ("train", 600))
    track = Track("a", 10, np.zeros((5, 2), np.float32), (Channel("CDS", "+"), Channel("CDS", "-")))
    with gs.open_fasta(tmp_path / "g.fa") as genome:
        assert repr(genome) == "<Fasta 'g.fa': 2 contigs of 6 bp>"
    assert repr(track) == "<Track a, 0-based [10, 15): CDS.plus, CDS.minus>"
    assert repr(gs.Region("a", 1, 5)) == "Region(chrom='a', start=1, end=5, strand='.')"
    assert repr(store).startswith("<Store 'planted': 1 contigs of 600 bp, 1 regions of 600 bp, ")
    assert repr(bundle).startswith("Bundle(per-base, 7 outputs, ")
    assert not any("\n" in repr(each) for each in (store, bundle))


def test_api_missing_files_are_named(tmp_path: Path, bundle: Bundle) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.fa"):
        gs.open_fasta(tmp_path / "none.fa")
    with pytest.raises(FileNotFoundError, match=r"none\.fa"):
        gs.tokenize(tmp_path / "none.fa", out=tmp_path / "store")
    with pytest.raises(gs.StoreError, match=r"none: no store here .*: make one with genoseq tok"):
        gs.open_store(tmp_path / "none")
    with pytest.raises(gs.StoreError, match=r"none: no store here"):
        gs.evaluate(bundle, [tmp_path / "none"])
    with pytest.raises(gs.BundleError, match=r"none: no such folder: a model is a folder that"):
        gs.load_bundle(tmp_path / "none")
    with pytest.raises(gs.BundleError, match="a bundle is a folder with"):
        gs.predict(str(tmp_path), "ACGT")
    with pytest.raises(gs.InputFormatError, match=r"no scores\.json here: give a folder written"):
        gs.read_scores(tmp_path)
    with pytest.raises(gs.ConfigError, match=r"none\.yaml: cannot be read"):
        gs.check_config(tmp_path / "none.yaml")


@pytest.mark.parametrize("call", ["fit", "evaluate", "leaks"])
def test_api_one_store_is_not_a_list_of_stores(call: str, tmp_path: Path, bundle: Bundle) -> None:
    store = planted_store(tmp_path / "store", ("train", 600))
    calls: dict[str, Callable[[Any], Any]] = {
        "fit": lambda stores: gs.fit(stores, out=tmp_path / "model"),
        "evaluate": lambda stores: gs.evaluate(bundle, stores),
        "leaks": gs.leaks,
    }
    for one in (store, "store", tmp_path / "store"):
        with pytest.raises(gs.StoreError, match="stores are given as a list, also where it is one"):
            calls[call](one)
    with pytest.raises(gs.StoreError, match="no store given: make one with genoseq tokenize"):
        calls[call]([])


def test_api_bases_that_do_not_exist_are_refused(tmp_path: Path, bundle: Bundle) -> None:
    store = planted_store(tmp_path / "store", ("train", 600))
    (tmp_path / "g.fa").write_text(">a\nACGT\n")
    with gs.open_fasta(tmp_path / "g.fa") as genome:
        for fetch, chrom in ((store.labels, "train0"), (store.sequence, "train0")):
            with pytest.raises(gs.RegionError, match="contig 'chr9' of region chr9:1-5"):
                fetch("chr9", 0, 5)
            with pytest.raises(gs.RegionError, match="start must be at least 0 and not after end"):
                fetch(chrom, 5, 1)
            with pytest.raises(gs.RegionError, match="past the contig's last base, 600"):
                fetch(chrom, 0, 601)
        with pytest.raises(gs.RegionError, match="not after end"):
            genome.fetch("a", 3, 1)
        with pytest.raises(gs.RegionError, match="contig 'chr9' of region chr9:1-5"):
            gs.score(genome, bundle, regions=[gs.Region("chr9", 0, 5)])


def test_api_arguments_of_the_wrong_kind_get_a_sentence(tmp_path: Path, bundle: Bundle) -> None:
    with pytest.raises(gs.ConfigError, match="output 'embedding': use values, logits, hidden"):
        gs.predict(bundle, "ACGT", "embedding")  # type: ignore[arg-type]
    with pytest.raises(gs.ConfigError, match=r"a dict is no model: give a bundle or its folder"):
        gs.predict({}, "ACGT")  # type: ignore[arg-type]
    with pytest.raises(gs.RegionError, match="the sequence is empty: give one base at least"):
        gs.predict(bundle, "")
    with pytest.raises(gs.RegionError, match=r"an array of <U1, shape \(2,\): give letters, or"):
        gs.predict(bundle, ["A", "C"])  # type: ignore[arg-type]
    with pytest.raises(gs.ConfigError, match=r"'g\.fa' is no genome: open it, by open_fasta or"):
        gs.score("g.fa", bundle)  # type: ignore[arg-type]
    (tmp_path / "g.fa").write_text(">a\nACGT\n")
    with pytest.raises(gs.ConfigError, match=r"scheme: .*'phases'"):
        gs.tokenize(tmp_path / "g.fa", out=tmp_path / "s", labels={"scheme": "phases"})
    with pytest.raises(gs.ConfigError, match="give one of --regions, --region"):
        gs.RegionRequest(split="train", region=["a"])


def test_api_scores_by_folder_as_by_object(tmp_path: Path, bundle: Bundle) -> None:
    store = planted_store(tmp_path / "store", ("test", 3_000))
    gs.save_bundle(tmp_path / "model", bundle)
    (by_object,) = gs.score(store, bundle)
    (by_folder,) = gs.score(store, tmp_path / "model")
    assert (by_object.values == by_folder.values).all()
    measured = gs.evaluate(bundle, [store]).metrics
    assert gs.evaluate(str(tmp_path / "model"), [str(tmp_path / "store")]).metrics == measured
