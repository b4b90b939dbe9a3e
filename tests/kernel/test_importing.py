"""Workers that die, or take too long, while they import the project: which of it says that the project is broken."""

from __future__ import annotations

from assettui.kernel import inputs
from assettui.kernel.actions import Action, KeepLoadError, Kill, StartWorker, Terminate
from assettui.kernel.decide import decide
from assettui.kernel.importing import IMPORT_ATTEMPTS, IMPORT_PAUSE_US
from assettui.kernel.state import KernelState, RunRules, WorkerPhase
from assettui.model.run import StepError
from assettui.model.timing import SECOND_US

KILLED = StepError("the worker process was killed by SIGKILL", "signal")


class Engine:
    """A kernel with a clock of its own, and the workers that it has asked for."""

    def __init__(self, import_timeout_s: float = 300) -> None:
        self.now_us = 10**15
        self.state = KernelState(2, rules=RunRules(import_timeout_s=import_timeout_s))
        self.started = 0
        self.happen(inputs.ProjectEdited())

    def happen(self, input: inputs.Input) -> list[Action]:
        """What is decided on it; workers that are to be started are."""
        self.state, actions = decide(self.state, input, self.now_us)
        for action in actions:
            if isinstance(action, StartWorker):
                self.started += 1
                self.happen(inputs.WorkerStarted(self.started, action.generation))
        return actions

    def pass_by(self, time_us: int) -> list[Action]:
        self.now_us += time_us
        return self.happen(inputs.Moment())


def test_a_death_is_tried_again_after_a_pause_that_grows() -> None:
    engine = Engine()
    for death in range(1, IMPORT_ATTEMPTS):
        assert engine.happen(inputs.WorkerLost(engine.started, KILLED))
        assert engine.state.broken is None
        engine.pass_by(IMPORT_PAUSE_US * death - 1)
        assert engine.started == death
        engine.pass_by(1)
        assert engine.started == death + 1
    kept = [
        each for each in engine.happen(inputs.WorkerLost(engine.started, KILLED)) if isinstance(each, KeepLoadError)
    ]
    assert [each.error.message for each in kept] == [
        "the worker process was killed by SIGKILL while it imported the project, 3 times in a row"
    ]
    assert engine.state.broken == kept[0].error


def test_a_project_that_a_worker_has_imported_is_good_whatever_others_die_of() -> None:
    engine = Engine()
    engine.happen(inputs.WorkerLost(1, KILLED))
    engine.pass_by(IMPORT_PAUSE_US)
    engine.happen(inputs.WorkerLoaded(2, 20))
    assert engine.state.importing.deaths == 0
    assert engine.state.workers[2].phase is WorkerPhase.IDLE


def test_an_edit_begins_anew() -> None:
    engine = Engine()
    engine.happen(inputs.WorkerLost(1, KILLED))
    engine.happen(inputs.ProjectEdited())
    assert engine.state.importing.deaths == 0
    assert engine.started == 2, "at once"


def test_what_the_import_raises_says_so_at_once() -> None:
    engine = Engine()
    engine.happen(inputs.WorkerBroken(1, StepError("SyntaxError", "exception")))
    assert engine.state.broken is not None
    engine.happen(inputs.WorkerLost(1, StepError("ended", "exit")))
    assert engine.state.broken.message == "SyntaxError"
    assert engine.started == 1


def test_an_import_that_does_not_end_is_stopped() -> None:
    engine = Engine(import_timeout_s=5)
    engine.pass_by(5 * SECOND_US - 1)
    assert engine.state.broken is None
    actions = engine.pass_by(1)
    assert Terminate(1) in actions
    assert [each.error.message for each in actions if isinstance(each, KeepLoadError)] == [
        "importing the project took longer than 5 s, and was stopped (import_timeout in the settings says how long it may "
        "take)"
    ]
    assert Kill(1) in engine.pass_by(engine.state.rules.grace_us), "it does not heed"
    engine.happen(inputs.WorkerLost(1, KILLED))
    assert engine.started == 1, "it would take too long again"
