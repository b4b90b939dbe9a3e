"""Incidents: what is not as it should be, from the moment at which it came to be so until it is mended; and who is told."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, TypeAlias

from msgspec import Struct

from assettui.model.keys import AssetKey

Occasion: TypeAlias = Literal["failed", "overdue", "check failed", "recovered"]
OCCASIONS: tuple[Occasion, ...] = ("failed", "overdue", "check failed", "recovered")


class IncidentKind(StrEnum):
    """What is the matter."""

    FAILED = "failed"
    """The last attempt at an asset, or at some of its partitions, has failed."""
    OVERDUE = "overdue"
    """The data of an asset is older than its freshness policy allows."""
    CHECK_FAILED = "check failed"
    """A check has failed with severity ERROR, or could not be evaluated."""


class Problem(Struct, frozen=True):
    """Something that is not as it should be now."""

    kind: IncidentKind
    subject: str
    """The asset, or the check."""
    asset: AssetKey
    what: str
    """In one line."""
    since_us: int
    """Microseconds since the epoch, UTC."""
    run_id: str | None = None
    is_tried_again: bool = False
    """Whether a run that is not over makes it: it may be mended before anybody need know."""


class Incident(Struct, frozen=True):
    """A problem, from its beginning to its end."""

    id: int
    problem: Problem
    ended_us: int | None = None
    """When it was mended; None while it is not."""
    told: Mapping[str, int] = {}
    """Rule → when it was told by it."""


class Email(Struct, frozen=True, forbid_unknown_fields=True):
    """How a mail is sent."""

    to: str | tuple[str, ...]
    server: str = "localhost"
    """The SMTP server: `host` or `host:port`."""
    sender: str = "assettui"
    user: str | None = None
    password: str | None = None
    """Write `$NAME`: it is taken from the environment."""
    starttls: bool = True
    """Whether the connection is encrypted before anything is said, where the server can; it must where there is a password."""


class NotifyRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is told of what. Exactly one of the last four says how.

    In the texts of the last four, `$NAME` and `${NAME}` are taken from the environment.
    """

    name: str
    on: tuple[Occasion, ...] = OCCASIONS
    """Of what; by default of everything."""
    selection: str = "*"
    """Of which assets."""
    quiet: str | None = None
    """Hours in which nothing is told, such as `22:00-07:00`: what is still so when they are over is told then."""
    timezone: str = "UTC"
    """The IANA time zone of these hours."""
    command: str | tuple[str, ...] | None = None
    """A command: the notification is in its environment, and as JSON on its standard input."""
    webhook: str | None = None
    """A URL: the notification is posted to it as JSON."""
    email: Email | None = None
    apprise: str | tuple[str, ...] | None = None
    """URLs as the library apprise has them."""


class Notification(Struct, frozen=True):
    """What one rule has to tell at a time."""

    rule: NotifyRule
    project: str
    begun: tuple[Incident, ...] = ()
    ended: tuple[Incident, ...] = ()


class SentNotification(Struct, frozen=True):
    """A notification that was sent, or could not be."""

    rule: str
    time_us: int
    title: str
    error: str | None = None
