"""What a run did and said: its events, and what its steps have printed, line by line in the order of time.

It is read from either end, and no more of it is held than is looked at. A source (the events, or what one step has printed
into one of its streams) is opened only once the others have come to its time: a run of 10,000 steps does not open 20,000
files at once.
"""

from __future__ import annotations

import heapq
import os
import re
from itertools import islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from assettui.model.errors import AssettuiError
from assettui.model.events import Event
from assettui.model.print_times import STREAMS, PrintTimes, marks_beside
from assettui.model.text import one_line
from assettui.service.runs import run_detail
from assettui.store import queries
from assettui.store.printed_lines import MAX_LINE_BYTES, lines_before, lines_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from assettui.model.run import StepRecord
    from assettui.service.runs import RunDetail
    from assettui.service.session import Session

EVENTS: Final = "events"
_PAGE: Final = 1_000
"""So many events are read at once, and put in order: log records are recorded a little later than they are made."""
_SLACK_US: Final = 100_000
"""A file may have been written to so long after the moment that its folder tells."""


class BadPattern(AssettuiError):
    """What is searched for cannot be found in anything."""


class PrintedLine(Struct, frozen=True):
    """A line that a step has printed."""

    time_us: int
    """When, or shortly before; microseconds since the epoch, UTC."""
    step_key: str
    stream: str
    """`out` or `err`."""
    text: str
    """As it was written, without its end; bytes that are no UTF-8 are replaced."""
    is_ended: bool = True
    """Whether an end of line follows."""


Said = Event | PrintedLine


def search_pattern(text: str) -> re.Pattern[str]:
    """What is searched for in lines.

    Raises:
        BadPattern: It is no regular expression.
    """
    try:
        return re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise BadPattern(f"{one_line(text, 60)!r} is no regular expression: {error}") from error


def place_from(stdout: Path, stream: str, started_us: int, time_us: int) -> int | None:
    """Where in what a step has printed that begins which it printed at a moment or later; None where it printed nothing then.

    Args:
        stdout: The file with what it wrote to stdout.
        stream: `out` or `err`.
        started_us: When it began; microseconds since the epoch, UTC.
        time_us: The moment.
    """
    return PrintTimes(Path(marks_beside(str(stdout))), started_us).place_from(stream, time_us)


class LogFilter(Struct, frozen=True):
    """Which part of it is asked for: that of which everything is so."""

    step_key: str | None = None
    streams: tuple[str, ...] = (EVENTS, *STREAMS)
    since_us: int | None = None
    """Not before; microseconds since the epoch, UTC."""
    is_wanted: Callable[[Said], bool] | None = None
    """What else is to be so."""


class _Source(Struct):
    """Something that tells what was said in the order of time, forwards or backwards."""

    begins: int
    """Nothing in it comes before that, as the order goes: a time, negative where it goes backwards."""
    rank: int
    """Of what is of the same time the lowest comes first."""
    entries: Iterator[Said]


class RunLogs:
    """What one run did and said. What was given once is not given again.

    Args:
        session: The store.
        detail: The run, as it was found.
        wanted: Which part of it.
    """

    def __init__(self, session: Session, detail: RunDetail, wanted: LogFilter) -> None:
        self._session = session
        self._run = detail.run
        self._run_id = detail.run.run_id
        self._wanted = wanted
        self._last_event = 0
        self._read: dict[Path, int] = {}
        """How far each file was read."""
        self._steps: dict[str, StepRecord] = {}
        self._know(detail.steps)

    def read_on(self, *, is_over: bool) -> Iterator[Said]:
        """What has come since.

        Args:
            is_over: Whether nothing more will come: a line that is not ended is given too.
        """
        sources = [
            _Source(_begins(step), rank, self._printed(step, path, stream, is_over))
            for rank, (step, path, stream) in enumerate(self._files(), 1)
        ]
        if EVENTS in self._wanted.streams:
            sources.append(_Source(0, 0, self._events()))
        yield from filter(self._is_wanted, _in_order(sources, 1))

    def last(self, count: int, *, is_over: bool) -> list[Said]:
        """The last of it; `read_on` goes on behind that."""
        sources: list[_Source] = []
        for rank, (step, path, _) in enumerate(self._files(), 1):
            found = path.stat()
            self._read[path] = found.st_size if is_over else _end_of_lines(path, found.st_size)
            ends = found.st_mtime_ns // 1_000 + _SLACK_US
            sources.append(_Source(-ends, rank, self._printed_before(step, path)))
        with self._session.reading() as connection:
            self._last_event = queries.last_event_of_run(connection, self._run_id)
        if EVENTS in self._wanted.streams:
            sources.append(_Source(-(1 << 62), 0, self._events_before(self._last_event + 1)))
        since_us = self._wanted.since_us or 0
        not_before = takewhile(lambda said: said.time_us >= since_us, _in_order(sources, -1))
        return list(islice(filter(self._is_wanted, not_before), count))[::-1]

    def _is_wanted(self, said: Said) -> bool:
        wanted = self._wanted
        return (
            (wanted.step_key is None or said.step_key == wanted.step_key)
            and (wanted.since_us is None or said.time_us >= wanted.since_us)
            and (wanted.is_wanted is None or wanted.is_wanted(said))
        )

    # Events.

    def _events(self) -> Iterator[Said]:
        return _sorted_nearly(self._pages(), 1)

    def _pages(self) -> Iterator[Event]:
        while True:
            with self._session.reading() as connection:
                page = queries.events(connection, run_id=self._run_id, after=self._last_event, limit=_PAGE)
            if not page:
                return
            self._last_event = page[-1].id
            yield from page

    def _events_before(self, before: int) -> Iterator[Said]:
        def pages(before: int) -> Iterator[Event]:
            while True:
                with self._session.reading() as connection:
                    page = queries.events_before(connection, self._run_id, before, limit=_PAGE)
                yield from page
                if len(page) < _PAGE:
                    return
                before = page[-1].id

        return _sorted_nearly(pages(before), -1)

    # What was printed.

    def _know(self, steps: Iterable[StepRecord]) -> None:
        for step in steps:
            for stream in STREAMS:
                self._steps[self._session.folder.step_log(self._run_id, step.step_key, stream).name] = step

    def _files(self) -> Iterator[tuple[StepRecord, Path, str]]:
        """The files that are wanted and have grown, or that were never read."""
        folder = self._session.folder.step_log(self._run_id, "", "out").parent
        try:
            names = sorted(entry.name for entry in os.scandir(folder) if self._has_grown(entry))
        except FileNotFoundError:
            return
        if any(name not in self._steps for name in names):  # steps that were not known before the run had begun
            self._know(run_detail(self._session, self._run_id).steps)
        for name in names:
            step, stream = self._steps.get(name), name[-3:]
            if step is not None and stream in self._wanted.streams and self._wanted.step_key in (None, step.step_key):
                yield step, folder / name, stream

    def _has_grown(self, entry: os.DirEntry[str]) -> bool:
        return entry.name.endswith((".out", ".err")) and entry.stat().st_size > self._read.get(Path(entry.path), 0)

    def _times(self, step: StepRecord, path: Path) -> PrintTimes:
        started_us = step.started_us or self._run.started_us or self._run.created_us
        return PrintTimes(path.with_name(marks_beside(f"{path.name[:-4]}.out")), started_us)

    def _printed(self, step: StepRecord, path: Path, stream: str, is_over: bool) -> Iterator[Said]:
        times = self._times(step, path)
        if path not in self._read and self._wanted.since_us is not None:
            self._read[path] = times.place_before(stream, self._wanted.since_us)
        for place, end, line in lines_from(path, self._read.get(path, 0)):
            if not is_over and not line.endswith(b"\n"):
                return
            self._read[path] = end
            yield _printed(times, place, step, path, line)

    def _printed_before(self, step: StepRecord, path: Path) -> Iterator[Said]:
        times = self._times(step, path)
        for place, line in lines_before(path, self._read[path]):
            yield _printed(times, place, step, path, line)


def _end_of_lines(path: Path, size: int) -> int:
    """Where the last line that is ended ends."""
    place, line = next(lines_before(path, size), (size, b"\n"))
    return size if line.endswith(b"\n") else place


def _begins(step: StepRecord) -> int:
    return 0 if step.started_us is None or step.retries else step.started_us  # it tells of the last attempt


def _printed(times: PrintTimes, place: int, step: StepRecord, path: Path, line: bytes) -> PrintedLine:
    is_ended = line.endswith(b"\n")
    text = (line[:-1] if is_ended else line).decode("utf-8", "replace")
    if len(line) > MAX_LINE_BYTES:
        text += f" … (the rest of the line is in {path})"
    stream = path.name[-3:]
    return PrintedLine(times.at(stream, place), step.step_key, stream, text, is_ended)


def _in_order(sources: Iterable[_Source], sign: int) -> Iterator[Said]:
    """All that the sources tell, in the order of time, or against it where the sign is -1."""
    waiting = sorted(sources, key=lambda source: source.begins, reverse=True)
    heap: list[tuple[int, int, Said, Iterator[Said]]] = []
    while waiting or heap:
        while waiting and (not heap or waiting[-1].begins <= heap[0][0]):
            source = waiting.pop()
            if (said := next(source.entries, None)) is not None:
                heapq.heappush(heap, (sign * said.time_us, sign * source.rank, said, source.entries))
        if not heap:
            return
        _, rank, said, entries = heap[0]
        yield said
        if (following := next(entries, None)) is not None:
            heapq.heapreplace(heap, (sign * following.time_us, rank, following, entries))
        else:
            heapq.heappop(heap)


def _sorted_nearly(events: Iterable[Event], sign: int) -> Iterator[Event]:
    """Events that are nearly in the order of time, in it."""
    held: list[tuple[int, int, Event]] = []
    for event in events:
        item = sign * event.time_us, sign * event.id, event
        if len(held) < _PAGE:
            heapq.heappush(held, item)
        else:
            yield heapq.heappushpop(held, item)[2]
    while held:
        yield heapq.heappop(held)[2]
