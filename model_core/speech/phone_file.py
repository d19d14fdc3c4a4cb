"""Phone times in a file: what an aligner found, as text lines or JSON.

Text: one phone a line, `symbol start end` separated by tabs or spaces, seconds; empty lines and
lines that begin with `#` are skipped. JSON: a list of `[symbol, start, end]`, or an object with
such a list under `phones`. Symbols are X-SAMPA, `_` for a pause.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..base.errors import UserError
from .phones import SYMBOLS, Phone


def read_phones(path: str | os.PathLike[str]) -> list[Phone]:
    """Phones of a file in time order. Raises `UserError` if it is missing or malformed."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"Cannot read the phones file {path}; give a text or JSON file.") from error
    try:
        phones = [_to_phone(row) for row in _rows(text)]
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path} is not a phones file: {error}.") from error
    if not phones:
        raise UserError(f"{path} names no phones; each line is 'symbol start end'.")
    return sorted(phones, key=lambda phone: phone.start)


def _rows(text: str) -> Iterable[list[Any]]:
    """The fields of each phone."""
    if text.lstrip()[:1] in {"[", "{"}:
        stored = json.loads(text)
        rows: list[list[Any]] = stored["phones"] if isinstance(stored, dict) else stored
        return rows
    lines = (line.strip() for line in text.splitlines())
    return [line.split() for line in lines if line and not line.startswith("#")]


def _to_phone(row: list[Any]) -> Phone:
    """A phone of `symbol start end`; `ValueError` if it is not one."""
    symbol, start, end = row[:3]
    phone = Phone(str(symbol), float(start), float(end))
    if phone.symbol not in SYMBOLS:
        raise ValueError(f"'{symbol}' is not an X-SAMPA symbol that is known")
    if not 0.0 <= phone.start < phone.end:
        raise ValueError(f"'{symbol}' does not end after it starts")
    return phone
