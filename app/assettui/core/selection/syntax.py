"""The text of selections, as it is typed on the command line, into the filter and into jobs.

`raw/flights` is the asset of that key, or those whose keys end so; `raw/*` those whose keys match, where `*` stands
for any characters and `?` for one. `check:` names checks, which are not assets. `key:`, `group:`, `owner:`, `tag:`, `kind:` and `status:` are those of which that
is so; a value may be quoted. `+a`, `2+a`, `a+`, `a+1` add what lies upstream, or downstream, all or so far.
`roots(…)`, `sinks(…)`, `neighbors(…)` and `checks(…)` are functions of a selection. `and` binds tighter than `or`, `not` tighter
than both; two terms side by side are both meant.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.selection import expression
from assettui.model.errors import SelectionError
from assettui.model.keys import closest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

_TOKEN = re.compile(r"""\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*"?)|(?P<mark>[()+])|(?P<word>[^\s()+"]+))""")
_END = "end"
MAX_DEPTH = 100
"""So deep may an expression be nested."""


SYNTAX = (
    "a key (raw/flights), a pattern (raw/*), group:G, owner:O, tag:K=V, kind:K, status:stale, +upstream, downstream+, "
    "2+both+1, roots(…), sinks(…), joined by and, or, not and parentheses"
)
"""In one line, for help and hints."""


class _Token(Struct, frozen=True):
    kind: str
    """`quoted`, `mark`, `word` or `end`."""
    text: str
    at: int
    """Where it begins, counted from 0."""
    is_apart: bool
    """Whether there is a space before it."""


def parse(text: str, *, is_partial: bool = False) -> expression.Expression:
    """The selection that is written so.

    Args:
        text: The expression.
        is_partial: Whether it is still being typed, so that a word may be the beginning of one.

    Raises:
        SelectionError: It cannot be understood; the message points at the character.
    """
    return _Parser(text, is_partial=is_partial).whole()


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while match := _TOKEN.match(text, position):
        kind = match.lastgroup or ""
        at = match.start(kind)
        yield _Token(kind, match.group(kind), at, at > position)
        position = match.end()
    yield _Token(_END, "", len(text.rstrip()), True)


def is_depth(text: str) -> bool:
    """Whether a word is a number of levels, as in `2+a`."""
    return text.isascii() and text.isdigit() and len(text) <= 9


class _Parser:
    """Reads an expression by recursive descent."""

    def __init__(self, text: str, *, is_partial: bool) -> None:
        self.text = text
        self.is_partial = is_partial
        self.tokens = list(_tokens(text))
        self.position = 0
        self.depth = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.position]

    def advance(self) -> _Token:
        token = self.token
        self.position += token.kind != _END
        return token

    def is_word(self, *words: str) -> bool:
        return self.token.kind == "word" and self.token.text.lower() in words

    def is_mark(self, mark: str, *, joined: bool = False) -> bool:
        return self.token.kind == "mark" and self.token.text == mark and not (joined and self.token.is_apart)

    def whole(self) -> expression.Expression:
        if self.token.kind == _END:
            raise SelectionError("an empty selection", hint="name an asset, or * for all; see --help for the syntax")
        found = self.either()
        if self.token.kind != _END:
            raise self.wrong("a ) without a (" if self.is_mark(")") else "this was not expected here", self.token)
        return found

    def either(self) -> expression.Expression:
        operands = [self.both()]
        while self.is_word("or"):
            self.advance()
            operands.append(self.both())
        return operands[0] if len(operands) == 1 else expression.Or(tuple(operands))

    def both(self) -> expression.Expression:
        operands = [self.negated()]
        while self.token.kind != _END and not self.is_mark(")") and not self.is_word("or"):
            if self.is_word("and"):
                self.advance()
            operands.append(self.negated())
        return operands[0] if len(operands) == 1 else expression.And(tuple(operands))

    def negated(self) -> expression.Expression:
        if self.is_word("not"):
            with self.inner(self.advance()):
                return expression.Not(self.negated())
        return self.reaching()

    @contextmanager
    def inner(self, opening: _Token) -> Generator[None]:
        """What stands within something else.

        Raises:
            SelectionError: It is nested too deep to be followed.
        """
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.wrong(f"this is nested more than {MAX_DEPTH} deep", opening)
        yield
        self.depth -= 1

    def reaching(self) -> expression.Expression:
        """A term with what lies above and below it: `2+term+1`."""
        up, is_up = None, False
        if self.token.kind == "word" and is_depth(self.token.text) and self._is_depth_before():
            up = int(self.advance().text)
        if self.is_mark("+"):
            self.advance()
            is_up = True
        start = self.term()
        down, is_down = None, False
        if self.is_mark("+", joined=True):
            self.advance()
            is_down = True
            if self.token.kind == "word" and is_depth(self.token.text) and not self.token.is_apart:
                down = int(self.advance().text)
        return expression.Traversal(start, up, down, is_up, is_down) if is_up or is_down else start

    def _is_depth_before(self) -> bool:
        """Whether the number here is a depth, as in `1+a`, rather than a name, as in `2024+`."""
        plus, behind = self.tokens[self.position + 1], self.tokens[min(self.position + 2, len(self.tokens) - 1)]
        is_plus = plus.kind == "mark" and plus.text == "+" and not plus.is_apart
        return is_plus and not behind.is_apart and behind.text != ")" and not is_depth(behind.text)

    def term(self) -> expression.Expression:
        token = self.advance()
        if token.kind == "mark" and token.text == "(":
            return self.closed(token)
        if token.kind == "quoted":
            return expression.Word(self.unquoted(token))
        if token.kind != "word" or token.text.lower() in ("and", "or", "not"):
            raise self.wrong("a name, a pattern or a ( was expected here", token)
        if token.text == "*":
            return expression.All()
        if token.text in expression.FUNCTIONS and self.is_mark("("):
            opening = self.advance()
            return expression.Function(token.text, self.closed(opening))
        name, colon, value = token.text.partition(":")
        if colon:
            return self.attribute(token, name, value)
        if self.is_mark("(", joined=True):
            near = closest(token.text, expression.FUNCTIONS)
            hint = (
                f"did you mean {near}(…)?"
                if near
                else f"there are {', '.join(f'{each}(…)' for each in expression.FUNCTIONS)}"
            )
            raise self.wrong(f"no function is called {token.text!r}", token, hint)
        return expression.Word(token.text)

    def closed(self, opening: _Token) -> expression.Expression:
        if self.token.kind == _END:
            raise self.wrong("this ( is never closed", opening)
        with self.inner(opening):
            found = self.either()
        if not self.is_mark(")"):
            raise self.wrong("this ( is never closed", opening)
        self.advance()
        return found

    def attribute(self, token: _Token, name: str, value: str) -> expression.Expression:
        if name not in expression.ATTRIBUTES:
            near = closest(name, expression.ATTRIBUTES)
            known = ", ".join(f"{each}:" for each in expression.ATTRIBUTES)
            raise self.wrong(
                f"nothing is called {name!r}", token, f"did you mean {near}:?" if near else f"there are {known}"
            )
        if not value and self.token.kind == "quoted" and not self.token.is_apart:
            value = self.unquoted(self.advance())
        elif value.endswith("=") and self.token.kind == "quoted" and not self.token.is_apart:
            value += self.unquoted(self.advance())
        if not value:
            raise self.wrong(f"{name}: needs a value", token, f"write {name}:something, or quote it")
        if name == "status" and value not in expression.STATUSES and not self.is_partial:
            near = closest(value, expression.STATUSES)
            hint = f"did you mean status:{near}?" if near else f"there are {', '.join(expression.STATUSES)}"
            raise self.wrong(f"no status is called {value!r}", token, hint, len("status:"))
        return expression.Checks(value) if name == "check" else expression.Attribute(name, value)

    def unquoted(self, token: _Token) -> str:
        if len(token.text) < 2 or not token.text.endswith('"') or token.text.endswith('\\"'):
            raise self.wrong('this " is never closed', token)
        return re.sub(r"\\(.)", r"\1", token.text[1:-1])

    def wrong(self, what: str, token: _Token, hint: str | None = None, offset: int = 0) -> SelectionError:
        hint = hint or "see --help for the syntax of selections"
        return SelectionError(what, hint=hint, text=self.text, position=token.at + offset)
