"""A JambaTalk as a graph can hold it, that gives what one pass over a clip would.

A step gets the next tokens and, beside them, the frames ahead that these see; where the clip has
ended, of any numbers. All that it carries on is a tensor of one size, and stands at the end of the
next tokens: what lies ahead is looked at and forgotten, and comes again.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...layers.attention import GroupedQueryAttention
from ...layers.block import JambaLayer
from ...layers.mamba import Mamba, MambaState
from .config import ARRANGEMENTS, JambaTalkConfig
from .network import JambaTalk
from .step_shape import StepShape


class StepState(NamedTuple):
    """What a step carries to the next; its shapes are those of `StepShape`."""

    heard: Tensor  # (1, lookahead, heard), listened to
    conv: Tensor  # (1, mambas, d_conv - 1, d_inner)
    ssm: Tensor  # (1, mambas, d_inner, d_state)
    held: Tensor  # (1, attentions, window, d_model), the inputs of the layers that attend
    seen: Tensor  # () long, how many of these there are, the last ones


class SteppedJambaTalk(nn.Module):
    """A decoder, step by step.

    Args:
        model: which `StepShape.of` has a shape for.
    """

    def __init__(self, model: JambaTalk) -> None:
        super().__init__()
        self.model = model

    def forward(
        self,
        features: Tensor,
        style: Tensor,
        drift: Tensor,
        inside: Tensor,
        state: StepState,
    ) -> tuple[Tensor, StepState]:
        """The outputs (1, n fold, all) of the next n tokens, and the state after them.

        Args:
            features: (1, n fold + ahead, inputs), the next frames and those ahead.
            style: (1, styles), a mixture.
            drift: (1, n fold + ahead, drifts), as of `JambaTalk.forward`.
            inside: () long, how many of these frames the clip has.
            state: before them.
        """
        model, config = self.model, self.model.config
        looked, known = self._looked(features, inside, state.heard)
        drift = drift[:, : looked.shape[1]]
        tokens, x = model.entered(looked, style, drift)
        valid = (inside + config.fold - 1) // config.fold
        x, after = self._layered(x, valid, state)
        new = x.shape[1]
        mannered = None if model.manners is None else model.mannered(drift)[:, :new]
        outputs = model.left(tokens[:, :new], x, mannered)
        first = new * config.fold
        heard = known[:, first : first + config.lookahead]
        return outputs, StepState(heard, *after)

    def _looked(self, features: Tensor, inside: Tensor, heard: Tensor) -> tuple[Tensor, Tensor]:
        """Frames that make tokens as looked ahead from, zeros beyond the clip; and all that is."""
        reach = self.model.config.lookahead
        valid = (torch.arange(features.shape[1], device=features.device) < inside)[:, None]
        fresh = torch.where(valid, self.model.listened(features), 0.0)
        known = torch.cat([heard, fresh], dim=1)
        assert self.model.look is not None  # as its shape says
        looked = self.model.look(known)[:, reach:-reach]
        return torch.where(valid[: looked.shape[1]], looked, 0.0), known

    def _layered(
        self, x: Tensor, valid: Tensor, state: StepState
    ) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor, Tensor]]:
        """New tokens as the layers leave them, and what the state after them holds of layers."""
        ahead = StepShape.tokens_ahead(self.model.config)
        new, mambas = x.shape[1] - ahead, list[MambaState]()
        held: list[Tensor] = []
        for layer in self.model.stack:
            if isinstance(layer.mixer, Mamba):
                at = len(mambas)
                ssm = state.ssm[:, at].clone(memory_format=torch.contiguous_format)
                before = MambaState(state.conv[:, at], ssm)
                x, after = _recurred(layer, x, ahead, before)
                mambas.append(after)
            else:
                known = torch.cat([state.held[:, len(held)], x], dim=1)
                x = _attended(layer, layer.mixer, known, valid, state.seen)
                held.append(known[:, new : new + state.held.shape[2]])
                ahead -= state.held.shape[2]
        conv, ssm = (torch.stack([each[part] for each in mambas], dim=1) for part in (0, 1))
        seen = (state.seen + new).clamp(max=state.held.shape[2])
        return x, (conv, ssm, torch.stack(held, dim=1), seen)


def _recurred(
    layer: JambaLayer, x: Tensor, ahead: int, before: MambaState
) -> tuple[Tensor, MambaState]:
    """A layer of Mamba over new tokens and those ahead, and its state after the new ones."""
    new = x.shape[1] - ahead
    fresh, after = layer.advance(x[:, :new], before)
    assert isinstance(after, MambaState)  # that of a layer of Mamba
    if not ahead:
        return fresh, after
    return torch.cat([fresh, layer.advance(x[:, new:], after)[0]], dim=1), after


def _attended(
    layer: JambaLayer, mixer: GroupedQueryAttention, known: Tensor, valid: Tensor, seen: Tensor
) -> Tensor:
    """A layer that attends a window to both sides: tokens held and to come -> those between.

    Positions are counted from the first one held, which is where the others stand from it.
    """
    window = mixer.window or 0
    queries, keys, values = mixer.project(layer.mixer_norm(known), 0)
    queries = queries[:, :, window:-window]
    key = torch.arange(known.shape[1], device=known.device)
    query = key[window:-window, None]
    inside = (key >= window - seen) & (key < window + valid)
    near = ((key - query).abs() <= window) & inside
    mask = near | (key == query)  # beyond the clip's end tokens see themselves
    mixed = F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask, enable_gqa=True)
    x = known[:, window:-window] + mixer.out(mixed.transpose(1, 2).flatten(2))
    return layer.mix_channels(x)[0]


def first_state(config: JambaTalkConfig) -> StepState:
    """Return the state before the first token of a clip."""
    shape = StepShape.of(config)
    assert shape is not None, ARRANGEMENTS[config.arrangement]
    parts = [torch.from_numpy(part) for part in shape.state()]
    return StepState(*parts)
