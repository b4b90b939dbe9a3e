"""All that there is to say of how one asset stands: why, how fresh, what its checks say, and what makes it by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.service.checks import CheckDetail, checks_with_past
from assettui.service.explain import Explanation, explain
from assettui.service.freshness import FreshnessDetail, freshness_detail
from assettui.service.why import Why, why

if TYPE_CHECKING:
    from assettui.model.drift import PartDrift
    from assettui.model.keys import AssetKey
    from assettui.service.session import Session


class AssetReport(Struct, frozen=True):
    """See above."""

    why: Why
    freshness: FreshnessDetail | None = None
    """None where it has no policy."""
    checks: tuple[CheckDetail, ...] = ()
    automation: Explanation | None = None
    """None where it has no condition."""
    drifts: tuple[PartDrift, ...] = ()
    """What looks wrong about its data."""


def asset_report(session: Session, key: AssetKey) -> AssetReport:
    """How one asset stands.

    Raises:
        NotFound: There is no such asset.
    """
    found = why(session, key)
    with session.reading() as connection:
        state = session.state(connection)
        graph, unusual = state.graph, state.drifts.get(key, ())
    asset = graph.assets[key]
    return AssetReport(
        found,
        freshness_detail(session, key) if asset.freshness_policy is not None else None,
        checks_with_past(session, key),
        explain(session, str(key)) if asset.condition is not None else None,
        unusual,
    )
