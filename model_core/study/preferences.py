"""How often which system was preferred, and how sure that is.

For each pair and question the share of answers with Wilson's interval (1927) and the exact
two-sided sign test; over all pairs the strengths of Bradley and Terry (1952). Answers of one
person are not independent, which the first two take them to be, so the intervals of strengths come
of drawing participants anew (bootstrap; Efron 1979).
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from math import comb, sqrt

import numpy as np

from ..base.arrays import Floats
from .answers import QUESTIONS, Answer, Answers

_Z = 1.959964  # of 95 %
_PRIOR = 0.5  # answers added to either side of a pair: one that always won has no finite strength
_DRAWS, _SEED = 1000, 0
_TITLES = {"lips": "Lips that suit the sound better", "real": "More like a person who speaks"}


@dataclass(frozen=True)
class Share:
    """One pair: how many answers, how often the first was preferred, and 95 % of that share."""

    question: str
    first: str
    second: str
    answers: int
    preferred: int
    low: float
    high: float
    chance: float  # of a split as uneven as this between two that are alike


@dataclass(frozen=True)
class Strength:
    """A system: log odds of being preferred to the mean system, and 95 % of it."""

    question: str
    system: str
    strength: float
    low: float
    high: float


@dataclass(frozen=True)
class Preferences:
    """What a study found."""

    participants: int
    left_out: int
    left_share: float | None  # of answers that were "left": far from a half tells of lazy fingers
    shares: Sequence[Share]
    strengths: Sequence[Strength]

    def to_json(self) -> str:
        """Return everything, numbers unrounded."""
        return json.dumps(asdict(self), indent=2) + "\n"

    def to_markdown(self) -> str:
        """Return the tables."""
        people = f"{self.participants} participants, {self.left_out} left out (catch trials)"
        share = "none" if self.left_share is None else f"{self.left_share:.0%}"
        lines = [f"{people}; {share} of the answers were the left face."]
        for question in QUESTIONS:
            lines += ["", f"**{_TITLES[question]}**", "", *self._shares(question)]
            lines += ["", *self._strengths(question)]
        return "\n".join(lines)

    def _shares(self, question: str) -> list[str]:
        rows = [
            f"| {s.first} | {s.second} | {s.answers} | {s.preferred / s.answers:.1%} | "
            f"{s.low:.1%} to {s.high:.1%} | {s.chance:.2g} |"
            for s in self.shares
            if s.question == question
        ]
        head = "| first | second | answers | first preferred | 95 % (Wilson) | p (sign test) |"
        return [head, "|---|---|---:|---:|---|---:|", *rows]

    def _strengths(self, question: str) -> list[str]:
        rows = [
            f"| {s.system} | {s.strength:+.2f} | {s.low:+.2f} to {s.high:+.2f} |"
            for s in sorted(self.strengths, key=lambda each: -each.strength)
            if s.question == question
        ]
        head = "| system | strength (Bradley-Terry, log odds) | 95 % (participants drawn anew) |"
        return [head, "|---|---:|---|", *rows]


def preferences(answers: Answers) -> Preferences:
    """Count the answers of attentive participants."""
    given = {q: [a for a in answers.counted if a.question == q] for q in QUESTIONS}
    left = [answer.side == "left" for answer in answers.counted]
    return Preferences(
        participants=len(answers.participants),
        left_out=len(answers.left_out),
        left_share=float(np.mean(left)) if left else None,
        shares=[each for q in QUESTIONS for each in _shares(q, given[q], answers.systems)],
        strengths=[each for q in QUESTIONS for each in _strengths(q, given[q], answers)],
    )


def wilson(preferred: int, answers: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share."""
    share, z2 = preferred / answers, _Z**2 / answers
    middle = (share + z2 / 2) / (1 + z2)
    reach = _Z * sqrt(share * (1 - share) / answers + z2 / answers / 4) / (1 + z2)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def sign_test(preferred: int, answers: int) -> float:
    """Return the chance of a split at least as uneven if either were preferred by a toss."""
    tail = sum(comb(answers, k) for k in range(max(preferred, answers - preferred), answers + 1))
    return min(1.0, 2 * tail / 2**answers)


def bradley_terry(wins: Floats) -> Floats:
    """Return log strengths (..., S) with mean 0 from wins (..., S, S) of the row over the column.

    The likeliest, by minorisation and maximisation (Hunter 2004), with half an answer added to
    either side of every pair.
    """
    wins = wins + _PRIOR * (1 - np.eye(wins.shape[-1]))
    games, won = wins + np.swapaxes(wins, -1, -2), wins.sum(axis=-1)
    logs: Floats = np.zeros(won.shape)
    for _ in range(1000):
        before, odds = logs, np.exp(logs)
        logs = np.log(won / (games / (odds[..., None] + odds[..., None, :])).sum(axis=-1))
        logs = logs - logs.mean(axis=-1, keepdims=True)
        if np.abs(logs - before).max() < 1e-10:
            break
    return logs


def _shares(question: str, answers: Sequence[Answer], systems: Sequence[str]) -> list[Share]:
    won = Counter((answer.preferred, answer.other) for answer in answers)
    found = []
    for first, second in combinations(systems, 2):
        preferred, count = won[first, second], won[first, second] + won[second, first]
        if count:
            interval, chance = wilson(preferred, count), sign_test(preferred, count)
            found.append(Share(question, first, second, count, preferred, *interval, chance))
    return found


def _strengths(question: str, answers: Sequence[Answer], of: Answers) -> list[Strength]:
    if not answers:
        return []
    wins = np.array([_wins(_own(answers, name), of.systems) for name in of.participants])
    found, drawn = bradley_terry(wins.sum(axis=0)), bradley_terry(_drawn(wins))
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    rows = zip(of.systems, found, low, high, strict=True)
    return [Strength(question, name, *map(float, figures)) for name, *figures in rows]


def _own(answers: Sequence[Answer], participant: str) -> list[Answer]:
    return [answer for answer in answers if answer.participant == participant]


def _wins(answers: Sequence[Answer], systems: Sequence[str]) -> Floats:
    """Return wins (S, S) of the row over the column."""
    wins = np.zeros((len(systems), len(systems)))
    for answer in answers:
        wins[systems.index(answer.preferred), systems.index(answer.other)] += 1
    return wins


def _drawn(wins: Floats) -> Floats:
    """Return wins (draws, S, S) of as many participants, drawn anew from (P, S, S)."""
    rng, people = np.random.default_rng(_SEED), len(wins)
    shares: Floats = rng.multinomial(people, np.full(people, 1 / people), _DRAWS).astype(np.float64)
    return np.einsum("dp,pij->dij", shares, wins)
