"""Text from outside, made safe to show: nothing in it can move the cursor, set the clipboard or reorder a line."""

from __future__ import annotations

import re

_CONTROLS = "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufff9-\ufffb"
"""C0 (ESC among them), DEL, C1 (8-bit CSI and OSC), separators of lines, lone surrogates, interlinear annotation."""
_JOINER = "\u200d"
"""The zero-width joiner stays: emoji and several scripts need it, and it moves nothing."""
_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Unicode's property Default_Ignorable_Code_Point (DerivedCoreProperties.txt): what is not seen, bidirectional controls among
it. It is the same in each version, reserved code points included. Left out are the joiner and the two selectors below."""
_EMOJI = (
    "#*0-9\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030"
    "\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_SELECTORS = f"(?<![{_EMOJI}])[\ufe0e\ufe0f]"
"""They choose between the two looks of an emoji. Behind anything else they are not seen."""
UNSAFE = re.compile(f"[{_CONTROLS}{_IGNORABLE}]|{_SELECTORS}")
"""Finds what `clean` changes in a text."""
UNSAFE_IN_JSON = re.compile(f"(?!\n)[{_CONTROLS}{_IGNORABLE}]|{_SELECTORS}")
"""The same in JSON, whose own lines are ended by newlines."""


def _visible(found: re.Match[str]) -> str:
    code = ord(found[0])
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"


def clean(text: str) -> str:
    """The text with every control character replaced by a visible stand-in of one cell, so `len` stays the same."""
    return text if text.isascii() and text.isprintable() else UNSAFE.sub(_visible, text)


def escaped(json_text: str) -> str:
    """JSON in which what must not reach a terminal is written as JSON may write it: by its number."""
    return UNSAFE_IN_JSON.sub(_numbered, json_text)


def _numbered(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def clean_lines(text: str) -> str:
    """A text of several lines, each of them cleaned, and tabs made spaces."""
    return "\n".join(map(clean, text.expandtabs(4).splitlines()))


def one_line(text: str, width: int) -> str:
    """The first `width` characters of the text's first line, cleaned; an ellipsis where something was left out."""
    line, _, rest = text[: width + 1].partition("\n")
    line = clean(line.replace("\t", "  ").rstrip("\r"))
    return line[: max(0, width - 1)] + "…" if rest or len(line) > width else line


def byte_count(count: int) -> str:
    """`512 B`, `1.2 kB`, `3.4 GB`."""
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count} B"


def plural(count: int, noun: str) -> str:
    """`1 asset`, `2 assets`, `1,200 retries`."""
    if count == 1:
        return f"{count:,} {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("ry") else f"{count:,} {noun}s"
