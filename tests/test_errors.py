"""Messages say where; errors are also the built-in ones people catch."""

from __future__ import annotations

from pathlib import Path

import pytest

from genoseq.errors import (
    BackendError,
    BundleError,
    ConfigError,
    GenoseqError,
    InputFormatError,
    RegionError,
    StoreError,
    listed,
    told,
)


def test_input_format_error_names_path_and_line() -> None:
    assert str(InputFormatError("bad", Path("a.bed"), 3)) == "a.bed:3: bad"
    assert str(InputFormatError("bad", "a.bed")) == "a.bed: bad"
    assert str(InputFormatError("bad")) == "bad"


def test_listed_is_short_whatever_the_number_of_names() -> None:
    assert listed([]) == "none"
    assert listed("badab") == "a, b, d"
    many = listed(f"peak{number:04}" for number in range(2_726))
    assert many.startswith("peak0000, peak0001, ")
    assert many.endswith(", peak0011 and 2,714 more")


def test_told_is_short_and_printable_whatever_a_file_holds() -> None:
    assert told("a.fa: no 'x'\nb.fa: 7\u00b0") == ["a.fa: no 'x'", "b.fa: 7\u00b0"]
    assert told("a\x1b[31m\tb\u202ec") == [r"a\x1b[31m\tb\u202ec"]
    (line,) = told("begin " + "x" * 5_000_000 + " rename it")
    assert line.startswith("begin x")
    assert line.endswith("x rename it")
    assert len(line) < 1_100
    many = told("\n".join(map(str, range(40_000))))
    assert (len(many), many[99], many[100]) == (101, "99", "and 39,900 more")


def test_config_error_lists_every_problem() -> None:
    error = ConfigError(["one", "two"], "c.yaml")
    assert str(error) == "c.yaml: one\nc.yaml: two"
    assert error.problems == ("one", "two")


@pytest.mark.parametrize(
    "kind", [InputFormatError, RegionError, ConfigError, StoreError, BundleError]
)
def test_errors_of_input_are_value_errors(kind: type[Exception]) -> None:
    assert issubclass(kind, ValueError)
    assert issubclass(kind, GenoseqError)


def test_backend_error_is_a_runtime_error() -> None:
    assert issubclass(BackendError, RuntimeError)
