"""Values of bases that are kept while genes are called."""

from __future__ import annotations

import numpy as np
from planted_genes import KnowingScorer, planted_genome

from genoseq.files.jobs import Jobs
from genoseq.genes.base_values import KeptValues
from genoseq.genes.layout import contig


def test_keeping_gives_the_scorer_s_values_and_keeps_them_where_files_have_them() -> None:
    one, other = planted_genome(9, seed=2), planted_genome(5, seed=3)
    contigs = [contig("a", one.codes, True), contig("b", other.codes), contig("e", other.codes[:0])]
    assert contigs[0].turned
    lengths = {each.name: each.length for each in contigs}
    plain = KnowingScorer(a=one, b=other, e=planted_genome(0))

    def scorer(those):  # type: ignore[no-untyped-def]
        for each, values in zip(those, plain(those), strict=True):
            values = values[:, : each.length].copy()
            values[:, 7:8] = np.nan
            yield values

    kept = KeptValues(lengths)
    given = list(kept.keeping(scorer)(contigs[::-1]))
    for mine, theirs in zip(given, scorer(contigs[::-1]), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    tracks = {track.chrom: track.values for track in kept.tracks(Jobs(1))}
    assert [len(tracks[name]) for name in ("a", "b")] == [lengths["a"], lengths["b"]]
    for each, genome in ((contigs[0], one), (contigs[1], other)):
        values = genome.values()
        expected = np.stack([values[1:4].sum(0), values[4:7].sum(0)], axis=1)
        expected[(7 + each.turned) % each.length] = np.nan
        np.testing.assert_allclose(tracks[each.name], expected, atol=0.00051)
