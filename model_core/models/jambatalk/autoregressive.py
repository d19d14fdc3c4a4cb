"""JambaTalk as eq. 1 of the paper writes it: each frame from the speech and the frames before it.

A thin layer around :class:`JambaTalk`: the previous frame, projected, stands beside the speech
features of each frame. In training the previous frame is the recorded one (teacher forcing,
Williams and Zipser 1989), so that a whole clip is one pass; in prediction it is the model's own,
frame by frame through Mamba's state and a windowed key/value cache: each frame costs the same, and
there is no longest clip.
"""

from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ...layers.standardise import Standardise
from .network import JambaTalk, JambaTalkConfig, JambaTalkState, Prediction

MOTION_WIDTH = 64
WINDOW = 60  # tokens that attention sees where the configuration does not bound it


class AutoregressiveState(NamedTuple):
    """What prediction carries from one frame to the next."""

    previous: Tensor  # (B, outputs)
    decoder: JambaTalkState


class AutoregressiveJambaTalk(nn.Module):
    """Features and a style -> basis weights or vertex offsets, each frame seeing the one before.

    Args:
        config: of the one-shot model; it is made causal, one frame a token, with a window.
        motion_width: size of the projected previous frame.
    """

    def __init__(self, config: JambaTalkConfig, motion_width: int = MOTION_WIDTH) -> None:
        super().__init__()
        self.config = config
        self.standardise = Standardise(config.inputs)
        self.previous = nn.Linear(config.outputs, motion_width, bias=False)
        self.decoder = JambaTalk(
            replace(
                config,
                inputs=config.inputs + motion_width,
                fold=1,
                lookahead=0,
                causal=True,
                window=config.window or WINDOW,
            )
        )

    def forward_with_aux(self, features: Tensor, style: Tensor, teacher: Tensor) -> Prediction:
        """A clip with the recorded frames (B, T, outputs) as `teacher`.

        `features` (B, T, inputs), `style` as of :class:`JambaTalk`.
        """
        before = teacher.roll(1, dims=1)  # (B, T, outputs)
        before = torch.cat([torch.zeros_like(before[:, :1]), before[:, 1:]], dim=1)
        return self.decoder.forward_with_aux(self._joined(features, before), style)

    def forward(self, features: Tensor, style: Tensor) -> Tensor:
        """A clip from its own frames: (B, T, inputs) -> (B, T, outputs)."""
        state = self.init_state(len(features))
        frames = []
        for t in range(features.shape[1]):
            frame, state = self.step(features[:, t], style, state)
            frames.append(frame)
        return torch.stack(frames, dim=1)

    def init_state(self, batch: int) -> AutoregressiveState:
        """The state before the first frame: a face at rest."""
        rest = self.previous.weight.new_zeros(batch, self.config.outputs)
        return AutoregressiveState(rest, self.decoder.init_state(batch))

    def step(
        self, features: Tensor, style: Tensor, state: AutoregressiveState
    ) -> tuple[Tensor, AutoregressiveState]:
        """The next frame: (B, inputs) and the state before it -> (B, outputs) and the one after."""
        joined = self._joined(features, state.previous)[:, None]  # (B, 1, inputs + motion_width)
        frame, decoder = self.decoder.step(joined, style, state.decoder)
        return frame[:, 0], AutoregressiveState(frame[:, 0], decoder)

    def _joined(self, features: Tensor, before: Tensor) -> Tensor:
        """Speech features and the frame before, side by side."""
        return torch.cat([self.standardise(features), self.previous(before)], dim=-1)
