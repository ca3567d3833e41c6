"""genoseq: sequence models for genomes, from FASTA to per-base tracks.

The names below are loaded when first used (PEP 562), so ``import genoseq`` costs nothing and
imports no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genoseq.config.encoders import EncoderSettings
    from genoseq.config.json_schema import json_schema
    from genoseq.config.show import show_config
    from genoseq.config.tasks import TaskSettings
    from genoseq.errors import (
        BackendError,
        BundleError,
        ConfigError,
        GenoseqError,
        InputFormatError,
        RegionError,
        StoreError,
    )
    from genoseq.extraction.demo import make_demo
    from genoseq.extraction.extract import extract
    from genoseq.extraction.extract_files import extract_files
    from genoseq.extraction.requested import RegionRequest
    from genoseq.extraction.shard_folder import write_shards
    from genoseq.genes.call_files import call_genes_files
    from genoseq.genes.demo_pairs import make_demo_pairs
    from genoseq.genes.fit_files import fit_genes_files
    from genoseq.genome.regions import Region
    from genoseq.genome.tracks import Channel, Track
    from genoseq.inference.embed import embed
    from genoseq.inference.evaluate import evaluate
    from genoseq.inference.evaluate_files import evaluate_files
    from genoseq.inference.generate_files import generate_files
    from genoseq.inference.machine import describe_machine
    from genoseq.inference.perplexity_files import perplexity_files
    from genoseq.inference.predict import Predictor
    from genoseq.inference.score import score
    from genoseq.inference.score_files import score_files
    from genoseq.inference.sequence import predict
    from genoseq.inference.translate import translate
    from genoseq.inference.translate_files import translate_files
    from genoseq.inference.verify_files import verify_files
    from genoseq.models.bundle import Bundle, load_bundle, save_bundle
    from genoseq.models.encoders import register_encoder
    from genoseq.plan.check import check_config
    from genoseq.plan.init import init_run
    from genoseq.plan.run import run_workflow
    from genoseq.plan.snakefile import snakefile_path
    from genoseq.pretrained.registry import ShippedModel, shipped_models
    from genoseq.readers.fasta import Fasta, open_fasta
    from genoseq.readers.vcf import open_vcf
    from genoseq.report.hub import write_hub
    from genoseq.report.page import write_report
    from genoseq.report.plot import plot_loci
    from genoseq.report.profile import profile_sites
    from genoseq.store.build import tokenize
    from genoseq.store.build_pairs import tokenize_pairs
    from genoseq.store.leaks import leaks
    from genoseq.store.pairs import PairStore, open_pairs
    from genoseq.store.store import Store, open_store
    from genoseq.tasks.decoders import register_decoder
    from genoseq.tasks.per_base import PerBase
    from genoseq.tasks.registry import register_task
    from genoseq.tasks.task import Task
    from genoseq.training.fit import fit
    from genoseq.validation.findings import Finding
    from genoseq.validation.validate import CheckedFile, validate_tracks
    from genoseq.variants.haplotype_files import haplotype_files
    from genoseq.variants.mutate import mutate
    from genoseq.variants.mutate_files import mutate_files
    from genoseq.variants.score_variants import ScoredRecord, score_variants
    from genoseq.variants.variant_files import score_variants_files
    from genoseq.writers.convert import convert_scores
    from genoseq.writers.formats import Format, register_format
    from genoseq.writers.merge import merge_scores
    from genoseq.writers.outputs import write_tracks
    from genoseq.writers.scores import read_scores

__version__ = "0.1.0"

_HOME = {
    "BackendError": "genoseq.errors",
    "Bundle": "genoseq.models.bundle",
    "BundleError": "genoseq.errors",
    "Channel": "genoseq.genome.tracks",
    "CheckedFile": "genoseq.validation.validate",
    "ConfigError": "genoseq.errors",
    "EncoderSettings": "genoseq.config.encoders",
    "Fasta": "genoseq.readers.fasta",
    "Finding": "genoseq.validation.findings",
    "Format": "genoseq.writers.formats",
    "GenoseqError": "genoseq.errors",
    "InputFormatError": "genoseq.errors",
    "PairStore": "genoseq.store.pairs",
    "PerBase": "genoseq.tasks.per_base",
    "Predictor": "genoseq.inference.predict",
    "Region": "genoseq.genome.regions",
    "RegionError": "genoseq.errors",
    "RegionRequest": "genoseq.extraction.requested",
    "ScoredRecord": "genoseq.variants.score_variants",
    "ShippedModel": "genoseq.pretrained.registry",
    "Store": "genoseq.store.store",
    "StoreError": "genoseq.errors",
    "Task": "genoseq.tasks.task",
    "TaskSettings": "genoseq.config.tasks",
    "Track": "genoseq.genome.tracks",
    "call_genes_files": "genoseq.genes.call_files",
    "check_config": "genoseq.plan.check",
    "convert_scores": "genoseq.writers.convert",
    "describe_machine": "genoseq.inference.machine",
    "embed": "genoseq.inference.embed",
    "evaluate": "genoseq.inference.evaluate",
    "evaluate_files": "genoseq.inference.evaluate_files",
    "extract": "genoseq.extraction.extract",
    "extract_files": "genoseq.extraction.extract_files",
    "fit": "genoseq.training.fit",
    "fit_genes_files": "genoseq.genes.fit_files",
    "generate_files": "genoseq.inference.generate_files",
    "haplotype_files": "genoseq.variants.haplotype_files",
    "init_run": "genoseq.plan.init",
    "json_schema": "genoseq.config.json_schema",
    "leaks": "genoseq.store.leaks",
    "load_bundle": "genoseq.models.bundle",
    "make_demo": "genoseq.extraction.demo",
    "make_demo_pairs": "genoseq.genes.demo_pairs",
    "merge_scores": "genoseq.writers.merge",
    "mutate": "genoseq.variants.mutate",
    "mutate_files": "genoseq.variants.mutate_files",
    "open_fasta": "genoseq.readers.fasta",
    "open_pairs": "genoseq.store.pairs",
    "open_store": "genoseq.store.store",
    "open_vcf": "genoseq.readers.vcf",
    "perplexity_files": "genoseq.inference.perplexity_files",
    "plot_loci": "genoseq.report.plot",
    "profile_sites": "genoseq.report.profile",
    "predict": "genoseq.inference.sequence",
    "read_scores": "genoseq.writers.scores",
    "register_decoder": "genoseq.tasks.decoders",
    "register_encoder": "genoseq.models.encoders",
    "register_format": "genoseq.writers.formats",
    "register_task": "genoseq.tasks.registry",
    "run_workflow": "genoseq.plan.run",
    "save_bundle": "genoseq.models.bundle",
    "score": "genoseq.inference.score",
    "score_files": "genoseq.inference.score_files",
    "score_variants": "genoseq.variants.score_variants",
    "score_variants_files": "genoseq.variants.variant_files",
    "shipped_models": "genoseq.pretrained.registry",
    "show_config": "genoseq.config.show",
    "snakefile_path": "genoseq.plan.snakefile",
    "tokenize": "genoseq.store.build",
    "validate_tracks": "genoseq.validation.validate",
    "verify_files": "genoseq.inference.verify_files",
    "write_hub": "genoseq.report.hub",
    "write_report": "genoseq.report.page",
    "tokenize_pairs": "genoseq.store.build_pairs",
    "translate": "genoseq.inference.translate",
    "translate_files": "genoseq.inference.translate_files",
    "write_shards": "genoseq.extraction.shard_folder",
    "write_tracks": "genoseq.writers.outputs",
}

__all__ = [  # noqa: RUF022
    "__version__",
    "BackendError",
    "Bundle",
    "BundleError",
    "Channel",
    "CheckedFile",
    "ConfigError",
    "EncoderSettings",
    "Fasta",
    "Finding",
    "Format",
    "GenoseqError",
    "InputFormatError",
    "PairStore",
    "PerBase",
    "Predictor",
    "Region",
    "RegionError",
    "RegionRequest",
    "ScoredRecord",
    "ShippedModel",
    "Store",
    "StoreError",
    "Task",
    "TaskSettings",
    "Track",
    "call_genes_files",
    "check_config",
    "convert_scores",
    "describe_machine",
    "embed",
    "evaluate",
    "evaluate_files",
    "extract",
    "extract_files",
    "fit",
    "fit_genes_files",
    "generate_files",
    "haplotype_files",
    "init_run",
    "json_schema",
    "leaks",
    "load_bundle",
    "make_demo",
    "make_demo_pairs",
    "merge_scores",
    "mutate",
    "mutate_files",
    "open_fasta",
    "open_pairs",
    "open_store",
    "open_vcf",
    "perplexity_files",
    "plot_loci",
    "predict",
    "profile_sites",
    "read_scores",
    "register_decoder",
    "register_encoder",
    "register_format",
    "register_task",
    "run_workflow",
    "save_bundle",
    "score",
    "score_files",
    "score_variants",
    "score_variants_files",
    "shipped_models",
    "show_config",
    "snakefile_path",
    "tokenize",
    "validate_tracks",
    "verify_files",
    "write_hub",
    "write_report",
    "tokenize_pairs",
    "translate",
    "translate_files",
    "write_shards",
    "write_tracks",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'genoseq' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
