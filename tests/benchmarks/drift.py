"""How often data is said to look wrong that does not, and how often it is missed: on made-up histories of row counts.

Each history has a level, a weekly season, growth or decline, a scatter that is distributed log-normally, and nine holidays
a year on which there is far less, as there should be.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator

from assettui.core.drift import DataFacts, DriftRules, drifts
from tests.benchmarks.figures import Figure

HISTORIES, DAYS, FIRST = 120, 365, 60
SCATTERS = (0.03, 0.05, 0.1, 0.2)
DROPS = (0.3, 0.5, 0.8)
RULES = DriftRules()


def figures() -> Iterator[Figure]:
    """The rates, in percent."""
    chance = random.Random(1)
    seen: Counter[tuple[str, float]] = Counter()
    told: Counter[tuple[str, float]] = Counter()
    for index in range(HISTORIES):
        scatter = SCATTERS[index % len(SCATTERS)]
        history = _history(chance, scatter)
        for day in range(FIRST, DAYS):
            found, is_holiday = history[day]
            past = [facts for facts, _ in history[max(0, day - 120) : day]][::-1]
            name = "holiday" if is_holiday else "day"
            seen[name, scatter] += 1
            told[name, scatter] += _is_told(found, past, 0)
            if not is_holiday and day % 7 == 0:
                for drop in DROPS:
                    seen[f"drop of {drop:.0%}", scatter] += 1
                    told[f"drop of {drop:.0%}", scatter] += _is_told(found, past, drop)
    for name in ("day", "holiday"):
        yield Figure(f"false alarms on a {name}", _percent(told, seen, name, SCATTERS), "%")
    for scatter in SCATTERS:
        yield Figure(f"  on a day, scatter {scatter:.0%}", _percent(told, seen, "day", (scatter,)), "%")
    for drop in DROPS:
        for scatter in SCATTERS:
            caught = _percent(told, seen, f"drop of {drop:.0%}", (scatter,))
            yield Figure(f"missed, drop of {drop:.0%}, scatter {scatter:.0%}", 100 - caught, "%")


def _history(chance: random.Random, scatter: float) -> list[tuple[DataFacts, bool]]:
    level, weekend = chance.choice((200, 5_000, 100_000)), chance.choice((1.0, 0.7, 0.4, 0.1, 1.3))
    growth = chance.choice((-0.001, 0.0, 0.0005, 0.002, 0.004))
    holidays = set(chance.sample(range(DAYS), 9))
    found: list[tuple[DataFacts, bool]] = []
    for day in range(DAYS):
        rows = level * math.exp(growth * day + chance.gauss(0, scatter)) * (weekend if day % 7 >= 5 else 1)
        if day in holidays:
            rows *= chance.choice((0.3, 0.5, 0.6))
        found.append((DataFacts(round(rows), (), day % 7), day in holidays))
    return found


def _is_told(found: DataFacts, past: list[DataFacts], drop: float) -> bool:
    return bool(drifts(DataFacts(round(found.rows * (1 - drop)), (), found.season), past, RULES))


def _percent(
    told: Counter[tuple[str, float]], seen: Counter[tuple[str, float]], name: str, scatters: tuple[float, ...]
) -> float:
    return 100 * sum(told[name, each] for each in scatters) / sum(seen[name, each] for each in scatters)
