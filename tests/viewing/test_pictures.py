"""Pictures, as terminals take them; what is none, is damaged, or would take too much."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from assettui.model.asset import ValueRef
from assettui.model.errors import ValueStorageError
from assettui.model.keys import AssetKey
from assettui.model.preview import Picture, ReadPicture, StoredValue
from assettui.viewing import pictures
from assettui.viewing.opening import open_value, opened
from assettui.viewing.pictures import StoredPicture, open_picture

VALUE = StoredValue(AssetKey("a"), ValueRef("file"))


def written(image: Image.Image, form: str = "PNG", **how: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **how)
    return file.getvalue()


def drawn(
    source: Path | bytes,
    form: Any = "blocks",
    columns: int = 80,
    rows: int = 24,
    cell_width: int = 0,
    cell_height: int = 0,
) -> Picture:
    return open_picture(source).drawn(
        ReadPicture(VALUE, form=form, columns=columns, rows=rows, cell_width=cell_width, cell_height=cell_height)
    )


HALVES = Image.new("RGB", (100, 100), "red")
HALVES.paste("blue", (0, 50, 100, 100))


def test_a_sketch_has_the_colors_of_half_cells() -> None:
    found = drawn(written(HALVES), columns=4, rows=2)
    assert (found.format, found.width, found.height, found.columns, found.rows) == ("PNG", 100, 100, 4, 2)
    assert found.data[:12] == bytes([255, 0, 0] * 4)
    assert found.data[-12:] == bytes([0, 0, 255] * 4)
    assert len(found.data) == 4 * 4 * 3


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "F"])
def test_of_any_kind(mode: str, tmp_path: Path) -> None:
    image = HALVES.convert("L").convert("I;16") if mode == "I;16" else HALVES.convert(mode)
    file = tmp_path / ("a.tif" if mode in ("CMYK", "I;16", "F") else "a.png")
    image.save(file)
    for form in ("blocks", "kitty", "sixel"):
        found = drawn(file, form, 10, 5)
        assert (found.columns, found.rows) == (10, 5)
        assert found.data


def test_it_keeps_its_proportions_and_is_not_made_larger() -> None:
    wide = written(Image.new("RGB", (400, 100)))
    assert [(each.columns, each.rows) for each in (drawn(wide, columns=20), drawn(wide, columns=80, rows=3))] == [
        (20, 2),
        (24, 3),
    ]
    small = drawn(wide, "kitty", cell_width=10, cell_height=25)
    assert (small.columns, small.rows) == (40, 4)
    assert Image.open(io.BytesIO(small.data)).size == (400, 100)
    assert Image.open(io.BytesIO(drawn(wide, "iterm2", 10, 24, cell_width=10, cell_height=25).data)).size == (100, 25)


def test_sixel_chooses_each_color_that_it_defines() -> None:
    text = drawn(written(HALVES), "sixel").data.decode("ascii")
    assert text.startswith("\x1bP")
    assert text.endswith("\x1b\\")
    assert sorted(color for _, color in re.findall(r"#(\d);2;([\d;]+)#\1", text)) == ["0;0;100", "100;0;0"]


def test_a_photograph_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    assert drawn(written(Image.new("RGB", (200, 100)), "JPEG", exif=exif)).data
    found = drawn(written(Image.new("RGB", (400, 100)), "JPEG", exif=exif), "kitty", cell_width=10, cell_height=20)
    assert (found.columns, found.rows) == (10, 20)


def test_what_values_are_pictures(tmp_path: Path) -> None:
    class Figure:
        def savefig(self, file: Any, format: str) -> None:
            HALVES.save(file, format)

    Figure.__module__ = "matplotlib.figure"
    for value in (HALVES, written(HALVES), written(HALVES, "JPEG"), written(HALVES, "WEBP"), Figure()):
        assert isinstance(opened(value), StoredPicture)
    assert not isinstance(opened(b"BM is no picture by itself"[2:]), StoredPicture)
    file = tmp_path / "a.png"
    file.write_bytes(written(HALVES))
    of_file = StoredValue(AssetKey("a"), ValueRef("file"), path=str(file))
    assert isinstance(open_value(of_file, tmp_path, lambda _: None), StoredPicture)


def test_what_cannot_be_drawn_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.png"
    whole = written(Image.effect_noise((100, 100), 50))
    file.write_bytes(whole[:500])
    with pytest.raises(ValueStorageError, match="cannot be read"):
        drawn(file)
    file.write_bytes(b"hello")
    with pytest.raises(ValueStorageError, match=f"{file} is no picture"):
        open_picture(file)
    file.write_bytes(whole)
    monkeypatch.setattr(pictures, "MAX_PIXELS", 9_999)
    with pytest.raises(ValueStorageError, match="100 × 100 pixels"):
        open_picture(file)
