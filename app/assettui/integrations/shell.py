"""Assets that are commands: `shell_asset("python report.py", name="report", deps=["sales"])`."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Unpack

from assettui.definitions.asset import asset
from assettui.definitions.context_partitions import NotInContext
from assettui.definitions.keywords import AssetKeywords, shows
from assettui.integrations.pipes.processes import PipesSubprocessClient
from assettui.integrations.programs import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assettui.definitions.asset import AssetsDefinition
    from assettui.definitions.context import AssetExecutionContext


@shows(AssetKeywords)
def shell_asset(
    command: str | Sequence[str],
    *,
    cwd: str | None = None,
    env: Mapping[str, str] | None = None,
    **said: Unpack[AssetKeywords],
) -> AssetsDefinition:
    """An asset that is made by a command, which stores its data itself.

    What is to be made is told by environment variables, never pasted into the command: see `variables`. The command may report
    metadata, a data version and the results of checks by Dagster Pipes.

    Args:
        command: A line for the shell, or a program with its arguments. Another one is another version of the code.
        cwd: Where it runs; by default the folder of the project.
        env: Environment variables, besides those of the worker.
        said: What `asset` takes: `name`, `key_prefix`, `deps`, `partitions_def`, `group_name` and so on.
    """
    client = PipesSubprocessClient(env, cwd)
    text = command if isinstance(command, str) else "\0".join(command)
    version = hashlib.sha256(text.encode()).hexdigest()[:16]
    given: AssetKeywords = {"code_version": version, "description": shown(command), "kinds": {"shell"}, **said}

    def run(context: AssetExecutionContext) -> Any:
        return client.run(command=command, context=context, env=variables(context)).get_results()

    return asset(**given)(run)


def variables(context: AssetExecutionContext) -> dict[str, str]:
    """What a command is told of its step, by environment variables. Times are in ISO 8601, with their offset.

    `ASSETTUI_ASSET_KEY`, `ASSETTUI_RUN_ID`, `ASSETTUI_RETRY_NUMBER`; where it makes partitions, `ASSETTUI_PARTITION_KEY` (of
    one), `ASSETTUI_PARTITION_KEY_START` and `…_END` (the first and the last), and where they are of time,
    `ASSETTUI_PARTITION_START` and `…_END` (the end is not part of it).
    """
    found = {
        "ASSET_KEY": " ".join(sorted(map(str, context.selected_asset_keys))),
        "RUN_ID": context.run_id,
        "RETRY_NUMBER": str(context.retry_number),
    }
    if context.has_partition_key_range:
        span = context.partition_key_range
        found |= {"PARTITION_KEY_START": span.start, "PARTITION_KEY_END": span.end}
        if context.has_partition_key:
            found["PARTITION_KEY"] = context.partition_key
        with suppress(NotInContext):  # they are not of time
            window = context.partition_time_window
            found |= {"PARTITION_START": window.start.isoformat(), "PARTITION_END": window.end.isoformat()}
    return {f"ASSETTUI_{name}": value for name, value in found.items()}
