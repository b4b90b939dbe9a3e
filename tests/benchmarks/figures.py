"""A measured figure, and the ways in which figures are taken."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Figure:
    """What was measured, against what it may be."""

    name: str
    value: float
    unit: str
    budget: float | None = None
    """The most that it may be; None where nothing was promised."""


def seconds(work: Callable[[], object]) -> float:
    """How long a piece of work takes, by the wall clock."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def median_seconds(work: Callable[[], object], times: int) -> float:
    """The median of so many times; the first one, which warms caches, does not count."""
    work()
    return statistics.median(seconds(work) for _ in range(times))


def tree(pid: int) -> list[psutil.Process]:
    """A process and all that it has started."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def proportional_mb(processes: Iterable[psutil.Process]) -> float:
    """What these processes take of memory, pages that they share counted once: PSS, in 10⁶ bytes."""
    return sum(process.memory_full_info().pss for process in processes) / 1e6


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """The processor time that these processes have taken so far."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)
