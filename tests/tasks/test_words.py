"""Chances of words and of the bases in them."""

from __future__ import annotations

import torch

from genoseq.tasks.words import base_chances, chained, word_numbers

torch.set_num_threads(1)


def random_chances(bases: int, words: int = 5) -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(2, words, 4**bases, dtype=torch.float64).log_softmax(-1)


def test_word_numbers_are_those_of_kmers_and_none_where_a_base_is_n() -> None:
    codes = torch.tensor([[0, 1, 2, 3, 3, 3, 0, 4, 0]], dtype=torch.uint8)
    assert word_numbers(codes, 3).tolist() == [[0 * 16 + 1 * 4 + 2, 63, -1]]
    assert word_numbers(codes, 1).tolist() == [[0, 1, 2, 3, 3, 3, 0, -1, 0]]


def test_chances_of_bases_add_up_to_those_of_the_word() -> None:
    log_p = random_chances(3)
    codes = torch.randint(0, 4, (2, 15))
    told, _ = base_chances(log_p, codes)
    words = log_p.gather(2, word_numbers(codes, 3)[..., None])[..., 0]
    torch.testing.assert_close(told.view(2, 5, 3).sum(-1), words)


def test_chances_of_a_base_are_those_of_words_that_begin_so() -> None:
    log_p = random_chances(2, words=1)[:1]
    p = log_p[0, 0].exp().view(4, 4)
    told, right = base_chances(log_p, torch.tensor([[2, 1]]))
    torch.testing.assert_close(told[0].exp(), torch.stack([p[2].sum(), p[2, 1] / p[2].sum()]))
    likeliest = p.sum(1).argmax() == 2, p[2].argmax() == 1
    assert right[0].tolist() == [bool(each) for each in likeliest]


def test_bases_before_the_first_n_of_a_word_are_told() -> None:
    log_p = random_chances(3, words=2)[:1]
    whole, _ = base_chances(log_p, torch.tensor([[0, 1, 2, 3, 2, 1]]))
    told, _ = base_chances(log_p, torch.tensor([[0, 4, 2, 3, 2, 4]]))
    assert told[0].isnan().tolist() == [False, True, True, False, False, True]
    assert told[0, [0, 3, 4]].tolist() == whole[0, [0, 3, 4]].tolist()


def test_chained_begins_with_certainty() -> None:
    sums = chained(random_chances(2))
    assert [each.shape[-1] for each in sums] == [1, 4, 16]
    torch.testing.assert_close(sums[0], torch.zeros_like(sums[0]))
