"""Names, strands and replicates of signal files."""

from __future__ import annotations

from pathlib import Path

import pytest

from genoseq.errors import ConfigError
from genoseq.labels.signal_names import STRAND_PAIRS, SignalFile, name_signals, said_strands


def named(*texts: str) -> list[tuple[str, str]]:
    return [(signal.name, signal.strand) for signal in name_signals(texts)]


def test_name_signals_takes_strands_that_are_said_or_that_pair() -> None:
    assert name_signals(["a/RNA.fwd.bw", "a/RNA.rev.bw", "cov=b.bw"]) == [
        SignalFile("RNA", "+", Path("a/RNA.fwd.bw")),
        SignalFile("RNA", "-", Path("a/RNA.rev.bw")),
        SignalFile("cov", ".", Path("b.bw")),
    ]
    assert named("RNA+=x.bw", "RNA-=y.bw") == [("RNA", "+"), ("RNA", "-")]
    assert named("T.minus=m.bw", "T.plus=p.bw") == [("T", "-"), ("T", "+")]
    assert named("d/watson.bw", "d/Crick.bw") == [("signal", "+"), ("signal", "-")]
    assert named("plus_r1.bw", "minus_r1.bw") == [("r1", "+"), ("r1", "-")]
    pair = "a.pos.rep1.bedGraph.gz", "a.neg.rep1.bedGraph.gz"
    assert named(*pair) == [("a.rep1", "+"), ("a.rep1", "-")]
    assert named("x.f.bw", "y.r.bw") == [("x.f", "."), ("y.r", ".")]


@pytest.mark.parametrize("pair", STRAND_PAIRS[1:])
def test_name_signals_knows_each_pair_of_words(pair: tuple[str, str]) -> None:
    assert named(*(f"RNA_{word.upper()}.bw" for word in pair)) == [("RNA", "+"), ("RNA", "-")]


def test_name_signals_numbers_replicates() -> None:
    found = name_signals(["x+=a.bw", "x-=b.bw", "x+=c.bw", "x-=d.bw", "y=e.bw", "y=f.bw"])
    assert [signal.replicate for signal in found] == [0, 0, 1, 1, 0, 1]
    assert said_strands(found) == "x (+ and -, 2 replicates), y (no strand, 2 replicates)"


def test_said_strands_tells_that_none_has_one() -> None:
    assert "none has a strand, so each is told alike" in said_strands(name_signals(["a.bw"]))


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["x_minus.bw"], "signal 'x_minus' is the - strand of a pair, and no signal is its . st"),
        (["RNA+=a.bw"], "give both, RNA.=FILE and RNA-=FILE, or, if it has no strand, a name"),
        (["RNA+=a.bw", "DNA-=b.bw"], "signal 'RNA.' is the . strand of a pair"),
        (["watson.bw", "x.bw"], "signal 'watson' is the . strand of a pair"),
        (["a/x.bw", "b/x.bedGraph.gz"], "two signals are called 'x': name them, --signal NAME="),
        (["x=a.bw", "y=a.bw"], "signal file a.bw is given twice"),
        (["x+=a.bw", "x-=b.bw", "x=c.bw"], "signal 'x' is given with and without strand"),
        (["x+=a.bw", "x-=b.bw", "x+=c.bw"], "2 files of its . strand and 1 of its - strand"),
    ],
)
def test_name_signals_refuses_what_is_not_clear(texts: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        name_signals(texts)
