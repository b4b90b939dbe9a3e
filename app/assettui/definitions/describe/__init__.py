"""Definitions into a snapshot: the one place where they are checked, all of them, before anything is refused."""
