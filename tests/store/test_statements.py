"""What was asked by SQL: the last first, each once, and no more than anybody goes back to."""

from __future__ import annotations

from assettui.service.sql import note_statement, past_statements
from assettui.store import statements
from tests.conftest import ProjectFolder


def test_the_last_comes_first_each_once_and_not_for_ever(sales: ProjectFolder) -> None:
    sales.json("materialize", "sales")
    session = sales.session
    for sql in ("select 1", "select 2", "select 1"):
        note_statement(session, sql)
    assert past_statements(session) == ["select 1", "select 2"]
    with session.writing() as connection:
        for number in range(statements.KEPT + 10):
            statements.note(connection, f"select {number} from t")
    found = past_statements(session)
    assert len(found) == statements.KEPT
    assert found[0] == f"select {statements.KEPT + 9} from t"
    note_statement(session, "x" * (statements.MAX_CHARS + 1))
    assert past_statements(session) == found
