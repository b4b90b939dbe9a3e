"""The shapes of `--json`, as in `as_json`, of what says whether data is good: checks, staleness, freshness, conditions, health."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.cli.as_json import fields
from assettui.core.staleness import root_causes
from assettui.model import codec
from assettui.model.timing import iso_or_none

if TYPE_CHECKING:
    from assettui.core.staleness import StaleCause
    from assettui.model.automation import TreeNode
    from assettui.model.events import CheckEvaluation
    from assettui.model.incident import SentNotification
    from assettui.model.project_summary import ProjectSummary
    from assettui.service.checks import CheckRow
    from assettui.service.explain import Explanation
    from assettui.service.freshness import FreshnessDetail, FreshnessRow
    from assettui.service.health import Health
    from assettui.service.notify import RuleRow
    from assettui.service.why import Why

MAX_DEPTH = 30
"""Causes are told so deep: in a graph that branches and joins again there are ever so many ways to one."""


# Checks.


def check_json(row: CheckRow) -> dict[str, Any]:
    check = row.check
    return {
        "check": str(check.key),
        "asset_key": str(check.asset_key),
        **fields(check, "name description"),
        "blocking": check.is_blocking,
        "outcome": row.outcome.value if row.outcome is not None else None,
        "is_of_latest": row.is_of_latest if row.states else None,
        "message": row.message,
        "last_evaluated": fields(row.last, "time_us")["time"],
        "last_run": row.last.run_id if row.last is not None else None,
        "partitions": [
            {"partition": each.partition, **fields(each, "outcome time_us is_of_latest message")}
            for each in row.states
            if each.partition is not None
        ],
        "source": str(check.at) if check.at else None,
    }


def evaluation_json(found: CheckEvaluation) -> dict[str, Any]:
    return {
        "check": str(found.check_key),
        **fields(found, "time_us run_id partition outcome passed severity description metadata"),
        "blocking": found.is_blocking,
    }


def why_json(found: Why) -> dict[str, Any]:
    return {
        "asset_key": str(found.key),
        **fields(found, "partition status error"),
        "causes": [_cause_json(cause) for cause in found.causes],
        "root_causes": list(dict.fromkeys(root.what for root in root_causes(found.causes))),
        "refresh": [fields(each, "key status partitions count") for each in found.refresh],
    }


def _cause_json(cause: StaleCause, depth: int = 0) -> dict[str, Any]:
    because = cause.because if depth < MAX_DEPTH else ()
    return {
        "asset_key": str(cause.asset_key),
        "what": cause.what,
        "because": [_cause_json(each, depth + 1) for each in because],
    }


def explanation_json(found: Explanation) -> dict[str, Any]:
    return {
        **fields(found, "entity partition condition sensor is_on sentence time_us is_kept"),
        "is_true": bool(found.tree.true),
        "tree": _node_json(found.tree),
        "evaluations": [
            {**fields(each, "time_us requested run_id note"), "is_true": bool(each.tree.true)} for each in found.history
        ],
    }


def _node_json(node: TreeNode) -> dict[str, Any]:
    return {
        **fields(node, "name label entity true total first since_us"),
        "inner": [_node_json(each) for each in node.inner],
    }


def health_json(health: Health, project: ProjectSummary) -> dict[str, Any]:
    return {
        "project": summary_json(project),
        "is_well": health.is_well,
        "assets": health.assets,
        "ailments": [
            {**fields(each, "kind subject what since_us run_id count command"), "build": codec.builtins(each.build)}
            for each in health.ailments
        ],
    }


def summary_json(summary: ProjectSummary) -> dict[str, Any]:
    return fields(summary, "name place host arguments fresh stale failed never overdue running queued leader problem")


def rule_json(row: RuleRow) -> dict[str, Any]:
    rule = row.rule
    return {
        **fields(rule, "name selection quiet timezone"),
        "on": list(rule.on),
        "way": row.way,
        **fields(row, "assets open quiet_until_us problem"),
        "last": sent_json(row.last) if row.last is not None else None,
    }


def sent_json(sent: SentNotification) -> dict[str, Any]:
    return fields(sent, "rule time_us title error")


# Freshness.


def freshness_json(row: FreshnessRow) -> dict[str, Any]:
    return {
        "asset_key": str(row.key),
        "freshness": row.found.status.value,
        "policy": codec.builtins(row.policy),
        **fields(row.found, "data_time_us required_us turns_us since_us lacks"),
    }


def freshness_detail_json(detail: FreshnessDetail) -> dict[str, Any]:
    compliance = detail.compliance
    return {
        **freshness_json(detail.row),
        "rests_on": [
            fields(each, "key depth what time_us data_time_us is_old is_superseded") for each in detail.sources
        ],
        "compliance": {
            **fields(compliance, "share"),
            "spans": [
                {"from": iso_or_none(since), "until": iso_or_none(until), "freshness": status.value}
                for since, until, status in (compliance.spans if compliance is not None else ())
            ],
        },
    }
