"""Sizes and times of the streaming model; nothing here needs torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, Self

from ...base.errors import UserError
from ...base.units import MS_PER_S
from ..jambatalk.config import JambaTalkConfig

DELAYS = (0, 1, 2, 3, 4)
"""Tokens that outputs may be behind what was heard; each has a head of its own."""
EARS_RATE = 50.0
_LEAN = 0.7  # of all heads, in files that do not tell
_AHEAD = 0.0325  # s from a frame of the ears to the last sample it hears: 2 spectra and half of one


@dataclass(frozen=True, kw_only=True)
class StreamingSettings:
    """What config.json says of a streaming model.

    Attributes:
        decoder: its sizes.
        styles: names of its styles.
        names: the face rig's shapes it moves.
        rank: of the changes to the bundled encoder's matrices.
        delays: tokens that each of its heads is behind what was heard, rising.
        sharpness: factor on the log odds of its gates that its weights hold already.
        leans: of each head, added to these log odds after that.

    Raises:
        UserError: they do not go together, or the decoder cannot stream.
    """

    decoder: JambaTalkConfig
    styles: tuple[str, ...]
    names: tuple[str, ...]
    rank: int
    delays: tuple[int, ...] = DELAYS
    sharpness: float = 2.0
    leans: tuple[float, ...] = (_LEAN,) * len(DELAYS)

    def __post_init__(self) -> None:
        decoder = self.decoder
        if not decoder.streams or decoder.window is None or decoder.head != "gated":
            raise UserError("A streaming model needs a causal, gated decoder with a window.")
        if len(self.styles) != decoder.styles or len(self.names) != decoder.outputs:
            raise UserError("The model's styles or shapes are not as many as its decoder has.")
        if type(self.rank) is not int or not 1 <= self.rank <= 1024 or not _rising(self.delays):
            raise UserError("The model's rank or delays are damaged; get the model again.")
        if not self.sharpness > 0 or len(self.leans) != len(self.delays):
            raise UserError("The model's sharpness or leans are damaged; get the model again.")

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Read config.json. Raises `UserError` if something is missing or out of place."""
        try:
            delays = tuple(config["delays"])
            return cls(
                decoder=JambaTalkConfig(**config["decoder"]),
                styles=tuple(config["styles"]),
                names=tuple(config["names"]),
                rank=config["rank"],
                delays=delays,
                sharpness=config.get("sharpness", cls.sharpness),
                leans=tuple(config.get("leans", [_LEAN] * len(delays))),
            )
        except (KeyError, TypeError) as error:
            raise UserError(f"The model's config.json is not complete ({error}).") from error

    def lookahead(self, delay: int) -> float:
        """Return the most seconds of sound after a frame that it waits for.

        A token's last frame is interpolated between two frames of the ears, the later of which
        hears `_AHEAD`; its first frame waits as long, and all of them `delay` tokens more.
        """
        frame = 1.0 / self.decoder.fps
        tokens = range(int(self.decoder.fps))  # the pattern repeats within a second
        waits = [_wait(token, self.decoder.fold, frame) for token in tokens]
        return max(waits) + delay * self.decoder.fold * frame

    def delay_within(self, seconds: float) -> int:
        """Return the longest of the delays whose look-ahead is within so many seconds.

        Raises:
            UserError: none is.
        """
        fitting = [delay for delay in self.delays if self.lookahead(delay) <= seconds + 1e-9]
        if not fitting:
            least = self.lookahead(self.delays[0])
            raise UserError(
                f"The look-ahead must be at least {least * MS_PER_S:.0f} ms, "
                f"not {seconds * MS_PER_S:.0f}."
            )
        return fitting[-1]


def _wait(token: int, fold: int, frame: float) -> float:
    """Return how long after its first frame a token can be heard, in seconds."""
    first, last = token * fold * frame, ((token + 1) * fold - 1) * frame
    return ceil(last * EARS_RATE - 1e-9) / EARS_RATE + _AHEAD - first


def _rising(delays: tuple[int, ...]) -> bool:
    return bool(delays) and all(
        type(later) is int and earlier < later
        for earlier, later in zip((-1, *delays), delays, strict=False)
    )
