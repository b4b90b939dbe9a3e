"""Who is told of what: the rules of the settings, how they have fared, and a notification to try one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.quiet_hours import quiet_until
from assettui.model.errors import AssettuiError, NotFound
from assettui.model.incident import Incident, IncidentKind, Notification, Problem, SentNotification
from assettui.model.keys import AssetKey, closest
from assettui.project.environment import variables
from assettui.store import incidents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.model.incident import NotifyRule
    from assettui.service.session import Session


class RuleRow(Struct, frozen=True):
    """One rule, and how it has fared."""

    rule: NotifyRule
    assets: int | None
    """How many assets it is about; None where its selection cannot be understood."""
    last: SentNotification | None
    """What it told last, or could not."""
    open: int
    """Of so many incidents it has told, and they are not over."""
    quiet_until_us: int | None = None
    problem: str | None = None
    """Why its selection cannot be understood."""

    @property
    def way(self) -> str:
        """How it tells: `webhook`."""
        ways = ("command", "webhook", "email", "apprise")
        return next(way for way in ways if getattr(self.rule, way) is not None)


def rule_rows(session: Session, now_us: int) -> list[RuleRow]:
    """The rules, in the order of the settings."""
    rules = session.project.settings.notify
    if not rules or session.is_new():
        return [RuleRow(rule, None, None, 0) for rule in rules]
    with session.reading() as connection:
        sent = incidents.sent(connection, incidents.SENT_KEPT)
        known = incidents.incidents(connection)
        state = session.state(connection)
        found: list[RuleRow] = []
        for rule in rules:
            problem, assets = None, None
            try:
                assets = len(state.select(rule.selection))
            except AssettuiError as error:
                problem = error.what
            last = next((each for each in sent if each.rule == rule.name), None)
            told = sum(rule.name in each.told and each.ended_us is None for each in known)
            quiet = quiet_until(rule.quiet, rule.timezone, now_us) if rule.quiet is not None else None
            found.append(RuleRow(rule, assets, last, told, quiet, problem))
        return found


def last_sent(session: Session, limit: int) -> Sequence[SentNotification]:
    """The last notifications, the newest first."""
    if session.is_new():
        return []
    with session.reading() as connection:
        return incidents.sent(connection, limit)


def rules_named(session: Session, names: Sequence[str]) -> list[NotifyRule]:
    """The rules of these names; all of them where none is given.

    Raises:
        NotFound: There is none of such a name, or none at all.
    """
    rules = {rule.name: rule for rule in session.project.settings.notify}
    if not rules:
        raise NotFound(
            "the settings have no notify rules",
            hint='write [[tool.assettui.notify]], name = "ops", webhook = "https://…" into pyproject.toml',
        )
    for name in names:
        if name not in rules:
            near = closest(name, rules)
            raise NotFound(
                f"no notify rule is called {name!r}",
                hint=f"did you mean {near!r}?" if near else f"rules: {', '.join(rules)}",
            )
    return [rules[name] for name in names] if names else list(rules.values())


def send_test(session: Session, rule: NotifyRule, now_us: int) -> None:
    """Have a rule tell something, whatever its hours: that this is a test.

    Raises:
        NotSent: It could not be told.
    """
    from assettui.notify.sending import send  # deferred: what sends imports much

    problem = Problem(
        IncidentKind.FAILED, "test", AssetKey("test"), "this is a test: nothing has failed", now_us, run_id=None
    )
    project = session.project
    environment = variables(project.environment_file, project.settings.environment)
    send(Notification(rule, project.name, (Incident(0, problem),)), environment)
