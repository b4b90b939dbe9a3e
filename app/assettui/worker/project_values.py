"""Values that only the project's own code can read: what is pickled, and what its IO managers have stored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from assettui.definitions.computation import InputDeclaration
from assettui.definitions.resources import ResourceSet
from assettui.model.run import StepPlan
from assettui.model.step import PartitionsRead, StepRequest
from assettui.values.files import FileValues
from assettui.worker.environment import complete_environment
from assettui.worker.exchange import Exchange
from assettui.worker.load import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.model.preview import StoredValue


class ProjectValues:
    """Imports the project, and loads its values as a step would that reads them.

    Args:
        options: Where it is, and its values; as a worker is started with.

    Raises:
        BaseException: Whatever the project raises while it is imported.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        complete_environment(Path(options["environment_file"]), options["environment"])
        file = Path(options["file"]) if options["file"] else None
        self._project = load(
            Path(options["root"]),
            options["name"],
            file=file,
            module=options["module"],
            parts=options.get("parts"),
        )
        self._values = FileValues(Path(options["values"]))

    def load(self, value: StoredValue) -> Any:
        """A value, as the kind that its function says it gives.

        Raises:
            BaseException: Whatever the project's code raises.
        """
        key, ref = value.asset_key, value.ref
        read = PartitionsRead((value.partition,), {value.partition: ref}) if value.partition is not None else None
        request = StepRequest(
            run_id="preview",
            step=StepPlan(f"look at {key}"),
            values={key: ref},
            input_versions={},
            version="",
            partitions_read={key: read} if read is not None else {},
        )
        declared = self._project.values.get(key)
        with ResourceSet(self._project.resources, {}) as resources:
            values = FileValues(Path(value.root)) if value.root is not None else self._values
            exchange = Exchange(request, self._project, values, resources)
            return exchange.load_asset("value", key, InputDeclaration(declared.annotation if declared else None))
