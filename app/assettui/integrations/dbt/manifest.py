"""The manifest of a dbt project: what dbt has found in it, as JSON (https://schemas.getdbt.com/dbt/manifest/v12.json).

Of its twenty megabytes and hundreds of fields, what is needed is decoded straight into values; the rest is passed over.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct, field

from assettui.integrations.sql.source import plain
from assettui.model.errors import AssettuiError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

OLDEST: Final = 10
NEWEST: Final = 12
"""The versions of the schema that are understood: dbt 1.7 and newer."""
_VERSION: Final = re.compile(r"/manifest/v(\d+)\.json")
_BUILT_IN: Final = re.compile(r"macro\.dbt(_\w+)?\.")
"""Macros that come with dbt and its adapters: they change with its version, and not with the project."""


class BadManifest(AssettuiError):
    """There is no manifest, or none that is understood."""


class DependsOn(Struct, frozen=True):
    """What a node refers to."""

    nodes: tuple[str, ...] = ()
    macros: tuple[str, ...] = ()


class Column(Struct, frozen=True):
    """A column that is described."""

    name: str
    description: str = ""
    data_type: str | None = None


class Owner(Struct, frozen=True):
    """Who answers for a group."""

    name: str | None = None
    email: str | list[str] | None = None


class Group(Struct, frozen=True):
    """A group of models."""

    name: str
    owner: Owner = Owner()


class Checksum(Struct, frozen=True):
    """Of a file."""

    checksum: str = ""


class Macro(Struct, frozen=True):
    """A macro."""

    macro_sql: str = ""
    depends_on: DependsOn = DependsOn()


class Node(Struct, frozen=True):
    """A model, seed, snapshot, test or source."""

    unique_id: str
    name: str
    resource_type: str
    package_name: str = ""
    fqn: tuple[str, ...] = ()
    original_file_path: str = ""
    alias: str = ""
    identifier: str = ""
    database: str | None = None
    schema: str | None = None
    relation_name: str | None = None
    description: str = ""
    columns: dict[str, Column] = {}
    config: dict[str, Any] = {}
    meta: dict[str, Any] = {}
    tags: tuple[str, ...] = ()
    group: str | None = None
    version: str | int | float | None = None
    source_name: str | None = None
    raw_code: str = ""
    compiled_code: str | None = None
    depends_on: DependsOn = DependsOn()
    attached_node: str | None = None
    column_name: str | None = None
    checksum: Checksum | str = Checksum()

    @property
    def materialized(self) -> str:
        """How it is kept: `table`, `view`, `incremental`, `ephemeral`, `seed`, `snapshot`, `test`."""
        return str(self.config.get("materialized") or self.resource_type)

    @property
    def table(self) -> str:
        """The name of its table."""
        return self.alias or self.identifier or self.name

    @property
    def is_asset(self) -> bool:
        """Whether it leaves anything in the database."""
        return self.resource_type in ("model", "seed", "snapshot") and self.materialized != "ephemeral"

    @property
    def all_meta(self) -> dict[str, Any]:
        """What its author says of it."""
        found: Any = self.config.get("meta") or {}
        return {**self.meta, **found}


class _Metadata(Struct, frozen=True):
    dbt_schema_version: str = ""
    dbt_version: str = ""
    project_name: str | None = None
    adapter_type: str | None = None


class Manifest(Struct, frozen=True):
    """All of it."""

    metadata: _Metadata
    nodes: dict[str, Node] = {}
    sources: dict[str, Node] = {}
    unit_tests: dict[str, Node] = field(default_factory=dict[str, Node])
    groups: dict[str, Group] = {}
    macros: dict[str, Macro] = {}

    def node(self, unique_id: str) -> Node | None:
        """A node, a source or a unit test."""
        return self.nodes.get(unique_id) or self.sources.get(unique_id) or self.unit_tests.get(unique_id)

    def upstream(self, node: Node) -> tuple[Node, ...]:
        """The assets and sources that a node reads; ephemeral models are a part of it, and what they read is too."""
        found: dict[str, Node] = {}
        waiting = list(node.depends_on.nodes)
        seen: set[str] = set()
        while waiting:
            unique_id = waiting.pop(0)
            if unique_id in seen:
                continue
            seen.add(unique_id)
            above = self.node(unique_id)
            if above is None:
                continue
            if above.is_asset or above.resource_type == "source":
                found[unique_id] = above
            else:
                waiting += above.depends_on.nodes
        return tuple(found.values())

    def code_version(self, node: Node) -> str:
        """What identifies the code of an asset.

        Its SQL and that of the project's macros that it uses, without comments and with every run of white space as one, and how
        it is materialized. Ephemeral models that it reads are a part of it.

        The compiled SQL would say more, and is not there before dbt has compiled it, for which it may ask the database.
        """
        digest = hashlib.sha256()
        for text in self._code_of(node, set()):
            digest.update(text.encode())
            digest.update(b"\0")
        return digest.hexdigest()[:16]

    def _code_of(self, node: Node, seen: set[str]) -> Iterable[str]:
        seen.add(node.unique_id)
        if node.resource_type == "seed":
            checksum = node.checksum
            yield checksum if isinstance(checksum, str) else checksum.checksum
            return
        yield plain(node.raw_code)
        for name in ("materialized", "unique_key", "incremental_strategy", "strategy", "check_cols", "updated_at"):
            yield f"{name}={node.config.get(name)!r}"
        yield from self._macros_of(node.depends_on.macros, seen)
        for unique_id in sorted(node.depends_on.nodes):
            above = self.nodes.get(unique_id)
            if above is not None and above.materialized == "ephemeral" and unique_id not in seen:
                yield from self._code_of(above, seen)

    def _macros_of(self, names: Sequence[str], seen: set[str]) -> Iterable[str]:
        for name in sorted(names):
            macro = self.macros.get(name)
            if macro is None or name in seen or _BUILT_IN.match(name):
                continue
            seen.add(name)
            yield plain(macro.macro_sql)
            yield from self._macros_of(macro.depends_on.macros, seen)

    def tests_of(self, wanted: Mapping[str, Node]) -> dict[str, list[Node]]:
        """The tests of assets, by the asset: data tests, singular ones, and unit tests.

        One that reads several is a test of the one that it is attached to, else of the last of these that is made.
        """
        found: dict[str, list[Node]] = {}
        for test in (*self.nodes.values(), *self.unit_tests.values()):
            if test.resource_type not in ("test", "unit_test") or test.config.get("enabled") is False:
                continue
            about = test.attached_node if test.attached_node in wanted else None
            if about is None:
                about = next((each for each in reversed(test.depends_on.nodes) if each in wanted), None)
            if about is not None:
                found.setdefault(about, []).append(test)
        return found


def read_manifest(source: str | Path | Mapping[str, Any]) -> Manifest:
    """A manifest.

    Args:
        source: The path of a `manifest.json`, or what it holds.

    Raises:
        BadManifest: There is none, or it is of a version that is not understood.
    """
    try:
        if isinstance(source, str | Path):
            found = msgspec.json.decode(Path(source).read_bytes(), type=Manifest)
        else:
            found = msgspec.convert(source, Manifest)
    except FileNotFoundError:
        raise BadManifest(
            f"there is no manifest {source}",
            hint="`dbt parse` writes it; DbtProject(…).prepare_if_dev() does so where it is wanted",
        ) from None
    except OSError as error:
        raise BadManifest(f"the manifest {source} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        what = source if isinstance(source, str | Path) else "given"
        raise BadManifest(
            f"the manifest {what} is none of dbt's: {error}", hint="have `dbt parse` write it anew"
        ) from None
    version = _VERSION.search(found.metadata.dbt_schema_version)
    number = int(version[1]) if version is not None else 0
    if not OLDEST <= number <= NEWEST:
        raise BadManifest(
            f"the manifest is of version {number} of its schema (dbt {found.metadata.dbt_version}), and {OLDEST} to {NEWEST} "
            "are understood",
            hint="have it written by dbt 1.7 or newer" if number < OLDEST else "use a newer assettui, or an older dbt",
        )
    return found
