"""The index of a publication's folder: each item with its picture or table, and its caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.files import write_text
from bench.paper.comparison import Comparison
from bench.paper.comparison_files import markdown
from bench.paper.publication import Item, Publication

NAME = "index.md"


@dataclass(frozen=True)
class Made:
    """What came of an item: its files, the table if it is one, or why there is none."""

    item: Item
    paths: tuple[Path, ...] = ()
    comparison: Comparison | None = None
    error: str = ""

    def told(self, folder: Path) -> str:
        """Where its files are, or why there are none."""
        if self.error:
            return f"not made: {self.error}"
        if not self.paths:
            return "left out: the records that it is made from are not there"
        stem = self.paths[0].relative_to(folder).with_suffix("")
        return f"{folder / stem}" + "".join(f" {path.suffix}" for path in self.paths)


def write_index(
    publication: Publication, name: str, made: Sequence[Made], preset: str, folder: Path
) -> Path:
    """Write index.md into the folder; returns its path.

    ``name`` is what the command line calls the publication.
    """
    command = f"python -m bench paper {name} --preset {preset}"
    parts = [
        f"# {publication.title}\n\n{publication.source}, with our numbers and figures: preset "
        f"{preset}. Made by\n\n```\n{command}\n```"
    ]
    for found in made:
        item = found.item
        lines = [f"## {item.title}", item.caption]
        if found.comparison is not None:
            table = markdown(found.comparison).partition("\n")[2].strip()
            lines.append(table)
        files = [path.relative_to(folder).as_posix() for path in found.paths]
        pictures = [file for file in files if file.endswith(".png")]
        if found.comparison is None:
            lines += [f"![{item.title}]({picture})" for picture in pictures]
        lines.append(
            " ".join(f"[{Path(file).suffix[1:]}]({file})" for file in files)
            if files
            else found.told(folder)
        )
        lines.append(f"```\n{command} --only {item.name}\n```")
        parts.append("\n\n".join(lines))
    return write_text("\n\n".join(parts) + "\n", folder / NAME)
