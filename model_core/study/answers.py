"""What participants saved: their answers, who was paying attention, and systems by their names."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..base.errors import UserError
from ..base.files import find_files

QUESTIONS = ("lips", "real")
STILL = "still"
"""The code of a face that does not move."""
ATTENTIVE = 0.8
"""Least share of catch trials' questions that are answered with the face that moves."""
_SIDES = ("left", "right")


class Key(NamedTuple):
    """Which study, and the names of its systems by their codes."""

    study: str
    systems: Mapping[str, str]


class Answer(NamedTuple):
    """One question about one pair.

    Attributes:
        participant: by the number that the page drew.
        clip: of the pair.
        question: one of `QUESTIONS`.
        preferred, other: names of systems, or `STILL`.
        side: where the preferred one was.
    """

    participant: str
    clip: str
    question: str
    preferred: str
    other: str
    side: str


@dataclass(frozen=True)
class Answers:
    """All answers to a study's questions.

    Attributes:
        counted: of participants who were paying attention, without catch trials.
        left_out: participants who were not.
        participants: whose answers are counted.
        systems: names.
    """

    counted: Sequence[Answer]
    left_out: Sequence[str]
    participants: Sequence[str]
    systems: Sequence[str]


def read_key(path: Path) -> Key:
    """Read what `write_study` wrote beside its page.

    Raises:
        UserError: it is missing or not a key.
    """
    stored = _json(path, "the study's key (key.json)")
    try:
        systems = {str(code): str(name) for code, name in stored["systems"].items()}
        return Key(str(stored["study"]), systems)
    except (KeyError, TypeError, AttributeError):
        raise UserError(f"{path} is not the key that was made with a study's page.") from None


def read_answers(paths: Sequence[Path], key: Key) -> Answers:
    """Return the answers in files, or in folders of them.

    A participant whose answers were saved twice counts once, with the file that has more.

    Raises:
        UserError: there are none, or a file is damaged or of another study.
    """
    files = [file for path in paths for file in _files(path)]
    sheets: dict[str, list[Answer]] = {}
    for file in files:
        participant, answers = _read(file, key)
        if len(answers) > len(sheets.get(participant, [])):
            sheets[participant] = answers
    if not sheets:
        raise UserError(f"There are no answers in {', '.join(map(str, paths))}.")
    awake = [name for name, answers in sorted(sheets.items()) if _attentive(answers)]
    counted = [a for name in awake for a in sheets[name] if STILL not in (a.preferred, a.other)]
    asleep = sorted(set(sheets) - set(awake))
    return Answers(counted, asleep, awake, sorted(key.systems.values()))


def table(answers: Answers) -> str:
    """Return the counted answers as CSV, a row each."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([Answer._fields, *answers.counted])
    return text.getvalue()


def _files(path: Path) -> list[Path]:
    return find_files(path, ".json") if path.is_dir() else [path]


def _read(path: Path, key: Key) -> tuple[str, list[Answer]]:
    """Return a file's participant and answers."""
    stored = _json(path, "saved answers")
    try:
        if stored["study"] != key.study:
            raise UserError(f"{path} answers another study than the key is of; leave it out.")
        person = str(stored["participant"])
        return person, [_answer(person, e, q, key) for e in stored["answers"] for q in QUESTIONS]
    except (KeyError, TypeError, ValueError):
        raise UserError(f"{path} does not hold answers as a study's page saves them.") from None


def _answer(participant: str, entry: Mapping[str, Any], question: str, key: Key) -> Answer:
    names = {side: _name(entry[side], key) for side in _SIDES}
    chosen = _SIDES.index(entry[question])
    side, other = _SIDES[chosen], _SIDES[1 - chosen]
    return Answer(participant, str(entry["clip"]), question, names[side], names[other], side)


def _name(code: str, key: Key) -> str:
    return STILL if code == STILL else key.systems[code]


def _attentive(answers: Sequence[Answer]) -> bool:
    """Whether catch trials, if there were any, were mostly seen through."""
    right = [a.other == STILL for a in answers if STILL in (a.preferred, a.other)]
    return not right or sum(right) >= ATTENTIVE * len(right)


def _json(path: Path, what: str) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise UserError(f"There is no file {path} with {what}.") from None
    except ValueError:
        raise UserError(f"{path} is damaged: it does not hold {what}.") from None
