"""What may come next in a statement of SQL that somebody types: tables, columns, functions, keywords."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from assettui.core.sql_names import NOT_SQL, PART, quoted, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MOST: Final = 100
KEYWORDS: Final = (
    "select from where group by order by having limit offset distinct join left join inner join full join cross join on"
    " using with as and or not in is null is not null between like ilike union all except intersect case when then else"
    " end asc desc true false"
)
FUNCTIONS: Final = (
    "abs avg ceil coalesce concat corr count date_part first floor greatest ilike last least length lower max median min"
    " nullif quantile_cont replace round sign sqrt starts_with stddev strftime substr sum trim upper variance"
)
_KEYWORDS: Final = tuple(
    re.findall(r"(?:group|order) by|(?:left|inner|full|cross) join|union all|is (?:not )?null|\w+", KEYWORDS)
)
_FUNCTIONS: Final = tuple(FUNCTIONS.split())
_CLAUSES: Final = frozenset({"select", "from", "join", "where", "on", "by", "having", "limit", "offset", "using"})
_WORD: Final = re.compile(rf'(?:{PART}\s*\.\s*)*(?:"[^"]*|\w*)\Z')
_TOKEN: Final = re.compile(rf"{PART}(?:\.{PART})*|\S")
_ALIAS: Final = re.compile(rf'(?<![\w."])(?=({PART}(?:\s*\.\s*{PART})*)\s+(?:as\s+)?({PART}))', re.IGNORECASE)
_TAKES_COLUMN: Final = frozenset(
    {"select", "where", "by", "on", "and", "or", "not", "having", "distinct", "using", "when", "then", "else", "case"}
)


class Completion(Struct, frozen=True):
    """What the word that is being typed may become."""

    start: int
    """Where it begins, counted from 0."""
    candidates: tuple[str, ...] = ()
    """Each may stand in its place; those that fit best come first."""


def completion(sql: str, at: int, tables: Iterable[str], columns: Mapping[str, Sequence[str]]) -> Completion:
    """What may stand where the cursor is.

    Args:
        sql: All that is typed.
        at: Where the cursor is.
        tables: The names of tables, with dots between their parts.
        columns: Of the tables that the statement names, by those names.
    """
    before = sql[:at]
    if _is_in_text(before):
        return Completion(at)
    said = NOT_SQL.sub(lambda found: " " * len(found[0]), before)
    found = _WORD.search(said)
    word = found[0] if found is not None else ""
    start = at - len(word)
    tokens = [token.lower() for token in _TOKEN.findall(said[:start])]
    previous = tokens[-1] if tokens else ""
    clause = next((token for token in reversed(tokens) if token in _CLAUSES), "")
    *scope, last = [part.strip().strip('"') for part in word.split(".")]
    if scope:
        of = ".".join(scope)
        table = _by_alias(sql, columns).get(of.lower(), of)
        known = next((names for name, names in columns.items() if name.lower() == table.lower()), ())
        place = word.rpartition(".")[0].rstrip()
        options = [*(f"{place}.{quoted(name)}" for name in _starting(known, last))]
        options += map(written, _starting(tables, f"{of}.{last}"))
    elif clause in ("from", "join") and previous in ("from", "join", ","):
        options = list(map(written, _starting(tables, last)))
    elif not tokens or previous == ";":
        options = [_cased(each, last) for each in _starting(("select", "with"), last)] if last else []
    else:
        takes_column = previous in _TAKES_COLUMN or (previous in (",", "(", "=", "<", ">") and clause != "from")
        if not last and not takes_column:
            return Completion(start)
        names = list(dict.fromkeys(name for each in columns.values() for name in each))
        options = list(map(quoted, _starting(names, last)))
        if last:
            options += _starting(_FUNCTIONS, last) if takes_column else ()
            options += [_cased(each, last) for each in _starting(_KEYWORDS, last)]
    taken = [option for option in dict.fromkeys(options) if option != word]
    return Completion(start, tuple(taken[:MOST]))


def _is_in_text(before: str) -> bool:
    """Whether a text or a comment is still open at the end."""
    found = list(NOT_SQL.finditer(before))
    if not found or found[-1].end() != len(before):
        return False
    last = found[-1]
    if last[0].startswith("'"):
        return last[0].count("'") % 2 == 1
    return last[0].startswith("--") or not last[0].endswith("*/")


def _starting(names: Iterable[str], with_: str) -> list[str]:
    """Those that begin so, the shorter first; behind them those a part of which does."""
    lower = with_.lower()
    first = [name for name in names if name.lower().startswith(lower)]
    inner = [name for name in names if lower and f".{lower}" in name.lower() and name not in set(first)]
    return [*sorted(first, key=lambda name: name.count(".")), *inner]


def _cased(keyword: str, typed: str) -> str:
    return keyword.upper() if typed.isupper() else keyword


def _by_alias(sql: str, tables: Mapping[str, object]) -> dict[str, str]:
    """What the tables are called in the statement: `from marts.routes as r`."""
    known = {name.lower(): name for name in tables}
    found: dict[str, str] = {}
    for match in _ALIAS.finditer(NOT_SQL.sub(" ", sql)):
        name = match[1].replace('"', "").replace(" ", "").lower()
        if name in known:
            found[match[2].strip('"').lower()] = known[name]
    return found
