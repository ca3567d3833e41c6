"""What `snakemake --sdm conda` makes: an environment in which pip installs what pyproject names."""

from __future__ import annotations

import re
import tomllib

import yaml
from small_run import REPOSITORY

ENVIRONMENT = REPOSITORY / "workflows/envs/genoseq.yaml"
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]


def test_environment_has_a_python_that_genoseq_takes() -> None:
    found = yaml.safe_load(ENVIRONMENT.read_text())
    assert found["channels"] == ["conda-forge"]
    words = dict(text.partition(" =")[::2] for text in found["dependencies"])
    least = PROJECT["requires-python"].removeprefix(">=")
    assert [*map(int, words["python"].split("."))] >= [*map(int, least.split("."))]
    assert words.keys() == {"python", "pip"}


def test_environment_is_filled_by_pip_with_extras_that_exist() -> None:
    script = ENVIRONMENT.with_suffix(".post-deploy.sh").read_text()
    found = re.findall(r'^ *pip install "(\.|genoseq)\[([\w,]+)\]"$', script, re.MULTILINE)
    assert [name for name, _ in found] == [".", PROJECT["name"]]
    for _, extras in found:
        assert {*extras.split(",")} <= PROJECT["optional-dependencies"].keys()


def test_every_rule_has_the_environment_and_names_no_folder_of_its_own() -> None:
    rules = [path for path in ENVIRONMENT.parents[1].glob("rules/*.smk") if path.stem != "common"]
    assert len(rules) == 14
    for path in rules:
        text = path.read_text()
        assert '"../envs/genoseq.yaml"' in text
        places = re.findall(r'"([^"\n]*/[^"\n]*)"', text.split("    shell:")[0])
        assert all(re.match(r"<\w+>/|\.\./(envs|report)/", place) for place in places), path
