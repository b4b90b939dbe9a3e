"""What is typed at the launchpad, and what it would do."""

from __future__ import annotations

import pytest
import yaml

from assettui import AssetKey
from assettui.core.config_check import WrongConfig
from assettui.core.partitions.space import BadPartitions
from assettui.model.run import RunRequest
from assettui.render.run_plan import resource_lines
from assettui.service.catalog import catalog
from assettui.service.launchpad import Typed, completions, config_tree, planned, request_of, resource_rows, skeleton
from assettui.service.session import Session
from tests.conftest import made_folder

PROJECT = """
    from pydantic import SecretStr
    from assettui import Config, ConfigurableResource, Definitions, asset

    class Wanted(Config):
        days: int = 30
        country: str
        strict: bool = False

    class Warehouse(ConfigurableResource):
        url: str = "dev"
        token: SecretStr = SecretStr("none")
        rows: int

    @asset
    def orders(config: Wanted, warehouse: Warehouse): ...

    defs = Definitions(assets=[orders], resources={"warehouse": Warehouse(rows=5), "plain": 3})
"""
ORDERS = RunRequest(assets=(AssetKey("orders"),))
CONFIG = "ops:\n  orders:\n    config:\n      country: PE\n"


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Session:
    folder = made_folder(tmp_path_factory, "launchpad")
    folder.write(PROJECT)
    assert folder.run("asset", "ls").returncode == 0
    folder.run("materialize", "orders")
    return folder.session


def tree(on: Session) -> dict[str, object]:
    snapshot = catalog(on).snapshot
    assert snapshot is not None
    return config_tree(snapshot, ["orders"])


def test_it_is_planned_as_it_is_typed(on: Session) -> None:
    found = planned(on, Typed(ORDERS, CONFIG, "why=test team=ops"))
    assert [step.key for step in found.plan.steps] == ["orders"]
    assert found.request.tags == {"why": "test", "team": "ops"}


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("", "country"),
        (CONFIG.replace("country: PE", "days: many"), "days"),
        (CONFIG + "      dayz: 3\n", "dayz"),
        ("ops:\n  - [", "config.yaml, line"),
        ("just words", "not a mapping"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(on: Session, config: str, said: str) -> None:
    with pytest.raises(WrongConfig) as caught:
        planned(on, Typed(ORDERS, config))
    assert said in str(caught.value)


def test_resources_are_shown_with_what_the_run_gives_them_and_no_secrets(on: Session) -> None:
    snapshot = catalog(on).snapshot
    assert snapshot is not None
    config = {"resources": {"warehouse": {"config": {"url": "prod", "token": "hush"}}}}
    warehouse, plain = sorted(resource_rows(snapshot, config), key=lambda row: row.name, reverse=True)
    fields = {name: (value, is_of_run) for name, value, is_of_run in warehouse.fields}
    assert fields["url"] == ('"prod"', True)
    assert fields["token"][1]
    assert "hush" not in str(fields)
    assert fields["rows"] == ("as the project gives it", False)
    assert (plain.name, plain.fields) == ("plain", ())
    shown = [[cell.text for cell in line] for line in resource_lines([warehouse, plain])]
    assert [" warehouse"] in shown
    assert any("nothing of it can be configured" in text for line in shown for text in line)
    assert any('"prod"  · this run' in text for line in shown for text in line)


def test_tags_and_ranges_are_read() -> None:
    assert request_of(Typed(ORDERS, partition="2025-01-01")).partitions == (("2025-01-01", "2025-01-01"),)
    assert request_of(Typed(ORDERS, partition="a...c")).partitions == (("a", "c"),)
    with pytest.raises(BadPartitions, match=r"A\.\.\.B"):
        request_of(Typed(ORDERS, partition="a..."))
    with pytest.raises(WrongConfig, match="name=value"):
        request_of(Typed(ORDERS, tags="why"))


def test_all_that_can_be_configured_is_written_with_its_defaults(on: Session) -> None:
    text = skeleton(tree(on))
    assert "# country: string" in text
    assert yaml.safe_load(text)["ops"]["orders"]["config"] == {"days": 30, "strict": False}
    assert yaml.safe_load(text)["resources"]["warehouse"]["config"] == {"url": "dev"}
    assert "# token: string" in text, "its default is not known here, and what stands for it is none"


def test_names_are_completed_where_they_stand(on: Session) -> None:
    known = tree(on)
    assert completions(known, "", 0, 0) == ("", ["ops", "resources"])
    assert completions(known, "ops:\n  or", 1, 4) == ("or", ["orders"])
    text = "ops:\n  orders:\n    config:\n      days: 3\n      "
    assert completions(known, text, 4, 6) == ("", ["country", "strict"])
    assert completions(known, "ops:\n  orders:\n    config:\n      days: ", 3, 12)[1] == []
