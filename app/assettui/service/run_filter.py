"""The filter of the runs: words, and fields as the filter of the catalog has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from assettui.model.errors import SelectionError
from assettui.model.run import RunFilter, RunStatus

if TYPE_CHECKING:
    from assettui.service.catalog import Catalog

FIELDS: Final = ("status", "job", "asset", "tag")
_OTHER_NAMES: Final = {
    "failed": (RunStatus.FAILURE,),
    "running": (RunStatus.STARTING, RunStatus.STARTED),
    "succeeded": (RunStatus.SUCCESS,),
}
"""What people call a status besides its name."""


def run_filter(text: str, catalog: Catalog) -> RunFilter:
    """Which runs are meant: those that have every word, in their id, assets, partitions, tags or error.

    `status:`, `job:`, `asset:` and `tag:name=value` are more exact. While one is typed, its beginning is enough.

    Raises:
        SelectionError: There is no such field or status.
    """
    statuses: list[RunStatus] = []
    words: list[str] = []
    tags: dict[str, str] = {}
    job = asset = None
    keys = {str(row.key): row.key for row in catalog.rows}
    jobs = _jobs(catalog)
    for word in text.split():
        field, colon, value = word.partition(":")
        if not colon or field not in FIELDS:
            words.append(word)
        elif field == "status":
            statuses += _statuses(value, text.index(word))
        elif field == "job" and value in jobs:
            job = value
        elif field == "asset" and value in keys:
            asset = keys[value]
        elif field == "tag" and "=" in value:
            name, _, wanted = value.partition("=")
            tags[name] = wanted
        elif value:  # no such job or asset, so far
            words.append(value)
    return RunFilter(tuple(statuses), job=job, asset=asset, tags=tags, words=tuple(words))


def run_filter_completion(text: str, catalog: Catalog) -> str | None:
    """What a filter that is being typed may be meant to become; None where nothing begins so."""
    word = text.split(" ")[-1]
    if not word:
        return None
    field, colon, value = word.partition(":")
    if not colon:
        known = [f"{each}:" for each in FIELDS]
        value = word
    elif field == "status":
        known = [*(status.value for status in RunStatus), *_OTHER_NAMES]
    elif field == "job":
        known = _jobs(catalog)
    elif field == "asset":
        known = [str(row.key) for row in catalog.rows]
    else:
        return None
    found = next((each for each in known if each.startswith(value) and each != value), None)
    return text + found[len(value) :] if found is not None else None


def _jobs(catalog: Catalog) -> list[str]:
    return [job.name for job in catalog.snapshot.jobs] if catalog.snapshot is not None else []


def _statuses(value: str, position: int) -> tuple[RunStatus, ...]:
    if value in _OTHER_NAMES:
        return _OTHER_NAMES[value]
    found = tuple(status for status in RunStatus if status.value.startswith(value))
    if not found:
        raise SelectionError(f"no status is called {value!r}", position=position)
    return found
