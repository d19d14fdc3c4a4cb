"""Choices of MambaTalk's recipe; nothing here needs torch."""

from dataclasses import dataclass

from ...base.errors import UserError
from ...base.settings import setting


@dataclass(frozen=True)
class MambaTalkOptions:
    """What a machine can bear, and how much is learned from.

    Raises:
        UserError: there is nothing of something.
    """

    clips: int = setting(60, "clips of a corpus to learn from, half a minute each")
    performances: int = setting(3, "of each clip by the stochastic teacher, with life")
    prior_steps: int = setting(400, "of each part's prior; --steps counts those of the scans")
    scan_width: int = setting(64, "of the scans")
    prior_width: int = setting(64, "of the priors")

    def __post_init__(self) -> None:
        if min(self.clips, self.performances, self.prior_steps) < 1:
            raise UserError("Clips, performances and steps of the priors must each be 1 or more.")
