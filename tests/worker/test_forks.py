"""Children that user code forks: whatever they do, none of them answers for its parent."""

from __future__ import annotations

import pytest

from tests.conftest import ProjectFolder
from tests.worker.test_process_state import value_of

CHILDREN = {
    "exits": "sys.exit(0)",
    "exits_with_a_text": "sys.exit('no')",
    "raises": "raise ValueError('in the child')",
    "is_interrupted": "raise KeyboardInterrupt",
    "returns": "return 'of the child'",
    "logs": "context.log.info('said by the child'); os._exit(0)",
    "reports": "context.log_event(AssetMaterialization('other'))",
}
FUNCTION = """
    import os, sys
    from assettui import AssetMaterialization, asset

    @asset
    def forks(context):
        pid = os.fork()
        if pid == 0:
            {child}
        os.waitpid(pid, 0)
        return "of the parent"

    @asset(deps=[forks])
    def dies():
        os._exit(7)

    @asset(deps=[forks])
    def after():
        return 1
"""
GENERATOR = """
    import os, sys
    from assettui import Output, asset

    @asset
    def forks():
        pid = os.fork()
        if pid:
            os.waitpid(pid, 0)
        yield Output("of the parent" if pid else "of the child")
"""
IO_MANAGER = """
    import os, sys
    from assettui import ConfigurableIOManager, Definitions, asset

    class Forking(ConfigurableIOManager):
        def handle_output(self, context, obj):
            pid = os.fork()
            if pid == 0:
                sys.exit(3)
            os.waitpid(pid, 0)
        def load_input(self, context):
            return 1

    @asset
    def forks():
        return 1

    defs = Definitions([forks], resources={"io_manager": Forking()})
"""
SENSOR = """
    import os, sys
    from assettui import SkipReason, asset, sensor

    @asset
    def made():
        return 1

    @sensor(target=made)
    def looking():
        pid = os.fork()
        if pid == 0:
            return SkipReason("of the child")
        os.waitpid(pid, 0)
        return SkipReason("of the parent")
"""
IMPORT = """
    import os, sys
    pid = os.fork()
    if pid == 0:
        sys.exit(0)
    os.waitpid(pid, 0)
    from assettui import asset

    @asset
    def forks():
        return "of the parent"
"""
POOL = """
    import multiprocessing
    from assettui import asset

    @asset
    def forks():
        with multiprocessing.get_context("fork").Pool(2) as pool:
            return pool.map(abs, [-1, -2])
"""


@pytest.mark.parametrize("way", CHILDREN)
@pytest.mark.parametrize("isolation", ["worker", "process"])
def test_a_child_that_comes_back_from_a_function_ends_there(folder: ProjectFolder, way: str, isolation: str) -> None:
    folder.write(FUNCTION.format(child=CHILDREN[way]))
    (folder.path / "assettui.toml").write_text(f'file = "pipeline.py"\nmax_workers = 1\nisolation = "{isolation}"\n')
    run = folder.json("materialize", "*")
    steps = {step["step"]: (step["status"], (step["error"] or {}).get("message")) for step in run["steps"]}
    assert steps == {
        "forks": ("success", None),
        "dies": ("failure", "the worker process exited with status 7"),
        "after": ("success", None),
    }
    assert value_of(folder, "forks") == "of the parent"
    (output,) = (each for each in folder.json("run", "logs", run["run_id"])["output"] if each["step"] == "forks")
    assert ("in the child" in output["stderr"]) == (way == "raises")
    assert ("said by the child" in output["stderr"]) == (way == "logs")


@pytest.mark.parametrize(
    "text", [GENERATOR, IO_MANAGER, IMPORT, POOL], ids=["generator", "io_manager", "import", "pool"]
)
def test_neither_does_one_that_comes_back_elsewhere(folder: ProjectFolder, text: str) -> None:
    folder.write(text)
    (folder.path / "assettui.toml").write_text('file = "pipeline.py"\nmax_workers = 1\n')
    run = folder.json("materialize", "*")
    assert [(step["status"], step["error"]) for step in run["steps"]] == [("success", None)]
    if text in (GENERATOR, IMPORT):
        assert value_of(folder, "forks") == "of the parent"


def test_nor_one_of_a_sensor(folder: ProjectFolder) -> None:
    folder.write(SENSOR)
    folder.lead()
    assert "of the parent" in folder.run("sensor", "tick", "looking").stdout
