"""Everything known, in one SQLite file: migrations, events, current state, intents, typed queries. All SQL is here.

A process that only reads opens the file with `sqlite3` alone; sqlite-utils, which owns the schema, is imported by
those that write.
"""
