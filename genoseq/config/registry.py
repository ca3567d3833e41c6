"""Settings of many kinds in one place of a configuration, told apart by a field such as `family`.

What encoders and tasks there are is open: a class registers itself, from anywhere.  A package that
is installed beside genoseq names its classes as entry points, so that settings can name them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, Literal, TypeVar, get_args, get_origin

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from genoseq.config.base import Settings

KindT = TypeVar("KindT", bound=Settings)
ClassT = TypeVar("ClassT", bound=type[Settings])


class Registry(Generic[KindT]):
    """The classes of one kind of settings; in ``Annotated`` it makes a field of that kind.

    Such a field takes an instance, or a mapping that is validated by the class it names.  All
    fields of that class are dumped, and the JSON schema lists every class.

    Parameters
    ----------
    kind
        Parent of the classes.
    key
        The field that tells them apart: in each class a ``Literal`` of the names it goes by.
    default
        Name of a mapping without that field.
    group
        Entry points that are loaded once a name is not known.
    """

    def __init__(self, kind: type[KindT], key: str, default: str, group: str) -> None:
        self.kind, self.key, self.default, self.group = kind, key, default, group
        self.classes: dict[str, type[KindT]] = {}
        self.loaded = False
        self.unlisted: set[str] = set()

    def register(self, settings: ClassT, *, listed: bool = True) -> ClassT:
        """Let settings name a class; for use as a decorator.

        Parameters
        ----------
        listed
            Whether people may write it: errors and the JSON schema name it only then.

        Raises
        ------
        TypeError
            If the class is of another kind, or has no names.
        ValueError
            If another class goes by one of them.
        """
        kind: type = settings
        if not (isinstance(kind, type) and issubclass(kind, self.kind)):
            raise TypeError(f"{settings.__name__}: is no {self.kind.__name__}")
        annotation = kind.model_fields[self.key].annotation
        if get_origin(annotation) is not Literal:
            raise TypeError(f"{kind.__name__}.{self.key}: must be a Literal of its names")
        names = get_args(annotation)
        for name in names:
            if self.classes.get(name, kind) is not kind:
                other = self.classes[name].__name__
                raise ValueError(f"{self.key} {name!r} of {kind.__name__}: is that of {other}")
        self.classes.update(dict.fromkeys(names, kind))
        self.unlisted.update(() if listed else names)
        return settings

    def parse(self, data: Any) -> KindT:
        """Settings of a mapping, by the class that it names.

        Raises
        ------
        ValueError
            If no class goes by that name, or its fields do not hold; if an installed package that
            may have it cannot be loaded.
        """
        if isinstance(data, self.kind):
            return data
        name = data.get(self.key, self.default) if isinstance(data, Mapping) else self.default
        if (found := self.find(name)) is None:
            *most, last = self._listed()
            names = f"{', '.join(most)} or {last}" if most else last
            raise ValueError(f"{self.key} {name!r}: use {names}")
        return found.model_validate(data)

    def find(self, name: Any) -> type[KindT] | None:
        """The class that goes by a name, here or in an installed package; None if there is none.

        Raises
        ------
        ValueError
            If an installed package that may have it cannot be loaded.
        """
        if not isinstance(name, str):
            return None
        if name not in self.classes:
            self._load()
        return self.classes.get(name)

    def _listed(self) -> dict[str, type[KindT]]:
        return {name: kind for name, kind in self.classes.items() if name not in self.unlisted}

    def _load(self) -> None:
        """Register the classes of installed packages, once."""
        from importlib.metadata import entry_points

        if self.loaded:
            return
        for entry in entry_points(group=self.group):
            try:
                self.register(entry.load())
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
                raise ValueError(f"entry point {entry.name} of {self.group}: {said}") from error
        self.loaded = True

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        """A field that validates by :meth:`parse`; what it holds is dumped as what it is."""
        del source, handler
        return core_schema.no_info_plain_validator_function(self.parse)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """One of the classes there are when the schema is asked for, each a definition."""
        del schema
        kinds = {str(kind): kind.__pydantic_core_schema__ for kind in self._listed().values()}
        return handler(core_schema.tagged_union_schema(kinds, discriminator=str))
