"""What evaluates automation conditions, where the project wants more of it than that they are evaluated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.definitions.placed import caller
from assettui.definitions.sensor import DefaultSensorStatus
from assettui.model.arguments import checks_arguments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.core.conditions.condition import AutomationCondition
    from assettui.core.selection.algebra import AssetSelection
    from assettui.model.errors import Location
    from assettui.model.metadata import RawMetadata


class AutomationConditionSensorDefinition:
    """Evaluates the automation conditions of some assets, and of their checks: turned on and off together.

    Those that none of these names are evaluated by `default_automation_condition_sensor`.

    Args:
        name: Its name.
        target: The assets: a selection, a text in its syntax, or keys.
        tags: Given to each of its runs.
        run_tags: These too.
        default_condition: Of the assets among them that have no condition of their own.
        default_status: Whether it is on until somebody turns it off. It is on by default.
        minimum_interval_seconds: Has no meaning here: conditions are evaluated when something happens.
        description: What it is for.
        metadata: What is to be known of it.
        emit_backfills: Has no meaning here: many partitions at once are always made by a backfill.
        use_user_code_server: Has no meaning here: conditions of your own always run in a worker.
    """

    is_automation = True
    """What tells it from sensors that have a function."""

    @checks_arguments
    def __init__(
        self,
        name: str,
        *,
        target: Any,
        tags: Mapping[str, str] | None = None,
        run_tags: Mapping[str, str] | None = None,
        default_condition: AutomationCondition | None = None,
        default_status: DefaultSensorStatus | None = None,
        minimum_interval_seconds: float | None = None,
        description: str | None = None,
        metadata: RawMetadata | None = None,
        emit_backfills: bool = True,
        use_user_code_server: bool = False,
    ) -> None:
        self.at: Location = caller()
        self.name = name
        self.target = target
        self.tags: Mapping[str, str] = {**(tags or {}), **(run_tags or {})}
        self.default_condition = default_condition
        self.default_status = default_status
        self.description = description
        self.metadata: RawMetadata = metadata or {}

    @property
    def asset_selection(self) -> AssetSelection:
        """The assets whose conditions it evaluates.

        Raises:
            SelectionError: It cannot be understood.
        """
        from assettui.core.selection.algebra import AssetSelection  # deferred: many projects have none

        return AssetSelection.from_coercible(self.target)

    @property
    def is_on_by_default(self) -> bool:
        """Whether it is on until somebody turns it off."""
        return self.default_status is None or self.default_status is DefaultSensorStatus.RUNNING

    def __repr__(self) -> str:
        return f"<automation {self.name}>"
