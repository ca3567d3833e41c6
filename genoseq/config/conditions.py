"""Conditions on annotated features: ``gene_biotype=protein_coding``, ``TSS:score>=500``."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase

from genoseq.errors import ConfigError, InputFormatError

_FORM = re.compile(r"(?P<name>[^=!<>]+?)\s*(?P<sign>!=|>=|<=|=|<|>)\s*(?P<value>.*\S)\s*\Z")
_ORDERED = (">=", "<=", ">", "<")


@dataclass(frozen=True, slots=True)
class Condition:
    """What a feature has to be like to be labelled.

    Attributes
    ----------
    text
        As it was written.
    name
        An attribute of the annotation; or ``type``, ``source``, ``score`` or ``name``: columns.
    sign
        ``=``, ``!=``, ``>=``, ``<=``, ``>`` or ``<``.
    wanted
        Values, ``*`` in them is any text: one of them is to fit, or with ``!=`` none.
    class_name
        The class whose features it is for; None: all.
    """

    text: str
    name: str
    sign: str
    wanted: tuple[str, ...]
    class_name: str | None = None

    @property
    def without(self) -> bool:
        """Whether it holds of what has no such attribute."""
        return self.sign == "!="

    def holds(self, values: Collection[str]) -> bool:
        """Whether it holds of what has these values.

        Raises
        ------
        InputFormatError
            If a value that is to be compared by size is no number.
        """
        if self.sign in _ORDERED:
            return any(self._compared(value) for value in values)
        fits = any(fnmatchcase(value, like) for value in values for like in self.wanted)
        return fits != self.without

    def _compared(self, value: str) -> bool:
        try:
            found, bound = float(value), float(self.wanted[0])
        except ValueError:
            raise InputFormatError(
                f"labels.keep {self.text!r}: {self.name} {value!r} is no number: compare it by = "
                f"or !="
            ) from None
        more, equal = found > bound, found == bound
        return (equal and "=" in self.sign) or (more if ">" in self.sign else found < bound)


def parse_condition(text: str, classes: Collection[str]) -> Condition:
    """The condition that a text states.

    Parameters
    ----------
    text
        ``NAME=VALUE``, other values behind ``|``, other signs in the place of ``=``; before it
        ``CLASS:`` where it is for one class alone.
    classes
        Those that there are.

    Raises
    ------
    ConfigError
        If it is none, or for a class that is not there.
    """
    found = _FORM.match(text.strip())
    if found is None:
        raise ConfigError(
            f"{text!r} is no condition: write NAME=VALUE, such as gene_biotype=protein_coding, or "
            f"with !=, >=, <=, > or <; CLASS: before it is for one class"
        )
    own, name = None, found["name"].strip()
    if ":" in name:
        own, _, name = (part.strip() for part in name.rpartition(":"))
        if own not in classes:
            raise ConfigError(
                f"{text!r}: {own!r} is none of the classes: {', '.join(classes) or 'none'}"
            )
    wanted = tuple(part.strip() for part in found["value"].split("|"))
    if found["sign"] in _ORDERED and not _is_number(wanted):
        raise ConfigError(f"{text!r}: {found['value']!r} is no number: compare by = or !=")
    if not name or "" in wanted:
        raise ConfigError(f"{text!r}: a name or a value is empty: write NAME=VALUE")
    return Condition(text, name, found["sign"], wanted, own)


def _is_number(values: tuple[str, ...]) -> bool:
    try:
        return len(values) == 1 and float(values[0]) == float(values[0])
    except ValueError:
        return False
