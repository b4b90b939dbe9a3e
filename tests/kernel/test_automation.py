"""Automation under crashes, failures and late wake-ups: nothing is asked for twice, nothing loops, and in the end all is fresh."""

from __future__ import annotations

import random

import pytest

from assettui import AutoMaterializePolicy, AutomationCondition
from assettui.core.conditions.evaluation import AutomationState
from assettui.core.conditions.place import Entity
from assettui.core.conditions.world import World
from assettui.core.graph import AssetGraph
from assettui.core.partitioned_graph import PartitionedGraph
from assettui.core.partitions.definition import AsOf
from assettui.kernel.automation import Automation
from assettui.model.events import Materialization, RunChanged, RunQueued, StepEnded
from assettui.model.keys import AssetKey
from assettui.model.project import AssetSnapshot
from assettui.model.run import RunPlan, RunStatus, StepPlan, StepStatus

SECOND_US = 1_000_000
START_US = 1_704_067_200_000_000


class Shop:
    """A store of events, an engine that carries out runs over time, and automation, which may die at any moment."""

    def __init__(self, seed, condition):
        self.random = random.Random(seed)
        keys = [AssetKey(f"a{number}") for number in range(self.random.randint(2, 7))]
        upstream = {
            key: tuple(self.random.sample(keys[:index], self.random.randint(1, min(index, 3)))) if index else ()
            for index, key in enumerate(keys)
        }
        self.graph = AssetGraph(AssetSnapshot(key, step=str(key), upstream=above) for key, above in upstream.items())
        self.roots = [key for key in keys if not upstream[key]]
        self.conditions: dict[Entity, AutomationCondition] = {key: condition for key in keys if upstream[key]}
        self.now_us = START_US
        self.events = []
        self.state = AutomationState()
        self.versions = {}
        self.running = {}
        self.asked = 0
        self.begin()

    def begin(self):
        """A leader takes over: what it knows is what was committed."""
        partitioned = PartitionedGraph(self.graph, AsOf(self.now_us))
        seen = self.state.last_event if self.state.last_event is not None else len(self.events)
        world = World(self.graph, self.run_of)
        world.see(partitioned)
        for event in self.events:
            world.apply(event)
        world.settle()
        world.forget_versions(event.asset_key for event in self.events[seen:] if event.asset_key is not None)
        self.automation = Automation(world, self.conditions, self.state, {}, seen, "automation")

    def run_of(self, run_id):
        found = next((e for e in self.events if isinstance(e, RunQueued) and e.run_id == run_id), None)
        return (found.plan, None) if found is not None else None

    def record(self, kind, *args, **fields):
        self.events.append(kind(self.now_us, *args, id=len(self.events) + 1, **fields))

    def look(self, *, dies=False):
        """Automation looks at what is new; where it dies before it has recorded what it decided, nothing of that is known."""
        news = [event for event in self.events if event.id > self.automation.last_event]
        decided = self.automation.look(news, PartitionedGraph(self.graph, AsOf(self.now_us)), self.now_us)
        if dies:
            self.begin()
            return
        if decided is None:
            return
        memories = {**self.state.memories, **decided.memories}
        if decided.last_event is not None:
            self.state = AutomationState(decided.last_event, decided.time_us, memories)
        if decided.requested:
            going = {key for plan in self.running.values() for key in plan.assets}
            assert not going & set(decided.requested), "asked for what is on its way"
            self.asked += 1
            run_id = f"r{len(self.events)}"
            keys = self.graph.sort(key for key in decided.requested if isinstance(key, AssetKey))
            plan = RunPlan(tuple(StepPlan(str(key), (key,), upstream=self.graph.upstream[key]) for key in keys))
            self.running[run_id] = plan
            self.record(RunQueued, run_id, plan=plan)

    def carry_out(self, fails):
        """One run goes to its end: each step reads what is there when it begins, and some fail."""
        run_id = self.random.choice(sorted(self.running))
        plan, lost = self.running[run_id], set()
        for step in plan.steps:
            (key,) = step.assets
            if any(above in lost for above in step.upstream):
                lost.add(key)
                continue
            inputs = {str(above): self.versions.get(above) for above in step.upstream}
            if self.random.random() < 0.3:  # something upstream is made meanwhile
                self.make_root()
                if self.random.random() < 0.5:
                    self.look()
            self.now_us += self.random.randint(1, 3) * SECOND_US
            if fails and self.random.random() < 0.3:
                lost.add(key)
                self.record(StepEnded, run_id, str(key), status=StepStatus.FAILURE)
                continue
            self.made(key, inputs, run_id)
        del self.running[run_id]
        self.record(RunChanged, run_id, status=RunStatus.FAILURE if lost else RunStatus.SUCCESS)

    def make_root(self):
        self.made(self.random.choice(self.roots), {}, "")

    def made(self, key, inputs, run_id):
        version = self.versions[key] = f"v{len(self.events)}"
        self.record(Materialization, run_id, asset_key=key, data_version=version, input_versions=inputs)

    def settle(self):
        """Time passes, nothing fails any more, and nothing is made but what automation asks for."""
        for _ in range(200):
            self.look()
            if self.running:
                self.random_free_run()
                continue
            due_us = self.automation.next_us(self.now_us)
            if due_us is None:
                return
            self.now_us = max(self.now_us, due_us)
            self.look()
            if not self.running and self.automation.next_us(self.now_us) is None:
                return
        raise AssertionError("it loops")

    def random_free_run(self):
        run_id = min(self.running)
        for step in self.running[run_id].steps:
            (key,) = step.assets
            self.now_us += SECOND_US
            self.made(key, {str(above): self.versions.get(above) for above in step.upstream}, run_id)
        del self.running[run_id]
        self.record(RunChanged, run_id, status=RunStatus.SUCCESS)

    def stale(self):
        """What was made of data that is no longer what there is, though all of that is there."""
        last = {event.asset_key: event for event in self.events if isinstance(event, Materialization)}
        return [
            key
            for key in self.graph.assets
            if self.graph.upstream[key]
            and all(above in last for above in self.graph.upstream[key])
            and (
                key not in last
                or any(
                    last[key].input_versions[str(above)] != self.versions[above] for above in self.graph.upstream[key]
                )
            )
        ]


def play(seed, condition):
    shop = Shop(seed, condition)
    shop.look()
    for _ in range(shop.random.randint(3, 25)):
        match shop.random.choice(["root", "look", "run", "run", "die", "wait"]):
            case "root":
                shop.make_root()
            case "look":
                shop.look()
            case "run" if shop.running:
                shop.carry_out(fails=True)
            case "die":
                shop.look(dies=True)
            case _:
                shop.now_us += shop.random.randint(1, 90) * SECOND_US
    for root in shop.roots:
        shop.made(root, {}, "")
    for _ in range(4):
        shop.now_us += 3_600 * SECOND_US  # what has failed may be tried again by then
        shop.look()
        while shop.running:
            shop.carry_out(fails=False)  # and meanwhile more comes in from upstream
    shop.settle()
    assert condition == LEVEL or not shop.stale(), (seed, shop.stale())
    before = shop.asked
    shop.settle()
    assert shop.asked == before, "something is asked for again and again"


LEVEL = AutomationCondition.missing() & ~AutomationCondition.any_deps_missing()
"""True as long as it is missing, rather than when it becomes so."""
CONDITIONS = {
    "level": LEVEL,
    "eager": AutomationCondition.eager(),
    "policy": AutoMaterializePolicy.eager().to_automation_condition(),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_in_the_end_everything_is_fresh_and_nothing_was_asked_for_twice(name):
    for seed in range(60):
        play(seed, CONDITIONS[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", CONDITIONS)
def test_so_it_is_in_thousands_of_histories(name):
    for seed in range(1_000, 3_000):
        play(seed, CONDITIONS[name])


@pytest.mark.parametrize(("minute", "is_requested"), [(55, False), (65, True)])
def test_what_came_before_a_cron_time_and_what_after_it_are_told_apart_by_a_leader_that_was_away(
    minute: int, is_requested: bool
) -> None:
    shop = Shop(0, AutomationCondition.on_cron("0 * * * *"))
    shop.look()
    shop.now_us = START_US + minute * 60 * SECOND_US
    for root in shop.roots:
        shop.made(root, {}, "")
    shop.now_us = START_US + 70 * 60 * SECOND_US
    shop.look()
    assert bool(shop.running) is is_requested
