"""A picture in a terminal: in the protocol that it knows, or sketched in half cells. What is drawn comes from a viewer.

The protocols: Kitty's (https://sw.kovidgoyal.net/kitty/graphics-protocol), iTerm2's
(https://iterm2.com/documentation-images.html), and Sixel, which DEC's terminals knew first.
"""

from __future__ import annotations

import fcntl
import struct
import termios
from base64 import b64encode
from typing import TYPE_CHECKING, Final, cast, get_args

from assettui.model.preview import PictureForm

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assettui.model.preview import Picture

VARIABLE: Final = "ASSETTUI_IMAGES"
"""The environment variable that says which of them the terminal knows, where that is not seen."""
_CHUNK: Final = 4_096
"""As much as Kitty's protocol sends at once."""
_ITERM2: Final = ("iTerm.app", "WezTerm", "mintty")
_SIXEL: Final = ("foot", "mlterm", "contour", "yaft")
HALF: Final = "▀"


def picture_form(environment: Mapping[str, str]) -> PictureForm:
    """How the terminal takes pictures, by what its environment says; ssh hands on `TERM` and, mostly, `LC_…`.

    It is not asked: an answer may come late over a slow line, and would be taken for keys.
    """
    said = environment.get(VARIABLE, "")
    if said in get_args(PictureForm):
        return cast("PictureForm", said)
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if "TMUX" in environment or term.startswith(("screen", "tmux")):  # it hands on none of them
        return "blocks"
    if term in ("xterm-kitty", "xterm-ghostty") or "KITTY_WINDOW_ID" in environment or "KONSOLE_VERSION" in environment:
        return "kitty"
    if program in _ITERM2 or environment.get("LC_TERMINAL") == "iTerm2":
        return "iterm2"
    if term.startswith(_SIXEL) or "sixel" in term or "WT_SESSION" in environment:
        return "sixel"
    return "blocks"


def cell_size(descriptor: int) -> tuple[int, int]:
    """The width and height of a cell in pixels, as the terminal behind a descriptor has told its driver; 0 where it has not."""
    try:
        rows, columns, width, height = struct.unpack("HHHH", fcntl.ioctl(descriptor, termios.TIOCGWINSZ, bytes(8)))
    except OSError:
        return 0, 0
    return (width // columns, height // rows) if rows and columns else (0, 0)


def placed(picture: Picture, form: PictureForm, number: int) -> str:
    """What is written to the terminal for a picture to be seen from where the cursor is, rightwards and down.

    Args:
        picture: As a viewer has drawn it, in that form.
        form: Any but `blocks`.
        number: Names it for `removed`.
    """
    if form == "sixel":
        return picture.data.decode("ascii")
    data = b64encode(picture.data).decode("ascii")
    if form == "iterm2":
        size = f"width={picture.columns};height={picture.rows}"
        return f"\x1b]1337;File=inline=1;size={len(picture.data)};{size};preserveAspectRatio=1:{data}\x07"
    parts = [data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK)]
    head = f"a=T,f=100,i={number},p=1,c={picture.columns},r={picture.rows},C=1,q=2,"
    return "".join(
        f"\x1b_G{head if index == 0 else ''}m={int(index < len(parts) - 1)};{part}\x1b\\"
        for index, part in enumerate(parts)
    )


def removed(form: PictureForm, number: int) -> str:
    """What is written for it to be seen no more; the others go by themselves, when something is written over them."""
    return f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\" if form == "kitty" else ""


def halves(picture: Picture, row: int) -> Iterator[tuple[str, str]]:
    """The colors of the cells of a row, the upper half's and the lower one's, as `#rrggbb`."""
    width = picture.columns * 3
    upper, lower = (picture.data[at * width : (at + 1) * width] for at in (2 * row, 2 * row + 1))
    for at in range(0, width, 3):
        yield f"#{upper[at : at + 3].hex()}", f"#{lower[at : at + 3].hex()}"


def told(picture: Picture) -> str:
    """What it is, in words: `PNG, 640 × 480`."""
    return f"{picture.format}, {picture.width:,} × {picture.height:,}"
