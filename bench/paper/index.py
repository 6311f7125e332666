"""The index of a publication's folder: each item with its picture or table, and its caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.files import write_text
from bench.paper.comparison_files import markdown
from bench.paper.publication import Item, Publication
from bench.paper.table import Comparison

NAME = "index.md"


@dataclass(frozen=True)
class ItemResult:
    """Files of an item, the table if it is one, or why there is none."""

    item: Item
    paths: tuple[Path, ...] = ()
    comparison: Comparison | None = None
    error: str = ""

    def summary(self, folder: Path) -> str:
        """Return the place of the files, or why there are none."""
        if self.error:
            return f"not made: {self.error}"
        if not self.paths:
            return "left out: the records that it is made from are missing"
        stem = self.paths[0].relative_to(folder).with_suffix("")
        return f"{folder / stem}" + "".join(f" {path.suffix}" for path in self.paths)


def write_index(
    publication: Publication, name: str, results: Sequence[ItemResult], preset: str, folder: Path
) -> Path:
    """Write index.md into the folder; return its path.

    ``name`` is that of the publication on the command line.
    """
    command = f"python -m bench paper {name} --preset {preset}"
    parts = [
        f"# {publication.title}\n\n{publication.source}, with our numbers and figures: preset "
        f"{preset}. Made by\n\n```\n{command}\n```"
    ]
    for result in results:
        item = result.item
        lines = [f"## {item.title}", item.caption]
        files = [path.relative_to(folder).as_posix() for path in result.paths]
        if result.comparison is not None:
            lines.append(markdown(result.comparison).partition("\n")[2].strip())
        else:
            lines += [f"![{item.title}]({file})" for file in files if file.endswith(".png")]
        links = " ".join(f"[{Path(file).suffix[1:]}]({file})" for file in files)
        lines.append(links or result.summary(folder))
        lines.append(f"```\n{command} --only {item.name}\n```")
        parts.append("\n\n".join(lines))
    return write_text("\n\n".join(parts) + "\n", folder / NAME)
