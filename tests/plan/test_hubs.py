"""What rule ``hub`` is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from plans import plan_of, wild

from genoseq.errors import ConfigError
from genoseq.plan.hubs import hub_annotation, hub_folders, hub_options, hubs


def test_hubs_are_made_where_settings_ask_for_them(tmp_path: Path) -> None:
    sheet = "name\tfasta\tannotation\tsplit\none\ta.fa\ta b.gff3\tblocks\ntwo\tb.fa\t-\tscore\n"
    assert hubs(plan_of(tmp_path, sheet)) == []
    plan = plan_of(tmp_path, sheet, hub={"title": "A b"}, genes={}, models={"a": {}, "b": {}})
    assert hubs(plan) == ["<results>/hubs/one", "<results>/hubs/two"]
    assert hub_folders(plan)(wild(genome="one")) == [
        f"<results>/{kind}/one/{model}" for model in ("a", "b") for kind in ("tracks", "genes")
    ]
    masked = {"task": {"name": "masked-lm"}}
    plan = plan_of(tmp_path, sheet, hub={}, genes={}, models={"a": {}, "masked": masked})
    assert hub_folders(plan)(wild(genome="two")) == [
        "<results>/tracks/two/a",
        "<results>/genes/two/a",
        "<results>/tracks/two/masked",
    ]
    plan = plan_of(tmp_path, sheet, hub={"title": "A b"})
    assert hub_options(plan)(wild(genome="one")) == "--title 'A b' --email ''"
    given = [hub_annotation(plan)(wild(genome=name)) for name in ("one", "two")]
    assert given == [["a b.gff3"], []]
    with pytest.raises(ConfigError, match=r"hub: browsers show bigwig and bed: add one to score"):
        plan_of(tmp_path, sheet, hub={}, score={"formats": ["tsv"]})
