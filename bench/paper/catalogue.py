"""Publications by name: those of ``bench/paper/publications``, or a Python file of one's own."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from pathlib import Path

from bench.paper import publications
from bench.paper.publication import Item, Publication
from manifolds.registry import nearest

_VARIABLE = "PUBLICATION"


def names() -> list[str]:
    """Return the publications that come with the package, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(publications.__path__))


def load(name: str) -> Publication:
    """Return a publication by name, or by the path of a Python file that sets PUBLICATION.

    Raises ValueError for an unknown name, or a file that fails or sets none.
    """
    if Path(name).suffix == ".py":
        return _load_file(Path(name))
    known = names()
    if name not in known:
        hint = nearest(name, known)
        raise ValueError(
            f"unknown publication {name!r}; {hint}known: {', '.join(known)}, or the path of a .py "
            "file"
        )
    module = importlib.import_module(f"{publications.__name__}.{name}")
    publication: Publication = getattr(module, _VARIABLE)
    return publication


def _load_file(path: Path) -> Publication:
    if not path.is_file():
        raise ValueError(f"publication {path} is not a file")
    spec = importlib.util.spec_from_file_location(f"bench_publication_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ValueError(f"publication {path}: {type(error).__name__}: {error}") from error
    publication = getattr(module, _VARIABLE, None)
    if not isinstance(publication, Publication):
        raise ValueError(
            f"publication {path} sets no {_VARIABLE} = bench.paper.publication.Publication(...)"
        )
    return publication


def select_items(publication: Publication, only: list[str]) -> tuple[Item, ...]:
    """Return the items with these names, in the publication's order; all if none are named.

    Raises ValueError for a name that it does not have.
    """
    known = [item.name for item in publication.items]
    for name in only:
        if name not in known:
            hint = nearest(name, known)
            raise ValueError(
                f"{publication.name} has no item {name!r}; {hint}it has: {', '.join(known)}"
            )
    return tuple(item for item in publication.items if not only or item.name in only)


def listing(name: str | None = None) -> str:
    """Return a text of all publications, or of the one with this name, and their items."""
    texts = []
    for publication in map(load, names() if name is None else [name]):
        width = max(len(item.name) for item in publication.items)
        lines = [
            f"{publication.name}: {publication.title} ({publication.source})",
            *(f"  {item.name:{width}}  {item.kind}: {item.title}" for item in publication.items),
        ]
        texts.append("\n".join(lines))
    return "\n\n".join(texts)
