"""How lips hold up when speech is hard to hear: lip scores in each of `corpus.conditions`.

Of speech: the share of p b m that close, false closures, closure AUC and the mean opening in pauses
(see `lips`). Where nobody speaks, the whole clip is a pause.
"""

import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...corpus.conditions import CONDITIONS, Condition, faster
from ...motion.motion import Motion
from ...speech.audio import SAMPLE_RATE, Samples
from ...speech.phones import PAUSE, Phone
from .lips import LipAccumulator, LipScores

TimedSpeech = tuple[Samples, Sequence[Phone]]
Predict = Callable[[Samples, Sequence[Phone]], Motion]

_COLUMNS = ("bilabials", "closed", "false_closures", "closure_auc", "silence_opening")


class ConditionScores:
    """Scores clips in one condition after the other.

    Args:
        predict: what is scored.
        clips: speech and its phones; crowds are made of the other clips' speech, and of the clip's
            own if there is no other.
    """

    def __init__(self, predict: Predict, clips: Sequence[TimedSpeech]) -> None:
        self._predict, self._clips = predict, clips
        self._scores: dict[str, LipScores] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The conditions there are."""
        return tuple(CONDITIONS)

    def score(self, name: str) -> LipScores:
        """Score all clips in a condition; the same sounds come of the same clips each time."""
        scores = LipAccumulator()
        for index in range(len(self._clips)):
            samples, phones = self._heard(index, name, CONDITIONS[name])
            scores.add(self._predict(samples, phones), phones)
        self._scores[name] = scores.finish()
        return self._scores[name]

    def to_json(self) -> dict[str, Any]:
        """Scores by condition."""
        return {name: scores.to_json() for name, scores in self._scores.items()}

    def to_markdown(self) -> str:
        """A Markdown table, a row a condition."""
        head = "| condition | bilabials | closed | false | closure AUC | open in pauses, mm |"
        rows = [head, f"|---|{'---:|' * len(_COLUMNS)}"]
        for name, scores in self._scores.items():
            values = (getattr(scores, column) for column in _COLUMNS)
            shown = (_shown(value) for value in values)
            rows.append(f"| {name} | {' | '.join(shown)} |")
        return "\n".join(rows)

    def _heard(self, index: int, name: str, condition: Condition) -> TimedSpeech:
        """A clip in a condition."""
        samples, phones = faster(*self._clips[index], condition.speed)
        if condition.change is not None:
            rng = np.random.default_rng([zlib.crc32(name.encode()), index])
            voices = [other for i, (other, _) in enumerate(self._clips) if i != index]
            samples = condition.change(samples, voices or [samples], rng)
        if not condition.speaks:
            phones = [Phone(PAUSE, 0.0, len(samples) / SAMPLE_RATE)]
        return samples, phones


def _shown(value: float) -> str:
    if np.isnan(value):
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
