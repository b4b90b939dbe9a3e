from __future__ import annotations

from pathlib import Path

import pytest

from assettui.service.catalog import catalog
from assettui.service.filtering import completion, matching
from tests.worlds.shop import lead, world


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("CHURN", ["marts/churn"]),
        ("marts kind:pol", ["marts/revenue", "marts/churn"]),
        ("group:raw or churn", ["raw/orders", "raw/customers", "marts/churn"]),
        ("marts not churn", ["marts/revenue"]),
        ("+revenue", ["raw/orders", "raw/customers", "marts/revenue", "web/clicks"]),
        ("group:raw", ["raw/orders", "raw/customers"]),
        ("kind:csv", ["raw/orders"]),
        ("owner:ada", ["marts/revenue"]),
        ("tag:tier=gold", ["marts/revenue"]),
        ("key:letters", ["models/letters"]),
        ("status:failed", ["marts/churn"]),
        ("status:never", ["models/letters"]),
        ("status:run group:models", ["models/forecast"]),
        ("zzz", []),
    ],
)
def test_every_word_must_be_found(tmp_path: Path, text: str, keys: list[str]) -> None:
    shop = world(tmp_path)
    held = lead(shop)
    assert [str(row.key) for row in matching(catalog(shop), text)] == keys
    held.release()


def test_without_words_all_are_listed(tmp_path: Path) -> None:
    assert len(matching(catalog(world(tmp_path)), "  ")) == 7


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gr", "group:"),
        ("group:m", "group:marts"),
        ("group:marts and st", "group:marts and status:"),
        ("status:fa", "status:failed"),
        ("not tag:t", "not tag:tier=gold"),
        ("+raw/o", "+raw/orders"),
        ("(owner:team", "(owner:team:shop"),
        ("group:raw ", None),
        ("group:nothing", None),
        ("size:3", None),
        ("", None),
    ],
)
def test_the_last_word_is_completed(tmp_path: Path, typed: str, meant: str | None) -> None:
    assert completion(catalog(world(tmp_path)), typed) == meant
