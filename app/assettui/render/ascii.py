"""What is drawn where a terminal shows nothing but ASCII: a stand-in of the same width for each character."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

_STAND_INS: Final = {
    ord(character): stand_in
    for characters, stand_in in {
        "●": "*", "◐": "~", "◔": "%", "✗": "x", "○": "o", "▶": ">", "▷": ")", "◇": "<", "◌": ".", "◍": "@",
        "✓": "+", "■": "#", "↷": "/", "↻": "@", "◷": "@", "⚠": "!", "…": ".", "·": ".", "•": "*", "×": "x", "≠": "!",
        "←⟵◀◂‹«": "<", "→⟶▸›»": ">", "↑▲▴": "^", "↓▼▾": "v", "↔": "-", "–—―−": "-", "‖│┃║▌▐▏▕╎┆┊╵╷": "|",
        "‘’‚": "'", "“”„": '"', "─━═╌┄┈╴╶▔": "-", "▁": "_", "▂▃": ".", "▄": "o", "▅▆": "O", "▇█▀": "#", "░": ".",
        "▒": ":", "▓": "#", "␣": "_", "⏎↵": "<", "⠀": " ", "µ": "u", "√": "v", "∅": "0", "∞": "8", "≤": "<", "≥": ">",
    }.items()
    for character in characters
}  # fmt: skip
_BOXES: Final = range(0x2500, 0x2580)
_BRAILLE: Final = range(0x2800, 0x2900)


def to_ascii(text: str) -> str:
    """The same in ASCII, in as many cells."""
    return text if text.isascii() else "".join(map(_stand_in, text))


@lru_cache(4096)
def _stand_in(character: str) -> str:
    code = ord(character)
    if code < 0x80:
        return character
    known = _STAND_INS.get(code)
    if known is not None:
        return known
    if code in _BOXES:
        return "+"
    if code in _BRAILLE:  # the more dots, the fuller
        return ".:+#"[min(3, (code - _BRAILLE.start).bit_count() // 2)]
    from rich.cells import cell_len  # deferred: few characters come so far

    width = cell_len(character)
    plain = "".join(each for each in unicodedata.normalize("NFKD", character) if each.isascii())
    return plain if plain.isprintable() and len(plain) == width else "?" * width
