"""Texts of estimators, files and stores as a terminal may have them."""

from __future__ import annotations

import unicodedata

#: Characters of a text that are printed at most.
LONGEST = 2000


def printable(text: str) -> str:
    """Return a text whose control characters are written out, as ``\\x1b``, but for line ends.

    What a terminal would obey is then only shown: escape sequences, bells, changes of the
    direction of writing, halves of characters.
    """
    if text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable() or character in "\n\t" or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode("ascii")
