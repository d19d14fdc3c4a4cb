"""Which key of a mesh does what of ours: a list the artist can edit, and its files.

A file is JSON: ``{"jambatalk_map": 1, "name": "...", "links": [{"source": "jawOpen", "target":
"Jaw_Open", "gain": 1.0, "offset": 0.0}, ...]}``; gain and offset may be left out.
"""

import json
import math
import os
from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..base.errors import UserError
from ..base.files import atomic_path

VERSION = 1
_MARK = "jambatalk_map"
_LARGEST = 100.0
_FIELDS = ("source", "target", "gain", "offset")


@dataclass(frozen=True)
class Link:
    """One line of a map: the key's value is the sum of gain * source + offset over its lines.

    Attributes:
        source: a channel, as ``jawOpen``, or a pose of a set, as ``oculus/PP``.
        target: name of the mesh's key.
        gain: factor; below 0 where the key does the opposite.
        offset: what is added.
    """

    source: str
    target: str
    gain: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True)
class ShapeMap:
    """The lines of a map, in the artist's order.

    Attributes:
        links: its lines; a source and a target may be in several, but not both in two.
        name: what the artist calls it.

    Raises:
        UserError: a line is there twice, or holds no name or no finite number.
    """

    links: tuple[Link, ...]
    name: str = ""

    def __post_init__(self) -> None:
        for link in self.links:
            if not (link.source and link.target):
                raise UserError("A line of the map lacks its source or its target; fill it in.")
            if not (math.isfinite(link.gain) and math.isfinite(link.offset)):
                raise UserError(
                    f"The gain and offset of '{link.target}' must be numbers, not {link.gain} and "
                    f"{link.offset}."
                )
        counts = Counter((link.source, link.target) for link in self.links)
        twice = [pair for pair, count in counts.items() if count > 1]
        if twice:
            raise UserError("'{}' drives '{}' in two lines of the map; keep one.".format(*twice[0]))

    @property
    def targets(self) -> tuple[str, ...]:
        """The keys it drives, each once, in order."""
        return tuple(dict.fromkeys(link.target for link in self.links))

    @property
    def sources(self) -> tuple[str, ...]:
        """The channels and poses it uses, each once, in order."""
        return tuple(dict.fromkeys(link.source for link in self.links))

    def absent(self, keys: Collection[str]) -> tuple[str, ...]:
        """Return the targets that are not among some keys."""
        return tuple(name for name in self.targets if name not in keys)

    def to_json(self) -> dict[str, Any]:
        """Return it as what a JSON file holds."""
        return {_MARK: VERSION, "name": self.name, "links": [asdict(link) for link in self.links]}

    @classmethod
    def from_json(cls, content: object) -> "ShapeMap":
        """Return the map that JSON holds.

        Raises:
            UserError: it is no map, or one of a later version; says what is wrong.
        """
        if not isinstance(content, dict) or _MARK not in content:
            raise UserError(f'A map is a JSON object with "{_MARK}": {VERSION} and "links".')
        if content[_MARK] != VERSION:
            raise UserError(
                f"The map is of version {content[_MARK]!r} and this one reads {VERSION}; save it "
                "with this version."
            )
        links = content.get("links")
        if not isinstance(links, list):
            raise UserError('The map\'s "links" must be a list of lines.')
        name = content.get("name", "")
        read = tuple(_link(line, number) for number, line in enumerate(links, 1))
        return cls(read, name if isinstance(name, str) else "")


def read_map(path: str | os.PathLike[str]) -> ShapeMap:
    """Read a map's file.

    Raises:
        UserError: it is missing, is no JSON or holds no map.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise UserError(f"There is no map at {path}.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path} is not a map ({error}); save it again.") from error
    try:
        return ShapeMap.from_json(content)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def write_map(shape_map: ShapeMap, path: str | os.PathLike[str]) -> None:
    """Write a map's file. Raises `UserError` if it cannot be written; nothing is left behind."""
    with atomic_path(path) as temporary:
        content = json.dumps(shape_map.to_json(), indent=2, ensure_ascii=False)
        temporary.write_text(content + "\n", encoding="utf-8")


def _link(line: object, number: int) -> Link:
    """Return a line of a map; raise `UserError` with its number if it is none."""
    if not isinstance(line, dict) or not {"source", "target"} <= set(line):
        raise UserError(f'Line {number} of the map needs a "source" and a "target".')
    unknown = sorted(set(map(str, line)).difference(_FIELDS))
    if unknown:
        raise UserError(
            f"Line {number} of the map has an unknown field '{unknown[0]}'; there are "
            f"{', '.join(_FIELDS)}."
        )
    for field in ("source", "target"):
        if not isinstance(line[field], str):
            raise UserError(f'The "{field}" in line {number} of the map must be a name.')
    gain, offset = (_number(line, field, number) for field in ("gain", "offset"))
    return Link(line["source"], line["target"], gain, offset)


def _number(line: dict[str, Any], field: str, number: int) -> float:
    """Return a number of a line, or what it is where it is left out."""
    value = line.get(field, getattr(Link, field))
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _LARGEST:
        raise UserError(
            f'The "{field}" in line {number} of the map must be a number up to {_LARGEST:g}.'
        )
    return float(value)
