"""Which features of an annotation are labelled, by conditions on their attributes.

A condition is asked of a feature, or of the parts of a transcript; where these do not have the
attribute, of what they are part of, and so on: the nearest that has it decides.  ``type`` is asked
of all of them together, so that ``type!=tRNA`` is of all that is part of a tRNA.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from genoseq.config.conditions import Condition
from genoseq.config.labels import LabelSettings
from genoseq.errors import InputFormatError, listed
from genoseq.genome.annotation import Annotation
from genoseq.genome.features import Feature
from genoseq.genome.genes import Transcript
from genoseq.labels.evidence import EVERYTHING, Trust
from genoseq.labels.intervals import LabelInterval, class_intervals, label_intervals

TYPE = "type"
"""Stands for the type of a feature, in the place of an attribute."""


def kept_intervals(
    annotation: Annotation, settings: LabelSettings, trust: Trust = EVERYTHING
) -> list[LabelInterval]:
    """Intervals of the classes, of features that keep to ``labels.keep``.

    Of the others those bases are doubted that they would have had, with ``dropped: unknown``;
    else it is as though they were not there.

    Parameters
    ----------
    annotation
        Read with the attributes of :attr:`LabelSettings.asked`.

    Raises
    ------
    InputFormatError
        If no feature has an attribute that is asked for, no feature of a class is left, or there is
        none to begin with.
    """
    classes, conditions = settings.labelled, settings.conditions
    if not conditions:
        return label_intervals(annotation, classes, trust)
    ranked: dict[LabelInterval, None] = {}
    left: dict[tuple[Condition, ...], Annotation] = {}
    whole = label_intervals(annotation, classes, trust)
    for rank, name in enumerate(classes):
        own = tuple(each for each in conditions if each.class_name in (None, name))
        if own not in left:
            left[own] = keeping(annotation, own)
        found = class_intervals(left[own], name, rank, len(classes), trust)
        if not found:
            raise InputFormatError(
                f"no feature to label as {name} is left by labels.keep: "
                f"{'; '.join(_told(annotation, each) for each in own)}"
            )
        ranked |= found
    if settings.dropped == "unknown":
        ranked |= dict.fromkeys(each.unknown for each in whole if each not in ranked)
    return list(ranked)


def keeping(annotation: Annotation, conditions: Sequence[Condition]) -> Annotation:
    """The annotation with those features and transcripts alone of which all conditions hold.

    Raises
    ------
    InputFormatError
        If no feature has an attribute that is asked for.
    """
    if not conditions:
        return annotation
    tree = _Tree.of(annotation)
    for each in conditions:
        if each.name != TYPE and not any(_values(one, each.name) for one in annotation.features):
            raise InputFormatError(
                f"labels.keep {each.text!r}: no feature has {each.name!r}: is it spelt so?  "
                f"(type, source and score are columns)"
            )
    return Annotation(
        [one for one in annotation.features if tree.keeps([one], one.parents, conditions)],
        annotation.circles,
        annotation.lengths,
        [
            one
            for one in annotation.transcripts
            if tree.keeps(list(_parts(one)), (one.name,), conditions)
        ],
    )


@dataclass(frozen=True)
class _Tree:
    """What features are part of, by their IDs."""

    named: Mapping[str, list[Feature]]

    @classmethod
    def of(cls, annotation: Annotation) -> _Tree:
        named: dict[str, list[Feature]] = {}
        for feature in annotation.features:
            if feature.id is not None:
                named.setdefault(feature.id, []).append(feature)
        return cls(named)

    def keeps(
        self, own: list[Feature], parents: Sequence[str], conditions: Sequence[Condition]
    ) -> bool:
        """Whether all conditions hold of features, which are part of ``parents``."""
        levels = [own, *self._above(parents)]
        return all(_holds(condition, levels) for condition in conditions)

    def _above(self, parents: Sequence[str]) -> Iterator[list[Feature]]:
        seen: set[str] = set()
        while new := [name for name in dict.fromkeys(parents) if name not in seen]:
            seen.update(new)
            level = [feature for name in new for feature in self.named.get(name, ())]
            yield level
            parents = [name for feature in level for name in feature.parents]


def _holds(condition: Condition, levels: Iterable[list[Feature]]) -> bool:
    found = [{v for one in level for v in _values(one, condition.name)} for level in levels]
    if condition.name == TYPE:
        return condition.holds(set(chain.from_iterable(found)))
    nearest = next(filter(None, found), None)
    return condition.without if nearest is None else condition.holds(nearest)


def _values(feature: Feature, name: str) -> list[str]:
    """Values of an attribute: as a whole, and where there are several each of them."""
    if name == TYPE:
        return [feature.type]
    value = dict(feature.attributes).get(name)
    return [] if value is None else list(dict.fromkeys([value, *value.split(",")]))


def _parts(transcript: Transcript) -> Iterator[Feature]:
    yield from transcript.exons
    for cds in transcript.coding:
        yield from cds.parts
    for parts in transcript.own.values():
        yield from parts


def _told(annotation: Annotation, condition: Condition) -> str:
    there = {value for one in annotation.features for value in _values(one, condition.name)}
    return f"{condition.text} (there are {listed(there)})"
