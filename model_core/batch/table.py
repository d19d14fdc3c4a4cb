"""A table as people's programs write it, whatever its encoding or delimiter."""

import csv
import io
import locale
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ..base.errors import UserError

_LARGEST = 64 * 2**20  # bytes
_DELIMITERS = (",", ";", "\t", "|")
_HEADER_WITHIN = 10  # records; Numbers writes the table's title first
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # xlsx, ods, numbers; xls
_SEPARATOR_LINE = re.compile(r'\A"?sep=(.)"?[ \t]*(?:\r\n|\r|\n)')  # what Excel reads and writes

NumberedLine = tuple[int, list[str]]


@dataclass(frozen=True)
class Table:
    """A table's text.

    Attributes:
        header: its column names, in small letters and without spaces around them.
        header_line: the number of the header's line.
        records: each line that is not empty: its number, as a text editor counts, and its cells.
        notes: what a reader should know about how it was read, a sentence each.
    """

    header: list[str]
    header_line: int
    records: list[NumberedLine]
    notes: list[str]


def read_table(path: Path, columns: Collection[str]) -> Table:
    """Return the table in a file; its header is the line that names most of ``columns``.

    Raises:
        UserError: it cannot be read, or is no text.
    """
    text, notes = read_text(path)
    try:
        return _parse(text, columns, notes)
    except csv.Error as error:
        raise UserError(f"{path} is not a CSV file ({error}).") from error


def read_text(path: Path) -> tuple[str, list[str]]:
    """Return a jobs file's text, and a note where its encoding is a guess.

    Raises:
        UserError: it cannot be read, or is no text.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise UserError(f"There is no jobs file at {path}.") from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder; name the jobs file in it.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}).") from error
    if len(data) > _LARGEST:
        raise UserError(f"{path} is too large for a jobs file (more than {_LARGEST >> 20} MiB).")
    return _decode(data, path)


def _decode(data: bytes, path: Path) -> tuple[str, list[str]]:
    """Return a file's text, and a note where its encoding is a guess."""
    if data.startswith(_WORKBOOKS):
        raise UserError(f"{path} is a workbook; save it as 'CSV UTF-8' and name that file.")
    known = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), None)
    for encoding in (known,) if known else _unmarked(data):
        try:
            text = data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        guessed = not known and encoding not in {"utf-8", "utf-16-le", "utf-16-be"}
        note = f"{path.name} is not UTF-8 and was read as {encoding}; if its names look wrong, "
        return text, [note + "save it as 'CSV UTF-8'."] if guessed else []
    raise UserError(f"{path} is not text in an encoding known here; save it as 'CSV UTF-8'.")


def _unmarked(data: bytes) -> tuple[str, ...]:
    """Return the encodings to try, in order, for text that does not begin with a mark."""
    if b"\0" not in data[:4096]:
        return ("utf-8", locale.getencoding(), "cp1252")
    even, odd = data[:4096:2].count(0), data[1:4096:2].count(0)
    # Text in UTF-16 has its zeros in one half; what has them in both is no text.
    return () if min(even, odd) else ("utf-16-le",) if odd else ("utf-16-be",)


def _parse(text: str, columns: Collection[str], notes: list[str]) -> Table:
    named = _SEPARATOR_LINE.match(text)
    rest = text[named.end() :] if named else text
    before = 1 if named else 0  # lines
    delimiters = (named[1],) if named else _DELIMITERS
    delimiter = max(delimiters, key=lambda mark: _best_header(rest, mark, columns)[0])
    _, at = _best_header(rest, delimiter, columns)
    records = [(line + before, cells) for line, cells in _records(rest, delimiter)]
    line, cells = records[at] if records else (1, [])
    return Table([_column_name(cell) for cell in cells], line, records[at + 1 :], notes)


def _best_header(text: str, delimiter: str, columns: Collection[str]) -> tuple[int, int]:
    """Return how many known columns the likeliest header has, and which record it is."""
    scores = [
        len({_column_name(cell) for cell in cells} & set(columns))
        for _, cells in islice(_records(text, delimiter), _HEADER_WITHIN)
    ]
    best = max(scores, default=0)
    return best, scores.index(best) if scores else 0


def _records(text: str, delimiter: str) -> Iterator[NumberedLine]:
    """Yield the records that hold anything, with the numbers of their first lines."""
    # newline="" keeps line ends as they are; csv knows all three kinds.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    begin = 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield begin, cells
        begin = reader.line_num + 1


def _column_name(cell: str) -> str:
    """Return a header's cell in small letters, in one line, without what may stand around it."""
    return " ".join(cell.strip("\ufeff\"' \t\r\n\u00a0").casefold().split())
