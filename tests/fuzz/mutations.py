"""Strategies of hypothesis for damage, so that failing examples shrink."""

import struct

from hypothesis import strategies as st

_PIECES = [
    b"9" * 20, b"-1", b"nan", b"\x00", b"\xef\xbb\xbf", b"1e999", b"\r\n", b'"', b"(" * 50,
    b"[" * 300, b"O", b"|O", b",", b";", b"\t", b"#", b"=1+1", b"\xff\xfe", b"{}", b"null", b"'",
    *(struct.pack(order + "I", number) for order in "<>"
      for number in (0, 1, 2**16, 10**9, 2**31 - 1, 2**32 - 1)),
]  # fmt: skip

#: Kind, position, a number, and bytes.
_operation = st.tuples(
    st.sampled_from(["flip", "set", "cut", "insert", "overwrite", "repeat"]),
    st.integers(0, 2**20),
    st.sampled_from([0, 1, 2, 4, 7, 16, 64, 255, 2**20]),
    st.sampled_from(_PIECES) | st.binary(min_size=1, max_size=8),
)


def damaged(wholes):
    """One of the whole files, with one to six changes, most of them where headers are."""
    changes = st.lists(_operation, min_size=1, max_size=6)
    return st.builds(_apply, st.sampled_from(wholes), changes, st.sampled_from([64, 200, 2**20]))


def _apply(whole, operations, within):
    data = bytearray(whole)
    for kind, place, number, piece in operations:
        if not data:
            break
        place %= min(len(data), within)
        if kind == "flip":
            data[place] ^= 1 << number % 8
        elif kind == "set":
            data[place] = number % 256
        elif kind == "cut":
            del data[place : place + number]
        elif kind == "insert":
            data[place:place] = piece
        elif kind == "overwrite":
            data[place : place + len(piece)] = piece
        else:
            data[place:place] = data[place // 2 : place // 2 + number % 65]
    return bytes(data)


#: Values such as nobody writes into a table, a suite or a baseline on purpose.
ODD = [
    None, True, 0, -1, 1, 2, 10**9, 2**62, -(2**63), 10**400, 1e308, -1e308, 1.7e308, 5e-324,
    1e400, -1e400, float("nan"), "", "x", "ok", "failed", "nan", "[]", "{}", "null", "[1]",
    "[{}]", "[" * 100_000,
    '[{"truth": null}]', '[{"truth": [1], "weight": 1, "estimate": 1, "low": 1, "high": 1}]',
    '[{"truth": 1, "weight": "x", "estimate": 1, "low": 1, "high": 1}]',
    '[{"truth": 1, "weight": 1, "estimate": null, "low": 1, "high": 1}]',
    '[{"truth": NaN, "weight": 1, "estimate": NaN, "low": 1, "high": 1}]',
    "9" * 5000, "[/red]", "[bold", "a\x00b", "\x1b[31m", "</script><script>alert(1)</script>",
    "=cmd()", "../../../etc/passwd", "/etc/passwd", "arrays", "9999-99-99T99:99", "\ufeff",
    "\u202e", "é" * 2000,
]  # fmt: skip


def odd_values():
    """Values of no type in particular."""
    return st.sampled_from(ODD) | st.integers() | st.floats() | st.text(max_size=20)
