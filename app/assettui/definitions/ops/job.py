"""Jobs that are made of ops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from assettui.definitions.job import JobDefinition, job_of
from assettui.definitions.keywords import JobKeywords, bare_too, shows
from assettui.definitions.ops.composition import compose
from assettui.definitions.parameters import parameters_of
from assettui.definitions.placed import caller, location_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@shows(JobKeywords)
@bare_too
def job(
    *, name: str | None = None, resource_defs: Mapping[str, Any] | None = None, **said: Unpack[JobKeywords]
) -> Callable[[Callable[..., Any]], JobDefinition]:
    """Declare that a function puts ops together into a job; see `graph` for the function, `define_asset_job` for the rest.

    Args:
        name: By default the function's name.
        description: By default the docstring.
        config: What its runs are configured with, where they say nothing else.
        resource_defs: Resources of its own, by name.
        tags: Given to each of its runs.
        run_tags: As `tags`, on top of them.
        metadata: What is to be known of it.
        hooks: Called after each of its steps.
        op_retry_policy: Of the steps that have none of their own.
        max_concurrent: How many of its steps may run at once, in one run.
        partitions_def: The partitions that its runs are of.
    """
    at = caller()

    def decorate(fn: Callable[..., Any]) -> JobDefinition:
        job_name = name or getattr(fn, "__name__", "unnamed")
        place = location_of(fn) or at
        composition = compose(job_name, fn, parameters_of(fn).named, ("result",), place)
        described: JobKeywords = said if said.get("description") is not None else {**said, "description": fn.__doc__}
        return job_of(job_name, described, place, composition=composition, resource_defs=resource_defs or {})

    return decorate
