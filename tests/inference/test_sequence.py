"""Tests of genoseq.inference.sequence."""

from pathlib import Path

import numpy as np
import pytest
import torch

from genoseq.errors import InputFormatError, RegionError
from genoseq.genome.sequences import encode
from genoseq.inference.predict import Predictor
from genoseq.inference.score import score
from genoseq.inference.sequence import predict
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.readers.fasta import open_fasta

torch.set_num_threads(1)
LETTERS = "".join(np.random.default_rng(2).choice(list("ACGT"), 20_011)) + "nnACG"


def test_predict_gives_what_scoring_gives(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "a.fa").write_text(f">c\n{LETTERS}\n")
    with open_fasta(tmp_path / "a.fa") as genome:
        scored = np.concatenate([track.values for track in score(genome, bundle)])
    found = predict(bundle, LETTERS)
    assert found.shape == (len(LETTERS), 2)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found.round(3), scored)


def test_predict_takes_letters_codes_and_a_predictor(bundle: Bundle, tmp_path: Path) -> None:
    save_bundle(tmp_path / "model", bundle)
    letters = LETTERS[:500]
    expected = predict(bundle, letters)
    for model in (tmp_path / "model", str(tmp_path / "model"), Predictor(bundle)):
        np.testing.assert_array_equal(predict(model, letters), expected)
    for given in (letters.lower(), letters.encode(), encode(letters.encode())):
        np.testing.assert_array_equal(predict(bundle, given), expected)
    codes = encode(letters.encode()).astype(np.int64)
    np.testing.assert_array_equal(predict(bundle, codes), expected)


def test_predict_gives_logits_and_hidden_states(bundle: Bundle) -> None:
    letters = LETTERS[-300:]
    logits = predict(bundle, letters, "logits", precision="fp32")
    assert logits.shape == (300, 7)
    hidden = predict(bundle, letters, "hidden", precision="fp32")
    assert hidden.shape == (300, bundle.model.encoder.outputs)
    gaps = np.isnan(hidden).all(1)
    assert gaps.tolist() == [letter == "n" for letter in letters]
    assert (np.isnan(logits).all(1) == gaps).all()


@pytest.mark.parametrize("length", [1, 2, 192, 193, 194, 20_000])
def test_hidden_states_of_the_reverse_complement_are_the_same_reversed(
    bundle: Bundle, length: int
) -> None:
    letters = LETTERS[:length]
    reverse = letters[::-1].translate(str.maketrans("ACGT", "TGCA"))
    found = predict(bundle, reverse, "hidden", precision="fp32")
    expected = predict(bundle, letters, "hidden", precision="fp32")[::-1]
    np.testing.assert_array_equal(found, expected)


def test_predict_says_what_it_cannot_take(bundle: Bundle) -> None:
    with pytest.raises(InputFormatError, match=r"'E' at base 2 is not a nucleotide"):
        predict(bundle, "GENE")
    for wrong in (np.zeros((2, 3), np.uint8), np.zeros(3), np.array([5])):
        with pytest.raises(RegionError, match=r"give letters, or codes 0 to 4"):
            predict(bundle, wrong)
    with pytest.raises(RegionError, match=r"^the sequence is empty"):
        predict(bundle, "")
