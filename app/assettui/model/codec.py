"""Values ↔ JSON, on the pipe, in the store and on stdout. msgspec does all of it; here stands what it cannot know.

Text comes from users, and may hold lone surrogates, which UTF-8 cannot: these travel escaped, at the price of a second,
slower attempt.
"""

from __future__ import annotations

import json
import threading
from functools import lru_cache
from importlib import import_module
from typing import Any, TypeVar, cast

import msgspec

from assettui.model.keys import AssetKey

T = TypeVar("T")

_key = lru_cache(1 << 16)(AssetKey)  # keys recur: of 10,000 assets each is read some ten times


class _Written(type):
    """The class of the stand-ins below: what says itself by `to_json` counts as one of them."""

    def __instancecheck__(cls, instance: object) -> bool:
        return hasattr(instance, "to_json")


def written(name: str, reader: str) -> Any:
    """Stands in the types of fields for a class that users write down, and that says itself by `to_json`.

    Args:
        name: Of the class.
        reader: `module:function`, which makes one of what `to_json` gave. It is imported when the first one is read:
            it stands above the model, and most projects need it not.
    """
    return _Written(name, (), {"reader": reader})


_BUILTINS: tuple[Any, ...] = (str, bool, int, float, dict, list, tuple)
"""msgspec writes these, and no class below them, such as numpy's floats or the key of a partition of two dimensions."""


def _plain(value: Any) -> Any:
    if isinstance(value, AssetKey):
        return value.to_user_string()
    to_json = getattr(value, "to_json", None)
    if to_json is not None:
        return to_json()
    for kind in _BUILTINS:
        if isinstance(value, kind):
            return str.__str__(value) if isinstance(value, str) else kind(value)
    raise NotImplementedError(f"{type(value).__name__} has no form in JSON")


def _typed(kind: type, said: Any) -> Any:
    if kind is AssetKey:
        return _key(said)
    reader = getattr(kind, "reader", None)
    if reader is None:
        raise NotImplementedError(f"{kind.__name__} cannot be read from JSON")
    module, _, name = reader.partition(":")
    return getattr(import_module(module), name)(said)


_encoder = msgspec.json.Encoder(enc_hook=_plain)


_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}
_learning = threading.Lock()
"""msgspec looks at a class when it first reads one, and crashes where two threads do so at once (seen with 0.22)."""


def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    known = _decoders.get(kind)
    if known is None:
        with _learning:
            known = _decoders[kind] = msgspec.json.Decoder(kind, dec_hook=_typed)
    return known


def encode(value: Any) -> bytes:
    """A value as compact JSON; what has its default is left out where its class says so."""
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:
        return json.dumps(builtins(value), separators=(",", ":")).encode("ascii")


def encode_text(value: Any) -> str:
    """As `encode`, as text that any column and any terminal can hold: a question mark stands for a lone surrogate."""
    try:
        return _encoder.encode(value).decode()
    except UnicodeEncodeError:
        text = json.dumps(builtins(value), ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "replace").decode()


def is_plain(value: Any) -> bool:
    """Whether a value is in a form that can be kept: see `encode_plain`."""
    try:
        _encoder.encode(value)
    except (UnicodeEncodeError, OverflowError):
        return False
    return True


def encode_plain(value: Any) -> bytes:
    r"""As `encode`, of what comes from user code and is to be kept: in a form that any store, terminal and JSON can hold.

    Lone surrogates, as in names of files that are no UTF-8, become their escapes (`\udce9`), which keeps different names
    apart; numbers that are too large, or none, become text.
    """
    try:
        encoded = _encoder.encode(value)
    except (UnicodeEncodeError, OverflowError):
        return json.dumps(_kept(builtins(value)), separators=(",", ":")).encode("ascii")
    return encoded


def _kept(data: Any) -> Any:
    match data:
        case str():
            return data.encode("utf-8", "backslashreplace").decode()
        case bool():
            return data
        case int():
            return data if -(1 << 63) <= data < 1 << 63 else f"a number of {data.bit_length():,} bits"
        case dict():
            return {_kept(name): _kept(each) for name, each in cast("dict[Any, Any]", data).items()}
        case list() | tuple():
            return [_kept(each) for each in cast("list[Any]", data)]
        case _:
            return data


def decode(data: bytes | bytearray | memoryview | str, kind: type[T]) -> T:
    """The value of that class which `encode` wrote.

    Raises:
        ValueError: It is not JSON, or not such a value; it says what is wrong, and where.
    """
    try:
        return _decoder(kind).decode(data)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:  # a lone surrogate, or a number that only Python's JSON knows
        return from_builtins(json.loads(bytes(data) if isinstance(data, memoryview) else data), kind)


def builtins(value: Any) -> Any:
    """A value as dicts, lists, texts and numbers."""
    return msgspec.to_builtins(value, enc_hook=_plain)


def from_builtins(data: Any, kind: type[T]) -> T:
    """The value of that class which `builtins` gave.

    Raises:
        ValueError: It is none; it says what is wrong, and where.
    """
    _decoder(kind)  # the class is looked at there, one thread at a time
    return msgspec.convert(data, kind, dec_hook=_typed)
