"""Bases a second that a causal language model makes, its state carried along or read again.

    python benchmarks/generation_speed.py BUNDLE [BUNDLE ...] [--words 100 400 1600] [--rows 1 10]

A recurrent network carries its state, a Transformer the keys and values of its window.  Without
either, each word costs a pass over all bases before it.  Both ways are the same network with the
same random numbers in one process, one thread; the last column says whether they made the same
bases, and by how much their logits differ at most.
"""

from __future__ import annotations

import argparse
import time

import torch
from torch import Tensor

from genoseq.models.build import SequenceModel
from genoseq.models.bundle import load_bundle
from genoseq.tasks.task import token_ids
from genoseq.tokenizers.kmer import KmerTokenizer
from genoseq.tokenizers.vocabulary import BOS


@torch.inference_mode()
def made(
    network: SequenceModel, words: int, rows: int, carried: bool
) -> tuple[Tensor, Tensor, float]:
    """Base codes (B, L), the last word's logits, and CPU seconds."""
    settings = network.settings
    tokenizer = KmerTokenizer(settings.tokenizer.k, settings.tokenizer.stride)
    stride, generator = settings.stride, torch.Generator().manual_seed(1)
    shifts = 2 * torch.arange(stride - 1, -1, -1)
    first = torch.full((rows, stride // tokenizer.stride), BOS)
    read, codes, state = first, torch.empty(rows, 0, dtype=torch.uint8), None
    begun = time.process_time()
    for _ in range(words):
        outputs, state = network.step(read, state)
        chances = outputs[:, -1].double().softmax(-1)
        word = torch.multinomial(chances, 1, generator=generator)
        codes = torch.cat([codes, (word >> shifts & 3).to(torch.uint8)], 1)
        if carried:
            read = token_ids(tokenizer, codes[:, -stride:])
        else:
            read, state = torch.cat([first, token_ids(tokenizer, codes)], 1), None
    return codes, outputs[:, -1], time.process_time() - begun


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundles", nargs="+")
    parser.add_argument("--words", type=int, nargs="+", default=[100, 400, 1600])
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 10])
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print("encoder", "rows", "bases", "carried, bases/s", "again, bases/s", "same", sep="\t")
    for name in asked.bundles:
        bundle = load_bundle(name)
        network = bundle.model.eval()
        for rows in asked.rows:
            for words in asked.words:
                one, logits, carried = made(network, words, rows, True)
                two, others, again = made(network, words, rows, False)
                same = f"{bool((one == two).all())}, {(logits - others).abs().max():.1e}"
                speeds = (f"{one.numel() / seconds:,.0f}" for seconds in (carried, again))
                encoder = bundle.settings.encoder.describe()
                print(encoder, rows, one.shape[1], next(speeds), next(speeds), same, sep="\t")


if __name__ == "__main__":
    main()
