"""Where a store's files are."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.model.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

DATABASE_NAME = "store.db"
_DATABASE_SUFFIXES = (".db", ".sqlite", ".sqlite3")


class StoreFolder(Struct, frozen=True):
    """The paths of one store."""

    database: Path
    """The SQLite file."""

    @staticmethod
    def at(path: Path) -> StoreFolder:
        """The store at a path: a folder, or the SQLite file itself, beside which all else is kept."""
        path = path.expanduser().absolute()
        try:
            is_database = path.suffix in _DATABASE_SUFFIXES or path.is_file()
        except OSError:  # told where it is opened
            is_database = False
        return StoreFolder(path if is_database else path / DATABASE_NAME)

    @property
    def named(self) -> Path:
        """How it is named: by its folder, or by its file where that has a name of its own."""
        return self.root if self.database.name == DATABASE_NAME else self.database

    @property
    def root(self) -> Path:
        return self.database.parent

    @property
    def values(self) -> Path:
        return self.root / "values"

    @property
    def logs(self) -> Path:
        """The folder for what steps print."""
        return self.root / "logs"

    @property
    def previews(self) -> Path:
        """The folder for what whoever looks at values needs for a while."""
        return self.root / "previews"

    @property
    def unclean(self) -> Path:
        """A file that is there after a leader was killed, until what it left has been removed; as old as the last such death."""
        return self.root / "unclean"

    @property
    def lease(self) -> Path:
        """The file whose lock makes a process the leader."""
        return self.root / "leader.lock"

    @property
    def socket(self) -> Path:
        """The socket on which the leader is woken, and followers are told of commits."""
        return self.root / "leader.sock"

    def step_log(self, run_id: str, step_key: str, stream: str) -> Path:
        """The file for what a step writes to `stdout` or `stderr`; the step's key is encoded so that it can name one."""
        name = "".join(
            char if (char.isalnum() and char.isascii()) or char in "_-." else f"%{ord(char):02X}" for char in step_key
        )
        if len(name) > 180:
            import hashlib  # deferred: rarely needed

            name = f"{name[:140]}%{hashlib.sha256(step_key.encode()).hexdigest()[:32]}"
        return self.logs / run_id / f"{name}.{stream}"

    def check_private(self) -> None:
        """Refuse a folder that others may write to, as ssh refuses such a key: what is stored there is run, unpickled.

        Raises:
            StoreError: They may.
        """
        try:
            found = self.root.stat()
        except OSError:
            return  # it is about to be made, or cannot be reached, which is told where it is opened
        by_others = stat.S_IWOTH | (0 if found.st_gid == os.getegid() else stat.S_IWGRP)
        if found.st_mode & by_others:
            raise StoreError(
                f"others may write to the store's folder {self.root} (mode {stat.S_IMODE(found.st_mode):04o})",
                hint=f"chmod go-w {self.root}, or name another store with --store",
            )

    def create(self) -> None:
        """Make the folder, and those in it, for their owner only, where they are missing.

        Raises:
            StoreError: It cannot be made.
        """
        try:
            if not self.root.is_dir():
                self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
                (self.root / ".gitignore").write_text("*\n")
            self.check_private()
            for folder in (self.values, self.logs):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"the store {self.database} cannot be made: {error.strerror}",
                hint="check the folder's permissions and the free space, or move the store with --store",
            ) from error
