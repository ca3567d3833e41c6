"""How well a model maps the sources of a split to their targets: what it writes, and what it says
of each letter given the true ones before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from genoseq.config.training import TrainingSettings
from genoseq.data.pairs import ValidationPairs
from genoseq.files.progress import Report
from genoseq.inference.translate import Translator
from genoseq.metrics.tokens import edit_distance
from genoseq.models.bundle import Bundle
from genoseq.models.device import choose_device
from genoseq.store.pairs import PairStore
from genoseq.tasks.seq2seq import Seq2Seq


def pair_figures(
    bundle: Bundle,
    task: Seq2Seq,
    stores: Sequence[PairStore],
    split: str,
    device: str | None,
    report: Report,
) -> tuple[dict[str, Any], int]:
    """Figures of a split, and the bases of its sources.

    ``token_accuracy`` is by the true letters before each; ``exact``, the share of targets that are
    written to the last letter, and ``edit_distance``, for each letter of the targets, are of greedy
    search.
    """
    figures = _of_tokens(bundle, task, stores, split, device)
    translator = Translator(bundle, device)
    pairs = [(store, int(number)) for store in stores for number in store.of_split(split)]
    total = int(sum(store.lengths[number, 0] for store, number in pairs))
    report(0, total)
    written = translator(store.source(number) for store, number in pairs)
    done = letters = distance = exact = 0
    for (store, number), translation in zip(pairs, written, strict=True):
        target = store.alphabet.decode(store.alphabet.encode(store.target(number)))
        own = edit_distance(translation.letters.encode(), target)
        distance, letters, exact = distance + own, letters + len(target), exact + (own == 0)
        done += int(store.lengths[number, 0])
        report(done, total)
    return figures | {"exact": exact / len(pairs), "edit_distance": distance / letters}, done


@torch.inference_mode()
def _of_tokens(
    bundle: Bundle, task: Seq2Seq, stores: Sequence[PairStore], split: str, device: str | None
) -> dict[str, Any]:
    where = choose_device(device)
    model, metrics = bundle.model.eval().to(where), task.metrics()
    batches = ValidationPairs(stores, bundle.settings, TrainingSettings(), split)
    rng = np.random.default_rng(0)
    for number in range(len(batches)):
        inputs, targets = task.prepare(batches[number], rng)
        outputs = model(*(each.to(where) for each in inputs))
        metrics.update(task.values(outputs).cpu(), targets)
    bundle.model.cpu()
    return metrics.compute()
