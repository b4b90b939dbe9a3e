"""Colors: themes, what a terminal can show, what it says of its background; and keys of one's own."""

from __future__ import annotations

from typing import cast

import pytest
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.color import Color as TextualColor
from textual.theme import BUILTIN_THEMES

from assettui.project.screen_memory import remembered
from assettui.project.user_settings import UserSettings
from assettui.render.actions import keymap
from assettui.render.appearance import GREEN, GREY, RED
from assettui.service.catalog import catalog
from assettui.service.session import Session
from assettui.tui.app import AssettuiApp
from assettui.tui.asset import AssetScreen
from assettui.tui.header import Header
from assettui.tui.key_bar import own_bindings
from assettui.tui.line_input import FilterBox
from assettui.tui.terminal_colors import BackgroundAnswer, told_background
from assettui.tui.themes import CONTRAST, DARK, LIGHT, OWN, StateColors
from tests.tui.conftest import told, until
from tests.tui.looking import Leading, app


def contrast(one: str, other: str) -> float:
    """The contrast of two colors, as WCAG 2 reckons it: 1 to 21."""

    def luminance(color: str) -> float:
        parts = [part / 255 for part in TextualColor.parse(color).rgb]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def drawn(color: str, filtered: StateColors) -> str:
    """What a color of a state looks like."""
    (segment,) = filtered.apply([Segment("x", Style(color=color))], TextualColor(0, 0, 0))
    assert segment.style is not None
    assert segment.style.color is not None
    return segment.style.color.name


@pytest.mark.parametrize(("name", "least"), [("dark", 4.5), ("light", 4.5), ("contrast", 7.0)])
def test_states_can_be_read_on_the_background_of_each_palette(name: str, least: float) -> None:
    theme = OWN[name]
    assert theme.background is not None
    for color in (GREEN, RED, GREY):
        assert contrast(drawn(color, StateColors(theme)), theme.background) >= least


def test_each_of_textual_s_themes_has_states_that_can_be_seen() -> None:
    for theme in BUILTIN_THEMES.values():
        if not theme.ansi and theme.background is not None:
            assert contrast(drawn(GREEN, StateColors(theme)), theme.background) >= 2.5, theme.name


def test_other_colors_stay_as_they_are() -> None:
    style = Style(color=Color.parse("#123456"), bold=True)
    assert StateColors(LIGHT).apply([Segment("x", style)], TextualColor(0, 0, 0)) == [Segment("x", style)]


@pytest.mark.parametrize(
    ("asked", "shown"), [("dark", DARK), ("light", LIGHT), ("contrast", CONTRAST), ("nord", BUILTIN_THEMES["nord"])]
)
async def test_the_theme_of_the_settings_is_shown(shop: Session, asked: str, shown: object) -> None:
    async with app(shop, settings=UserSettings(theme=asked)).run_test() as pilot:
        assert pilot.app.current_theme.name == getattr(shown, "name", "")


async def test_a_theme_that_is_not_known_is_told_and_does_no_harm(shop: Session) -> None:
    async with app(shop, settings=UserSettings(theme="nrod")).run_test() as pilot:
        assert "no theme is called 'nrod'" in told(pilot)[0]


async def test_a_theme_that_is_chosen_comes_back(shop: Session) -> None:
    async with app(shop).run_test() as pilot:
        pilot.app.theme = "nord"
        await pilot.pause()
        await pilot.press("q", "enter")
    again = AssettuiApp(shop, Leading(), catalog(shop), memory=remembered())
    async with again.run_test():
        assert again.theme == "nord"


def typed(text: str) -> list[events.Key]:
    return [events.Key("circumflex_accent" if each == "^" else each, each) for each in text]


@pytest.mark.parametrize("begin", ["^", ""])
@pytest.mark.parametrize("end", ["\x07", "^\\", "\\"])
@pytest.mark.parametrize(
    ("color", "is_dark"), [("1c1c/1c1c/1c1c", True), ("ff/ff/f0", False), ("FDF6/E3E3/D5D5", False)]
)
def test_what_the_terminal_says_of_its_background_is_no_key(color: str, is_dark: bool, begin: str, end: str) -> None:
    answer = BackgroundAnswer()
    answer.is_awaited = True
    left = [key for event in typed(f"{begin}]11;rgb:{color}{end}m") for key in answer.take(event)]
    assert [key.character for key in left] == ["m"]
    assert answer.is_dark is is_dark


@pytest.mark.parametrize("text", ["^m", "^]x", "^]11;rgbm", "^]11;rgb:12/zz", "mm"])
def test_keys_that_only_begin_like_an_answer_are_obeyed(text: str) -> None:
    answer = BackgroundAnswer()
    answer.is_awaited = True
    left = [key.character for event in typed(text) for key in answer.take(event)]
    assert "".join(each or "" for each in left) == text
    assert answer.is_dark is None


@pytest.mark.parametrize(
    ("said", "is_dark"), [("15;0", True), ("0;15", False), ("0;default;7", False), ("", None), ("x", None)]
)
def test_some_terminals_tell_their_background_by_a_variable(said: str, is_dark: bool | None) -> None:
    assert told_background({"COLORFGBG": said}) is is_dark


async def test_keys_of_one_s_own_take_the_place_of_others(shop: Session) -> None:
    settings = UserSettings(theme="dark", keys={"catalog.why": "m", "catalog.build": "f5"})
    async with app(shop, settings=settings).run_test(size=(100, 30)) as pilot:
        shown = {active.binding.description: active.binding.key for active in own_bindings(pilot.app.screen)}
        assert (shown["Why"], shown["Build"]) == ("m", "f5")
        await pilot.press("m")
        await until(pilot, lambda: isinstance(pilot.app.screen, AssetScreen))


def test_what_is_wrong_with_keys_is_told() -> None:
    keys, wrong = keymap({"catalog.bulid": "b", "catalog.backfill": "m"})
    assert keys["catalog.backfill"] == "m"
    assert wrong == [
        "no key is for 'catalog.bulid': did you mean 'catalog.build'?",
        "catalog.build has no key left: catalog.backfill has taken it",
    ]


async def test_keys_that_were_held_back_for_an_answer_are_obeyed_when_none_comes(shop: Session) -> None:
    async with app(shop, settings=UserSettings(theme="auto")).run_test(size=(100, 30)) as pilot:
        shown: AssettuiApp = pilot.app  # pyright: ignore[reportAssignmentType]
        await pilot.press("slash")
        shown._background.is_awaited = True
        await pilot.press("right_square_bracket")
        assert shown.query_one(FilterBox).value == ""
        await shown._wait_no_more()
        await until(pilot, lambda: shown.query_one(FilterBox).value == "]")


@pytest.mark.parametrize(
    ("words", "screen"), [("1 running", "runs"), ("1 failed", "health"), ("5 Automation", "automation")]
)
async def test_what_is_counted_above_is_opened_by_a_click(shop: Session, words: str, screen: str) -> None:
    async with app(shop).run_test(size=(100, 30)) as pilot:
        header = pilot.app.screen.query_one(Header)
        await until(pilot, lambda: "1 running" in str(header.render()))
        lines = str(header.render()).split("\n")
        y = next(at for at, text in enumerate(lines) if words in text)
        await pilot.click(header, offset=(1 + lines[y].index(words) + 1, y))
        await until(pilot, lambda: cast(AssettuiApp, pilot.app).root_name == screen)
