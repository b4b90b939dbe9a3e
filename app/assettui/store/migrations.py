"""The schema, as numbered migrations. One that has been released is never edited.

Times are integer microseconds since the epoch, UTC. Keys, tags and payloads come from users: data, never SQL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils.migrations import Migrations

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Migrations("assettui")


@migrations(name="0001_first")
def first(db: Database) -> None:
    """Events, and the state derived from them; the project's last good snapshot; what followers wish for."""
    db.table("events").create(
        {
            "id": int,
            "time": int,
            "kind": str,
            "run": str,
            "step": str,
            "asset": str,
            "partition": str,
            "payload": str,
        },
        pk="id",
        not_null={"time", "kind"},
        strict=True,
    )
    db.conn.execute("CREATE INDEX events_by_run ON events (run) WHERE run IS NOT NULL")
    db.conn.execute("CREATE INDEX materializations_by_asset ON events (asset) WHERE kind = 'materialized'")
    db.table("runs").create(
        {
            "id": str,
            "status": str,
            "created": int,
            "started": int,
            "ended": int,
            "assets": str,
            "job": str,
            "partition": str,
            "tags": str,
            "error": str,
        },
        pk="id",
        not_null={"status", "created", "assets"},
        strict=True,
    )
    db.conn.execute("CREATE INDEX runs_by_time ON runs (created)")
    db.conn.execute("CREATE INDEX runs_not_over ON runs (created) WHERE ended IS NULL")
    db.table("steps").create(
        {
            "run": str,
            "step": str,
            "position": int,
            "status": str,
            "assets": str,
            "started": int,
            "ended": int,
            "worker": int,
            "error": str,
        },
        pk=("run", "step"),
        not_null={"position", "status", "assets"},
        strict=True,
    )
    db.table("assets").create(
        {
            "key": str,
            "materialization": int,  # id of the event that recorded the last one
            "kept": str,  # JSON: references to the values that are kept, the newest first
            "failed": int,
            "failed_run": str,
            "error": str,
            "running_run": str,
        },
        pk="key",
        strict=True,
    )
    db.table("projects").create(
        {
            "name": str,
            "loaded": int,
            "snapshot": str,
            "sources": str,  # JSON: path → [mtime in ns, size in bytes], as they were when it was loaded
            "failed": int,
            "error": str,  # JSON: a StepError, where the project's files as they are now cannot be loaded
        },
        pk="name",
        strict=True,
    )
    db.table("intents").create(
        {"id": int, "time": int, "kind": str, "run": str}, pk="id", not_null={"time", "kind"}, strict=True
    )


@migrations(name="0002_language")
def language(db: Database) -> None:
    """Observations; what steps hand to each other; secrets of a run's configuration, for as long as it is not over."""
    db.conn.execute("ALTER TABLE assets ADD COLUMN observation INTEGER")  # id of the event that recorded the last one
    db.conn.execute("ALTER TABLE steps ADD COLUMN retries INTEGER")
    db.conn.execute("CREATE INDEX observations_by_asset ON events (asset) WHERE kind = 'observed'")
    db.conn.execute("CREATE INDEX runs_by_job ON runs (job, created) WHERE job IS NOT NULL")
    db.table("handed").create(  # what steps of runs that are not over have passed on; a mapping key, or else ''
        {"run": str, "step": str, "output": str, "mapping_key": str, "value": str},
        pk=("run", "step", "output", "mapping_key"),
        not_null={"value"},
        strict=True,
    )
    db.table("run_secrets").create({"run": str, "config": str}, pk="run", not_null={"config"}, strict=True)


@migrations(name="0003_partitions")
def partitions(db: Database) -> None:
    """What is known of each partition of an asset, by key; sets of them, as bitmaps; dynamic keys; backfills."""
    db.conn.execute(
        "CREATE TABLE partitions ("
        " asset TEXT NOT NULL, partition TEXT NOT NULL,"
        " made INTEGER,"  # id of the event that recorded the last materialization
        " version TEXT,"  # its data version
        " changed INTEGER,"  # id of the event by which the data version became that
        " code_version TEXT,"
        " kept TEXT,"  # JSON: references to the values that are kept, the newest first
        " failed INTEGER, failed_run TEXT, error TEXT,"
        " PRIMARY KEY (asset, partition)) STRICT, WITHOUT ROWID"
    )
    db.table("partition_sets").create(
        {"asset": str, "kind": str, "name": str, "identity": str, "bits": bytes},
        not_null={"asset", "kind", "name", "identity", "bits"},
        strict=True,
    )
    db.conn.execute("CREATE UNIQUE INDEX partition_sets_by_asset ON partition_sets (asset, kind, name)")
    db.table("dynamic_partitions").create(
        {"name": str, "key": str, "position": int, "added": int, "removed": int},
        pk=("name", "key"),
        not_null={"position", "added"},
        strict=True,
    )
    db.table("dynamic_definitions").create(  # a stamp is of one state of its keys
        {"name": str, "stamp": str}, pk="name", not_null={"stamp"}, strict=True
    )
    db.conn.execute("ALTER TABLE assets ADD COLUMN version TEXT")  # the data version of the last materialization
    db.conn.execute("ALTER TABLE assets ADD COLUMN changed INTEGER")  # id of the event by which it became that
    db.conn.execute("ALTER TABLE steps ADD COLUMN partitioned INTEGER")  # 1 where it is for the partitions of its run
    db.conn.execute("ALTER TABLE runs ADD COLUMN backfill TEXT")
    db.conn.execute("CREATE INDEX runs_by_backfill ON runs (backfill, created) WHERE backfill IS NOT NULL")
    db.conn.execute(
        "CREATE INDEX materializations_by_partition ON events (asset, partition)"
        " WHERE kind = 'materialized' AND partition IS NOT NULL"
    )
    db.conn.execute(
        "UPDATE assets SET changed = materialization, version = (SELECT json_extract(payload, '$.data_version')"
        " FROM events WHERE id = assets.materialization) WHERE materialization IS NOT NULL"
    )
    db.table("backfills").create(
        {
            "id": str,
            "status": str,
            "created": int,
            "started": int,
            "ended": int,
            "title": str,
            "tags": str,
            "plan": str,  # JSON: a BackfillPlan
            "counts": str,  # JSON: how many partitions are materialized, failed, skipped, canceled
            "error": str,
        },
        pk="id",
        not_null={"status", "created", "plan"},
        strict=True,
    )
    db.conn.execute("CREATE INDEX backfills_not_over ON backfills (created) WHERE ended IS NULL")


@migrations(name="0004_over_time")
def over_time(db: Database) -> None:
    """Schedules and sensors, their ticks, and the run keys that sensors have asked for."""
    db.table("instigators").create(
        {
            "name": str,
            "kind": str,
            "is_on": int,
            "is_manual": int,  # 1 if somebody has decided that, rather than the project's code
            "since": int,
            "turned": int,  # id of the event by which it was turned on or off
            "cursor": str,
            "scheduled": int,  # of a schedule: the last time that it was ticked for
            "tick": int,  # id of the event that recorded the last tick
            "failures": int,  # so many of the last ticks have failed
        },
        pk="name",
        not_null={"kind", "is_on", "is_manual", "since", "failures"},
        strict=True,
    )
    db.table("ticks").create(  # id: of the event that recorded it, which says the rest
        {"id": int, "instigator": str, "kind": str, "due": int, "outcome": str, "ended": int},
        pk="id",
        not_null={"instigator", "kind", "outcome", "ended"},
        strict=True,
    )
    db.conn.execute("CREATE INDEX ticks_by_instigator ON ticks (instigator, id)")
    db.conn.execute("CREATE UNIQUE INDEX ticks_by_time ON ticks (instigator, due) WHERE due IS NOT NULL")
    db.conn.execute(
        "CREATE TABLE run_keys (instigator TEXT NOT NULL, run_key TEXT NOT NULL, run TEXT NOT NULL,"
        " PRIMARY KEY (instigator, run_key)) STRICT, WITHOUT ROWID"
    )
    db.conn.execute("ALTER TABLE runs ADD COLUMN tick INTEGER")  # id of the event that recorded the tick that asked
    db.conn.execute("ALTER TABLE intents ADD COLUMN payload TEXT")
    db.conn.execute("ALTER TABLE runs ADD COLUMN priority INTEGER")
    db.conn.execute("ALTER TABLE runs ADD COLUMN pools TEXT")  # JSON: one of these must have room for it to begin
    db.conn.execute("ALTER TABLE steps ADD COLUMN pool TEXT")
    db.conn.execute(
        "CREATE TABLE queue_limits (kind TEXT NOT NULL, name TEXT NOT NULL, slots INTEGER,"  # NULL: not limited
        " PRIMARY KEY (kind, name)) STRICT, WITHOUT ROWID"
    )


@migrations(name="0005_loading")
def loading(db: Database) -> None:
    """Since when a project is being loaded anew."""
    db.conn.execute("ALTER TABLE projects ADD COLUMN loading INTEGER")


@migrations(name="0006_items")
def items(db: Database) -> None:
    """What a sensor was shown and failed by: it is tried again, or set aside."""
    db.conn.execute("ALTER TABLE instigators ADD COLUMN items TEXT")  # JSON: FailedItems


@migrations(name="0007_checks")
def checks(db: Database) -> None:
    """How checks stand, and by which blocking check an asset or a partition has failed."""
    db.conn.execute(
        "CREATE TABLE checks (asset TEXT NOT NULL, name TEXT NOT NULL, partition TEXT NOT NULL,"  # '' for the whole
        " outcome TEXT NOT NULL, time INTEGER NOT NULL, run TEXT,"
        " evaluation INTEGER,"  # id of the event that says the rest; NULL where it could not be evaluated
        " target INTEGER,"  # id of the materialization that it was evaluated on
        " error TEXT, blocking INTEGER, PRIMARY KEY (asset, name, partition)) STRICT, WITHOUT ROWID"
    )
    db.conn.execute(
        "CREATE INDEX evaluations_by_asset ON events (asset) WHERE kind IN ('check_passed', 'check_warned', 'check_failed')"
    )
    db.conn.execute("ALTER TABLE steps ADD COLUMN checks TEXT")  # JSON: AssetCheckKeys
    db.conn.execute("ALTER TABLE runs ADD COLUMN checks TEXT")  # JSON, of one that makes no asset: AssetCheckKeys
    db.conn.execute("ALTER TABLE assets ADD COLUMN failed_check TEXT")
    db.conn.execute("ALTER TABLE partitions ADD COLUMN failed_check TEXT")
    db.conn.execute("ALTER TABLE partitions ADD COLUMN data_time INTEGER")  # the time of the oldest source data


@migrations(name="0008_automation")
def automation(db: Database) -> None:
    """How fresh assets are, and what automation conditions remember."""
    db.conn.execute(
        "CREATE TABLE freshness (asset TEXT PRIMARY KEY, status TEXT NOT NULL, since INTEGER NOT NULL) STRICT, WITHOUT ROWID"
    )
    db.conn.execute("CREATE INDEX freshness_by_asset ON events (asset) WHERE kind = 'freshness_changed'")
    db.conn.execute(
        "CREATE TABLE automation (id INTEGER PRIMARY KEY, last_event INTEGER NOT NULL, time INTEGER NOT NULL) STRICT"
    )
    db.conn.execute(  # entity: an asset, or a check; slots: JSON, what each operator remembers; requested: bits, in hexadecimal
        "CREATE TABLE automation_memory (entity TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, slots TEXT NOT NULL,"
        " requested TEXT NOT NULL) STRICT, WITHOUT ROWID"
    )
    db.conn.execute(
        "CREATE TABLE automation_evaluations (id INTEGER PRIMARY KEY, entity TEXT NOT NULL, time INTEGER NOT NULL,"
        " requested INTEGER NOT NULL, tree TEXT NOT NULL, run TEXT, note TEXT) STRICT"
    )
    db.conn.execute(  # of code versions that follow the code: JSON, the fingerprint of each part of it
        "CREATE TABLE code_versions (version TEXT PRIMARY KEY, parts TEXT NOT NULL) STRICT, WITHOUT ROWID"
    )
    db.conn.execute("CREATE INDEX evaluations_by_entity ON automation_evaluations (entity, id)")


@migrations(name="0009_incidents")
def incidents(db: Database) -> None:
    """What is not as it should be, since when, and who was told of it."""
    db.conn.execute(  # told: JSON, rule → when; an incident is kept until all who were told of it know that it is over
        "CREATE TABLE incidents (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, subject TEXT NOT NULL, asset TEXT NOT NULL,"
        " what TEXT NOT NULL, since INTEGER NOT NULL, run TEXT, ended INTEGER, told TEXT NOT NULL) STRICT"
    )
    db.conn.execute(
        "CREATE TABLE notifications (id INTEGER PRIMARY KEY, rule TEXT NOT NULL, time INTEGER NOT NULL, title TEXT NOT NULL,"
        " error TEXT) STRICT"
    )
    db.conn.execute("CREATE INDEX partitions_failed ON partitions (asset) WHERE failed IS NOT NULL")


@migrations(name="0010_profiles")
def profiles(db: Database) -> None:
    """What the data of each materialization holds, and up to which of them that was looked at: not those of the past."""
    db.conn.execute("CREATE INDEX profiles_by_asset ON events (asset) WHERE kind = 'profiled'")
    db.conn.execute("CREATE TABLE profiling (id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL) STRICT")
    db.conn.execute("INSERT INTO profiling SELECT 1, coalesce(max(id), 0) FROM events")


@migrations(name="0011_superseded")
def superseded(db: Database) -> None:
    """Values that are no longer kept, and whose files may still be there."""
    db.conn.execute("CREATE TABLE superseded (path TEXT PRIMARY KEY) STRICT, WITHOUT ROWID")


@migrations(name="0012_histories")
def histories(db: Database) -> None:
    """Which event says what a materialization was found to hold; the materializations of an asset without partitions, counted."""
    db.conn.execute(  # of: the event of the materialization
        "CREATE TABLE profiles (of INTEGER PRIMARY KEY, event INTEGER NOT NULL, rows INTEGER NOT NULL) STRICT"
    )
    db.conn.execute(
        "INSERT OR REPLACE INTO profiles SELECT json_extract(payload, '$.of'), id, json_extract(payload, '$.profile.rows')"
        " FROM events WHERE kind = 'profiled'"
    )
    db.conn.execute(  # partition: '' for the whole; event: of the profile that says so; made: when what it is of was
        "CREATE TABLE drifts (asset TEXT NOT NULL, partition TEXT NOT NULL, event INTEGER NOT NULL, made INTEGER NOT NULL,"
        " drifts TEXT NOT NULL, PRIMARY KEY (asset, partition)) STRICT, WITHOUT ROWID"
    )
    db.conn.execute(  # next_by: by when it is made again, where it is made as it always was
        "CREATE TABLE rhythms (asset TEXT PRIMARY KEY, made INTEGER NOT NULL, next_by INTEGER) STRICT, WITHOUT ROWID"
    )
    db.conn.execute("DROP INDEX materializations_by_partition")
    db.conn.execute(
        "CREATE INDEX materializations_by_partition ON events (asset, partition) WHERE kind = 'materialized'"
    )


@migrations(name="0013_statements")
def statements(db: Database) -> None:
    """The statements of SQL that were asked on the screen."""
    db.conn.execute(  # in the order of their ids
        "CREATE TABLE statements (id INTEGER PRIMARY KEY AUTOINCREMENT, sql TEXT NOT NULL UNIQUE) STRICT"
    )
