"""Pictures, as a terminal takes them: in a protocol of its own, or as the colors of half cells.

They are decoded here, in the viewer's process, which may die of a malicious one; who shows them gets what is to be written.
"""

from __future__ import annotations

import io
import re
import warnings
from typing import TYPE_CHECKING, Any, Final

from PIL import Image, ImageOps, UnidentifiedImageError

from assettui.model.errors import ValueStorageError
from assettui.model.preview import Picture
from assettui.model.text import byte_count

if TYPE_CHECKING:
    from pathlib import Path

    from assettui.model.preview import ReadPicture

MAX_PIXELS: Final = 100_000_000
"""A larger picture is not decoded: it would take half a gigabyte."""
MAX_BYTES: Final = 200_000_000
CELL: Final = (10, 20)
"""Pixels of a cell, where the terminal does not say."""
BEHIND: Final = (17, 17, 17)
"""What is seen through a transparent pixel of a sketch or of Sixel, which know of no transparency."""
_DEFINED: Final = re.compile(r"#(\d+);2;\d+;\d+;\d+")


class StoredPicture:
    """A picture that was opened, and is decoded when it is drawn first.

    Args:
        image: It.
    """

    def __init__(self, image: Image.Image) -> None:
        self._image = image

    def told(self) -> Picture:
        """What it is, without what is to be seen."""
        width, height = self._image.size
        return Picture(self._image.format or "picture", width, height)

    def drawn(self, asked: ReadPicture) -> Picture:
        """It as the terminal takes it, no larger than what was asked for, nor than it is.

        Raises:
            ValueStorageError: It is damaged.
        """
        cell = (asked.cell_width or CELL[0], asked.cell_height or CELL[1])
        try:
            image = ImageOps.exif_transpose(self._image)
            columns, rows = _room(image.size, (asked.columns, asked.rows), cell)
            size = (columns, rows * 2) if asked.form == "blocks" else _pixels(image.size, (columns, rows), cell)
            if image.mode not in ("RGB", "RGBA", "L", "LA"):  # what has a palette cannot be scaled as it is
                image = image.convert("RGBA")
            image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0).convert("RGBA")
        except (OSError, SyntaxError, ValueError) as error:
            raise ValueStorageError(
                f"the picture cannot be read: {error}", hint="it is damaged, or being written"
            ) from error
        data = _sketch(image) if asked.form == "blocks" else _sixel(image) if asked.form == "sixel" else _png(image)
        told = self.told()
        return Picture(told.format, told.width, told.height, columns, rows, data)


def open_picture(source: Path | bytes) -> StoredPicture:
    """Open a picture, of a file or as it was stored.

    Raises:
        ValueStorageError: It is damaged, no picture at all, or too large.
    """
    name = "the value" if isinstance(source, bytes) else str(source)
    if not isinstance(source, bytes):
        if source.stat().st_size > MAX_BYTES:
            raise ValueStorageError(f"{name} is larger than {byte_count(MAX_BYTES)}", hint="look at a smaller one")
        source = source.read_bytes()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # we have a limit of our own
            image = Image.open(io.BytesIO(source))
    except UnidentifiedImageError as error:
        raise ValueStorageError(f"{name} is no picture", hint="it is damaged, or being written just now") from error
    except (Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise ValueStorageError(f"{name} cannot be read: {error}") from error
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ValueStorageError(f"{name} has {width:,} × {height:,} pixels", hint="look at a smaller one")
    return StoredPicture(image)


def as_picture(value: Any) -> StoredPicture:
    """A value that is a picture: the bytes of one, one of Pillow's, or a figure as matplotlib makes them.

    Raises:
        ValueStorageError: As `open_picture`.
    """
    if isinstance(value, Image.Image):
        return StoredPicture(value)
    if isinstance(value, bytes):
        return open_picture(value)
    drawn = io.BytesIO()
    value.savefig(drawn, format="png")
    return open_picture(drawn.getvalue())


def _room(size: tuple[int, int], most: tuple[int, int], cell: tuple[int, int]) -> tuple[int, int]:
    """The columns and rows of cells that a picture of that size takes, of at most so many, in its own proportions."""
    width, height = size
    factor = min(1.0, most[0] * cell[0] / width, most[1] * cell[1] / height)
    return max(1, round(width * factor / cell[0])), max(1, round(height * factor / cell[1]))


def _pixels(size: tuple[int, int], cells: tuple[int, int], cell: tuple[int, int]) -> tuple[int, int]:
    return min(size[0], cells[0] * cell[0]), min(size[1], cells[1] * cell[1])


def _sketch(image: Image.Image) -> bytes:
    """Red, green and blue of each half cell, row by row."""
    return _on_ground(image).tobytes()


def _sixel(image: Image.Image) -> bytes:
    # Deferred: 80 ms, and few terminals know Sixel. It has no other door than this one; the version is pinned.
    from textual_image._sixel import image_to_sixels

    written = image_to_sixels(_on_ground(image))
    return _DEFINED.sub(r"\g<0>#\1", written).encode("ascii")  # to xterm, a color that is defined is not yet chosen


def _png(image: Image.Image) -> bytes:
    written = io.BytesIO()
    image.save(written, format="PNG", compress_level=6)
    return written.getvalue()


def _on_ground(image: Image.Image) -> Image.Image:
    ground = Image.new("RGBA", image.size, (*BEHIND, 255))
    return Image.alpha_composite(ground, image).convert("RGB")
