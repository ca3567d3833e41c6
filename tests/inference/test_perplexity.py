"""How strange stretches are: ranks that chance does not decide."""

from __future__ import annotations

import numpy as np
import pytest

from genoseq.genome.regions import Region
from genoseq.genome.tracks import Track
from genoseq.inference.perplexity import BLOCK, Perplexity, less
from genoseq.tasks.language import CHANNELS

RNG = np.random.default_rng(4)


def tracks_of(contigs: dict[str, np.ndarray], piece: int) -> list[Track]:
    """Bits of both strands alike, in pieces."""
    return [
        Track(name, at, np.repeat(bits[at : at + piece, None], 3, 1).astype(np.float32), CHANNELS)
        for name, bits in contigs.items()
        for at in range(0, len(bits), piece)
    ]


def noise(mean: float, bases: int) -> np.ndarray:
    return RNG.normal(mean, 0.7, bases).astype(np.float32)


@pytest.mark.parametrize("piece", [137, 1_000, 10**6])
def test_long_foreign_stretches_come_before_short_ones_and_chance_last(piece: int) -> None:
    contigs = {f"own{n}": noise(1.9, 5_000) for n in range(20)}
    contigs |= {"foreign": noise(2.2, 20_000), "piece": noise(2.2, 1_000), "tiny": noise(1.95, 60)}
    found = Perplexity([("island", Region("foreign", 500, 3_100)), ("own", Region("own1", 0, 90))])
    assert len(list(found.watch(tracks_of(contigs, piece)))) > 20
    ranked = found.contigs()
    assert [each.name for each in ranked[:2]] == ["foreign", "piece"]
    assert ranked[0].excess == pytest.approx(0.3, abs=0.03)
    assert all(each.strangeness < 0.03 for each in ranked[2:])
    island, own = found.regions()
    assert (island.name, island.bases) == ("island", 2_600)
    expected = float(contigs["foreign"][500:3_100].mean(dtype=np.float64))
    assert island.plus == island.minus == pytest.approx(expected)
    assert own.strangeness < 0.1


def test_median_and_spread_are_those_of_blocks() -> None:
    bits = np.concatenate([np.full(BLOCK, mean, np.float32) for mean in (1, 2, 3, 9)])
    found = Perplexity()
    list(found.watch(tracks_of({"c": bits}, 700)))
    assert found.usual() == (2.5, pytest.approx(1.4826 * 1.0))


def test_bases_without_a_value_are_left_out() -> None:
    bits = noise(2, 3_000)
    bits[:1_200] = np.nan
    found = Perplexity()
    list(found.watch(tracks_of({"c": bits, "gap": np.full(40, np.nan)}, 500)))
    first, last = found.contigs()
    assert first.bases == 1_800
    assert (last.name, last.bases) == ("gap", 0)
    assert np.isnan(last.strangeness)


@pytest.mark.parametrize("pieces", [(300, 300), (137, 1_000), (10**6, 90)])
def test_tracks_less_others_are_the_differences_of_bases(pieces: tuple[int, int]) -> None:
    own, other = ({name: noise(2, bases) for name, bases in (("a", 1_234), ("b", 90), ("c", 601))}
                  for _ in range(2))  # fmt: skip
    own["a"][5] = np.nan
    found = list(less(tracks_of(own, pieces[0]), tracks_of(other, pieces[1])))
    for name in own:
        parts = [track for track in found if track.chrom == name]
        assert [track.start for track in parts[1:]] == [track.end for track in parts[:-1]]
        whole = np.concatenate([track.values for track in parts])
        np.testing.assert_array_equal(whole, np.repeat((own[name] - other[name])[:, None], 3, 1))
