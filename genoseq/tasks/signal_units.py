"""In what signals are told: the unit of their labels, and factors of their values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genoseq.store.store import Store

AS_GIVEN = "input"
"""The unit of signals that are told as their files have them."""


def unit_of(store: Store) -> str:
    """What 1 is in the labels of a store."""
    return str(store.signals.get("unit", AS_GIVEN))


def other_units(stores: Sequence[Store], unit: str, owner: str) -> list[str]:
    """A problem for each store whose signals are in another unit than those of an owner."""
    return [
        f"{store.path}: its signals are in units of {unit_of(store)}, those of {owner} of {unit}: "
        f"tokenize it with the same labels.signals.normalise"
        for store in stores
        if unit_of(store) != unit
    ]


def are_factors(given: Any, signals: int) -> bool:
    """Whether this is what :meth:`genoseq.tasks.per_base.PerBase.to_json` writes as factors."""
    if not isinstance(given, list) or len(given) != signals:
        return False
    return all(isinstance(one, int | float) and 0 < one < float("inf") for one in given)
