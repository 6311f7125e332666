"""A registry: names for classes, by which they are listed and instantiated.

The manifolds and the estimators each have one.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar

import attrs

#: Names become labels of files and columns: no separators, no hidden files.
NAME, MAX_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*"), 80

Class = TypeVar("Class", bound=type)

_PARAMETERS = "\n\nParameters\n----------\n"


@dataclass(frozen=True)
class Entry:
    """A registered class with its declarations.

    ``source`` cites its definition; ``version`` is increased when its results change, so that
    stored results are not mistaken for new ones. ``cannot`` names the checks of ``bench.testing``
    that it cannot pass, each with the reason.
    """

    name: str
    cls: type
    source: str = ""
    version: int = 1
    cannot: Mapping[str, str] = field(default_factory=dict)

    @property
    def about(self) -> str:
        """First line of the class's docstring."""
        return self.text.partition("\n")[0]

    @property
    def text(self) -> str:
        """The class's docstring, without the section of its parameters."""
        return (inspect.getdoc(self.cls) or "").partition(_PARAMETERS)[0].strip()

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The parameters that ``get`` takes, with their defaults."""
        return dict(inspect.signature(self.cls).parameters)


AnyEntry = TypeVar("AnyEntry", bound=Entry)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return 'did you mean ...? ' with the nearest of the known names, or '' if none is near.

    Upper and lower case count as the same.
    """
    names = {other.casefold(): other for other in known}
    near = difflib.get_close_matches(name.casefold(), names, n=1)
    return f"did you mean {names[near[0]]!r}? " if near else ""


def _document_parameters(cls: type) -> None:
    """Add a section of the declared parameters to a class's docstring, for ``help``."""
    text = inspect.cleandoc(cls.__doc__ or "")
    if not attrs.has(cls) or _PARAMETERS in text:
        return
    lines = [
        f"{field.name} : {getattr(field.type, '__name__', field.type)}, default {field.default!r}\n"
        f"    {field.metadata['about']}"
        for field in attrs.fields(cls)
        if "about" in field.metadata
    ]
    if lines:
        cls.__doc__ = text + _PARAMETERS + "\n".join(lines) + "\n"


class Registry(Generic[AnyEntry]):
    """Classes of one kind by name, from a package's modules, plug-ins and user code."""

    def __init__(self, kind: str, package: str, method: str, entry: type[AnyEntry]) -> None:
        self.kind = kind
        self.package = package
        self.method = method
        self._new_entry = entry
        self._entries: dict[str, AnyEntry] = {}
        self._discovered = False

    def register(self, name: str, **facts: Any) -> Callable[[Class], Class]:
        """Return a decorator that registers a class as ``name``, with the facts of its entry.

        Raises ValueError when another class has the name, the class lacks the method that every
        class of this kind needs, or the entry has no such fact.
        """
        known = [field.name for field in fields(self._new_entry)][2:]
        for fact in facts:
            if fact not in known:
                raise ValueError(
                    f"{self.kind} {name!r}: unknown fact {fact!r}; {nearest(fact, known)}"
                    f"register takes: {', '.join(known)}"
                )

        def decorate(cls: Class) -> Class:
            self.add(self._new_entry(name, cls, **facts))
            return cls

        return decorate

    def add(self, entry: AnyEntry) -> None:
        """Add an entry; a class that is defined again (in a notebook) replaces itself."""
        name, cls = entry.name, entry.cls
        if not isinstance(name, str) or len(name) > MAX_NAME or not NAME.fullmatch(name):
            raise ValueError(
                f"{self.kind} name {name!r:.80} is not allowed: it must be letters, digits and . _ "
                f"+ - only, begin with a letter or digit, and have at most {MAX_NAME} characters"
            )
        known = self._entries.get(name)
        if known and (known.cls.__module__, known.cls.__qualname__) != (
            cls.__module__,
            cls.__qualname__,
        ):
            raise ValueError(f"{self.kind} name {name!r} is taken by {known.cls.__qualname__}")
        if not callable(getattr(cls, self.method, None)):
            raise ValueError(
                f"{self.kind} {name!r}: {cls.__qualname__} has no {self.method} method"
            )
        _document_parameters(cls)
        self._entries[name] = entry

    def _discover(self) -> None:
        """Import the package's own modules, then the plug-ins of installed packages.

        One level deep: a sub-package decides in its ``__init__`` what is imported with it, so
        that listing names need not import what only fitting needs.
        """
        if self._discovered:
            return
        self._discovered = True
        package = importlib.import_module(self.package)
        for module in pkgutil.iter_modules(package.__path__, f"{self.package}."):
            importlib.import_module(module.name)
        for plugin in entry_points(group=f"bench.{self.package}"):
            try:
                plugin.load()
            except (Exception, SystemExit) as error:
                warnings.warn(
                    f"the {self.kind} plug-in {plugin.value!r} could not be loaded: "
                    f"{type(error).__name__}: {error}",
                    stacklevel=2,
                )

    def entries(self) -> list[AnyEntry]:
        """Return all entries, sorted by name."""
        self._discover()
        return [self._entries[name] for name in sorted(self._entries)]

    def names(self) -> list[str]:
        """Return all registered names, sorted."""
        return [entry.name for entry in self.entries()]

    def entry(self, name: str) -> AnyEntry:
        """Return the entry of ``name``; raise ValueError with the nearest name if there is none."""
        known = self.names()
        if name not in known:
            hint = nearest(name, known)
            raise ValueError(f"unknown {self.kind} {name!r}; {hint}known: {', '.join(known)}")
        return self._entries[name]

    def get(self, name: str, /, **parameters: Any) -> Any:
        """Return an instance by name, with parameters that differ from the defaults.

        Raises ValueError for an unknown name or parameter, or a value that is not allowed.
        """
        entry = self.entry(name)
        for parameter in parameters:
            if parameter not in entry.parameters:
                known = ", ".join(entry.parameters) or "none"
                hint = nearest(parameter, entry.parameters)
                raise ValueError(
                    f"{name}: unknown parameter {parameter!r}; {hint}it takes: {known}"
                )
        try:
            return entry.cls(**parameters)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name}: {error.args[0] if error.args else error}") from error
