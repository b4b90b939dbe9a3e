"""SQL files as assets: `load_sql_assets("models", connection="duckdb:///warehouse.duckdb")`. Needs `pip install 'assettui[sql]'`."""

from __future__ import annotations

from assettui.integrations.sql.assets import load_sql_assets

__all__ = ["load_sql_assets"]
