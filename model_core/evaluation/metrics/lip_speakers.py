"""Lip scores speaker by speaker, and speakers whose labels look wrong.

An aligner that is given another text, or another language's pronunciations, still aligns: a whole
speaker then has bilabials where nobody closed the lips. No model scores well on such labels, and a
pooled score hides them. A speaker is doubtful if so few of his bilabials are closed as chance would
leave once in a thousand, were he like the speakers beside him (a binomial tail), and fewer than
`_POOR` of them.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ...motion.motion import Motion
from ...speech.phones import Phone
from .lips import LipAccumulator, LipScores

_CHANCE = 1e-3
_POOR = 0.85
_SUREST = 0.98  # nobody is expected to do better
_COLUMNS = ("utterances", "bilabials", "closed", "false_closures", "closure_auc", "width_auc")


class SpeakerScores:
    """Collects utterances: `add` each, then ask whom to believe."""

    def __init__(self) -> None:
        self._speakers: dict[str, LipAccumulator] = {}

    def add(
        self,
        speaker: str,
        motion: Motion,
        phones: Sequence[Phone],
        samples: NDArray[np.floating] | None = None,
        reference: Motion | None = None,
        second: Sequence[Phone] | None = None,
    ) -> None:
        """Count one utterance of a speaker; the rest as of `LipAccumulator.add`."""
        own = self._speakers.setdefault(speaker, LipAccumulator())
        own.add(motion, phones, samples, reference, second)

    def doubtful(self) -> list[str]:
        """Speakers whose labels look wrong."""
        scores = self._scores()
        counts = {name: (s.closed * s.bilabials, s.bilabials) for name, s in scores.items()}
        return [name for name in scores if _stands_out(name, counts)]

    def trusted(self) -> LipScores:
        """Scores of all speakers but the doubtful."""
        pooled, left_out = LipAccumulator(), self.doubtful()
        for name, own in self._speakers.items():
            if name not in left_out:
                pooled.include(own)
        return pooled.finish()

    def to_markdown(self) -> str:
        """A Markdown table, a row a speaker, the poorest first, and the trusted ones' scores."""
        doubtful = self.doubtful()
        heads = [name.replace("_", " ") for name in _COLUMNS]
        rows = [f"| speaker | {' | '.join(heads)} | labels |", f"|---|{'---:|' * len(heads)}---|"]
        ranked = sorted(
            self._scores().items(), key=lambda item: np.nan_to_num(item[1].closed, nan=2)
        )
        for name, scores in ranked:
            shown = (_shown(getattr(scores, column)) for column in _COLUMNS)
            note = "doubtful, left out" if name in doubtful else ""
            rows.append(f"| {name} | {' | '.join(shown)} | {note} |")
        return "\n".join([*rows, "", self.trusted().to_markdown()])

    def to_json(self) -> dict[str, Any]:
        """Scores of the trusted and of each speaker, and who is doubtful."""
        speakers = {name: scores.to_json() for name, scores in self._scores().items()}
        return {**self.trusted().to_json(), "speakers": speakers, "doubtful": self.doubtful()}

    def _scores(self) -> dict[str, LipScores]:
        return {name: own.finish() for name, own in self._speakers.items()}


def _stands_out(name: str, counts: dict[str, tuple[float, int]]) -> bool:
    """Whether a speaker closes (closed, of) fewer bilabials than the others make likely."""
    closed, of = counts[name]
    others = [count for other, count in counts.items() if other != name and count[1]]
    if not of or not others or closed >= _POOR * of:
        return False
    usual = sum(found for found, _ in others) / sum(n for _, n in others)
    return bool(stats.binom.cdf(round(closed), of, min(usual, _SUREST)) < _CHANCE)


def _shown(value: float) -> str:
    if np.isnan(value):
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
