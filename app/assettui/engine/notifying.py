"""Tells people what has failed, is overdue or fails its checks, and that it is mended; each rule of each incident once.

What is not as it should be is read from the store after something has happened, and compared with the incidents that are
known: whatever it came by, and whoever led at the time, nothing is missed. Sending takes as long as it takes, in a thread of
its own. An incident counts as told once its notification was sent: one that cannot be sent is tried again, and after a crash in
between it may be told twice rather than never.
"""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.incidents import changes, due, is_of
from assettui.model.errors import AssettuiError
from assettui.model.incident import SentNotification
from assettui.model.timing import SECOND_US, clock_us

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence

    from assettui.engine.journal import Journal
    from assettui.model.incident import Notification, NotifyRule
    from assettui.model.keys import AssetKey

LOOK_US = SECOND_US
"""It looks no more often than this: what happens together is told together."""
PAUSES_US = (30 * SECOND_US, 300 * SECOND_US, 3_600 * SECOND_US)
"""So long after a notification could not be sent, for the first time, the second, and ever after, it is tried again."""
CLOSE_S = 5.0
"""So long the end of the leader waits for what is being sent."""


class _Sent(Struct, frozen=True):
    notification: Notification
    record: SentNotification


class Notifier:
    """See above.

    Args:
        rules: Who is told of what.
        project: What the project is called.
        environment: What `$NAME` stands for, asked for when something is sent.
        on_sent: Called from another thread, when something was sent, or could not be.
    """

    def __init__(
        self,
        rules: Sequence[NotifyRule],
        project: str,
        environment: Callable[[], Mapping[str, str]],
        on_sent: Callable[[], None],
    ) -> None:
        self._rules = rules
        self._project = project
        self._environment = environment
        self._on_sent = on_sent
        self._to_send: queue.SimpleQueue[Notification | None] = queue.SimpleQueue()
        self._sent: queue.SimpleQueue[_Sent] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._sending: set[str] = set()
        self._failures: dict[str, int] = {}
        self._not_before: dict[str, int] = {}
        self._seen = -1
        self._looked_us = 0
        self._due_us: int | None = 0

    def look(self, journal: Journal, now_us: int) -> int | None:
        """Take note of what has been sent, and have sent what is to be told now.

        Args:
            journal: The store.
            now_us: The time; microseconds since the epoch, UTC.

        Returns:
            When to look again though nothing happens; None for never.
        """
        if not self._rules:
            return None
        has_news = self._note_sent(journal)
        last = journal.last_event()
        is_due = self._due_us is not None and now_us >= self._due_us
        if not has_news and last == self._seen and not is_due:
            return self._due_us
        if now_us - self._looked_us < LOOK_US:
            return self._looked_us + LOOK_US
        graph = journal.partitioned(now_us).graph
        if not graph.assets:
            return None  # before the project was ever loaded nothing can be said to be mended
        if self._seen < 0:
            journal.incidents.forget_rules([rule.name for rule in self._rules])
        self._seen, self._looked_us = last, now_us
        known = journal.incidents.known()
        problems = [each for each in journal.incidents.problems() if is_of(each, graph)]
        changed = changes([each for each in known if each.ended_us is None], problems)
        if changed.begun or changed.ended:
            journal.incidents.record(changed, now_us)
            known = journal.incidents.known()
        ready = [rule for rule in self._rules if rule.name not in self._sending]
        waiting = [rule for rule in ready if self._not_before.get(rule.name, 0) > now_us]
        selected, usable = self._selected(journal, [rule for rule in ready if rule not in waiting], now_us)
        found = due(usable, known, selected, self._project, now_us)
        for notification in found.notifications:
            self._send(notification)
        times = [found.next_us, *(self._not_before[rule.name] for rule in waiting)]
        self._due_us = min((each for each in times if each is not None), default=None)
        return self._due_us

    def close(self) -> None:
        """End, once what is being sent is sent, or after a few seconds."""
        if self._thread is not None:
            self._to_send.put(None)
            self._thread.join(CLOSE_S)

    def _selected(
        self, journal: Journal, rules: Sequence[NotifyRule], now_us: int
    ) -> tuple[dict[str, Container[AssetKey]], list[NotifyRule]]:
        """The assets of each selection, and the rules whose selections can be understood."""
        found: dict[str, Container[AssetKey]] = {}
        usable: list[NotifyRule] = []
        for rule in rules:
            with suppress(AssettuiError):  # `notify ls` tells it
                if rule.selection not in found:
                    found[rule.selection] = frozenset(journal.select(rule.selection, now_us))
                usable.append(rule)
        return found, usable

    def _note_sent(self, journal: Journal) -> bool:
        has_any = False
        while not self._sent.empty():
            sent = self._sent.get()
            has_any = True
            name, record = sent.record.rule, sent.record
            self._sending.discard(name)
            if record.error is None:
                self._failures.pop(name, None)
                self._not_before.pop(name, None)
                begun = [each.id for each in sent.notification.begun]
                journal.incidents.note_sent(record, begun, [each.id for each in sent.notification.ended])
            else:
                failures = self._failures.get(name, 0)
                self._failures[name] = failures + 1
                self._not_before[name] = record.time_us + PAUSES_US[min(failures, len(PAUSES_US) - 1)]
                journal.incidents.note_sent(record, (), ())
        return has_any

    def _send(self, notification: Notification) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="notify", daemon=True)
            self._thread.start()
        self._sending.add(notification.rule.name)
        self._to_send.put(notification)

    def _run(self) -> None:
        from assettui.notify.message import title  # deferred: many projects tell nobody, and few have much to tell
        from assettui.notify.sending import NotSent, send

        while (notification := self._to_send.get()) is not None:
            error = None
            try:
                send(notification, self._environment())
            except NotSent as failure:
                error = str(failure)
            except Exception as failure:  # noqa: BLE001 - whatever a library raises: it is told, and tried again
                error = f"{type(failure).__name__}: {failure}"
            record = SentNotification(notification.rule.name, clock_us(), title(notification), error)
            self._sent.put(_Sent(notification, record))
            self._on_sent()
