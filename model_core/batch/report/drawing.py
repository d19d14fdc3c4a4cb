"""A line's sound and mouth over time, in few letters, from which the page makes its picture."""

import json
from collections.abc import Iterable
from typing import Any

from .findings import Line

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LOUDEST = len(_DIGITS) - 1  # a letter for each level
_WIDEST = len(_DIGITS) ** 2 - 1  # in 0.1 mm; two letters for each opening


def drawing(line: Line) -> str:
    """Return what is drawn, as JSON, or nothing where neither sound nor mouth is known.

    ``seconds`` is how long the picture is; ``sound`` and ``mouth`` are their own seconds and their
    levels and openings in base 36; ``pauses`` first and last seconds; ``open`` lips that stay open.
    """
    seen, heard = line.seen, line.heard
    seconds = max(heard.seconds if heard else 0.0, float(seen.get("seconds", 0.0)))
    if not seconds:
        return ""
    told: dict[str, Any] = {"seconds": round(seconds, 3)}
    if heard:
        levels = (_DIGITS[_whole(_LOUDEST * each, _LOUDEST)] for each in heard.outline)
        told["sound"] = [round(heard.seconds, 3), "".join(levels)]
        told["pauses"] = [[round(first, 2), round(end, 2)] for first, end in heard.pauses]
    if opening := seen.get("opening"):
        told["mouth"] = [float(seen["seconds"]), _in_pairs(opening)]
    if unclosed := seen.get("unclosed"):
        told["open"] = [[str(each[0]), float(each[1])] for each in unclosed]
    return json.dumps(told, separators=(",", ":"))


def _in_pairs(opening: Iterable[float]) -> str:
    """Return openings (n,) in 0.1 mm as two letters each."""
    whole = (divmod(_whole(each, _WIDEST), len(_DIGITS)) for each in opening)
    return "".join(_DIGITS[high] + _DIGITS[low] for high, low in whole)


def _whole(number: float, most: int) -> int:
    return round(min(max(0.0, number), most))
