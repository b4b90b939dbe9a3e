"""Spark's session as a resource. Needs `pip install 'assettui[spark]'`, and Java, unless Spark runs elsewhere.

Frames of Spark need no resource to be stored and loaded: each is a folder of Parquet files, which a function that wants a
frame of polars or pandas reads as that, and a frame that those have written is one of Spark's for a function that wants it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field, PrivateAttr

from assettui.definitions.configurable import ConfigurableResource
from assettui.model.errors import AssettuiError
from assettui.values.spark_frames import begin_by, require_java

if TYPE_CHECKING:
    from assettui.definitions.resources import InitResourceContext

_USUAL: Final = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",  # what other libraries read as it is
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


class NoSpark(AssettuiError):
    """There is no session of Spark to be had."""


class PySparkResource(ConfigurableResource):
    """A session of Spark: `spark.spark_session`.

    A step that leaves a process behind, as Java is, ends its worker, so that each step that uses Spark starts it: that takes seconds. A
    server of Spark Connect is there for all of them.

    A step that reads frames of Spark takes it too, where its session is not to be one with Spark's own defaults.
    """

    spark_config: dict[str, Any] = Field(default_factory=dict)
    """Its configuration: `{"spark.executor.memory": "2g"}`."""
    master: str = "local[*]"
    """Where it computes: `local[4]`, `spark://host:7077`, `yarn`."""
    remote: str | None = None
    """Instead, a server of Spark Connect: `sc://host:15002`."""
    app_name: str = "assettui"
    _session: Any = PrivateAttr(default=None)

    def setup_for_execution(self, context: InitResourceContext) -> None:
        """Have the frames that the step reads be of this session, too: they are loaded before its function is called."""
        begin_by(lambda: self.spark_session)

    @property
    def spark_session(self) -> Any:
        """The session: a `pyspark.sql.SparkSession`.

        Raises:
            NoSpark: Spark is missing, or cannot be reached.
            NoJava: There is no Java to run it.
        """
        if self._session is None:
            self._session = self._started()
        return self._session

    def _started(self) -> Any:
        try:
            kind: Any = import_module("pyspark.sql").SparkSession  # 0.5 s
        except ModuleNotFoundError as error:
            raise NoSpark(
                f"Spark needs {error.name}, which is not installed", hint="pip install 'assettui[spark]'"
            ) from None
        builder = kind.builder.appName(self.app_name)
        if self.remote is not None:
            builder = builder.remote(self.remote)
        else:
            require_java()
            builder = builder.master(self.master)
            for name, value in _USUAL.items():
                builder = builder.config(name, value)
        for name, value in self.spark_config.items():
            builder = builder.config(name, value)
        try:
            return builder.getOrCreate()
        except Exception as error:
            where = self.remote or self.master
            reason = str(error).strip().splitlines()[0]
            raise NoSpark(
                f"no session of Spark at {where}: {reason}", hint="see the step's log for what Spark says"
            ) from error
