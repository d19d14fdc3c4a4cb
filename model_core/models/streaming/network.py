"""The streaming model's network: causal ears, a causal JambaTalk, and a head for each delay.

Nothing in it sees what comes later. Look-ahead is a delay: the head that is `d` tokens behind tells
of frames after which it has heard `d` tokens more, and reads all of them: a token need not carry
what was said before it.
"""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from ...encoding.whisper.causal_whisper import CausalState, CausalWhisper
from ...encoding.whisper.local_whisper_config import LocalWhisperConfig
from ...layers.attention import GroupedQueryAttention
from ...layers.block import JambaLayer
from ...layers.mamba import Mamba, MambaState
from ...layers.norm import RMSNorm
from ...layers.regime_head import RegimeHead, Regimes
from ...layers.rope import rotate
from ...layers.standardise import Standardise
from ..jambatalk.config import ARRANGEMENTS
from ..jambatalk.network import jamba_layer
from .config import EARS_RATE, StreamingSettings


class Heard(NamedTuple):
    """What training sees of sounds.

    Attributes:
        regimes: a head's frames each (B, T, ...), as it says them: `delay` tokens late.
        ears: (B, T, dim) what the ears made of the sound, at the frames.
        balance: (), mean load-balance loss of the layers with experts.
    """

    regimes: tuple[Regimes, ...]
    ears: Tensor
    balance: Tensor


class DecoderState(NamedTuple):
    """What the decoder carries from one token to the next."""

    conv: Tensor  # (B, Mamba layers, d_conv - 1, d_inner)
    ssm: Tensor  # (B, Mamba layers, d_inner, d_state)
    cache: Tensor  # (B, 2, kv_heads, window, head_dim), keys not yet rotated, and values
    seen: Tensor  # (), how many of the cached tokens there were
    tail: Tensor  # (B, the longest delay, d_model), the last tokens as the heads read them


class StreamingTalk(nn.Module):
    """Log-mel frames, log energies and a style -> weights, at 60 frames a second."""

    def __init__(self, settings: StreamingSettings) -> None:
        super().__init__()
        config = settings.decoder
        self.config, self.delays = config, settings.delays
        self.ears = CausalWhisper(LocalWhisperConfig(), settings.rank)
        self.standardise = Standardise(config.inputs)
        self.embed = nn.Linear(config.fold * config.inputs, config.d_model)
        self.style = nn.Embedding(config.styles, config.d_model)
        order = ARRANGEMENTS[config.arrangement]
        self.layers = nn.ModuleList(jamba_layer(kind, config) for kind in order)
        self.norm = RMSNorm(config.d_model)
        self.heads = nn.ModuleList(
            RegimeHead((delay + 1) * config.d_model, config.fold, config.outputs)
            for delay in settings.delays
        )

    def forward(self, mel: Tensor, levels: Tensor, style: Tensor) -> Heard:
        """Sounds from a start: (B, 80, 2 n + 3), (B, T, 4) of whole tokens, styles (B,) long."""
        ears = _at_frames(self.ears(mel), levels.shape[1], self.config.fps)
        x = self._embed(torch.cat([ears, levels], dim=-1)) + self.style(style)[:, None]
        losses = []
        for layer in self._stack:
            x, loss = layer(x)
            losses += [] if loss is None else [loss]
        regimes, _ = self._told(self.norm(x), self._no_tail(len(x)))
        return Heard(tuple(regimes), ears, torch.stack(losses).mean())

    def decode(
        self, features: Tensor, style: Tensor, state: DecoderState
    ) -> tuple[Tensor, DecoderState]:
        """The next tokens: features (1, n fold, C) and a mixture (1, styles) -> frames.

        Returns every head's (heads, n fold, outputs), late by its delay, and the state after.
        """
        x = self._embed(features) + (style @ self.style.weight)[:, None]
        conv: list[Tensor] = []
        ssm: list[Tensor] = []
        cache = state.cache
        for layer in self._stack:
            y = layer.mixer_norm(x)
            if isinstance(layer.mixer, Mamba):
                at = len(conv)
                before = MambaState(
                    state.conv[:, at], state.ssm[:, at].clone(memory_format=torch.contiguous_format)
                )
                mixed, after = layer.mixer.advance(y, before)
                conv.append(after.conv)
                ssm.append(after.ssm)
            else:
                mixed, cache = attend(layer.mixer, y, state.cache, state.seen)
            x = layer.mix_channels(x + mixed)[0]
        heads, tail = self._told(self.norm(x), state.tail)
        frames = torch.cat([regimes.mixed(regimes.gate.sigmoid()) for regimes in heads])
        seen = (state.seen + x.shape[1]).clamp(max=cache.shape[3])
        return frames, DecoderState(torch.stack(conv, 1), torch.stack(ssm, 1), cache, seen, tail)

    def init_decoder(self) -> DecoderState:
        """The decoder's state before the first token of one sound."""
        config, weight = self.config, self.embed.weight
        inner = config.expand * config.d_model
        mambas = sum(kind != "T" for kind in ARRANGEMENTS[config.arrangement])
        assert config.window is not None  # checked with the settings
        cached = 1, 2, config.kv_heads, config.window, config.d_model // config.heads
        return DecoderState(
            weight.new_zeros(1, mambas, config.d_conv - 1, inner),
            weight.new_zeros(1, mambas, inner, config.d_state),
            weight.new_zeros(cached),
            torch.zeros((), dtype=torch.long),
            self._no_tail(1),
        )

    def init_ears(self) -> CausalState:
        """The ears' state before the first frame of one sound."""
        return self.ears.init_state(1)

    def _told(self, x: Tensor, tail: Tensor) -> tuple[list[Regimes], Tensor]:
        """What each head tells of the next tokens (B, n, d_model); the tail before and after."""
        known = torch.cat([tail, x], dim=1)  # (B, most + n, d_model)
        most, length = tail.shape[1], x.shape[1]
        spans = [known[:, first : first + length] for first in range(most + 1)]
        heads = zip(self.delays, cast(list[RegimeHead], list(self.heads)), strict=True)
        told = [head(torch.cat(spans[most - delay :], dim=-1)) for delay, head in heads]
        return told, known[:, length:]

    def _no_tail(self, batch: int) -> Tensor:
        """What the heads read of before the first token."""
        return self.embed.weight.new_zeros(batch, max(self.delays), self.config.d_model)

    @property
    def _stack(self) -> list[JambaLayer]:
        return cast(list[JambaLayer], list(self.layers))

    def _embed(self, features: Tensor) -> Tensor:
        """Frames (B, n fold, inputs) -> tokens (B, n, d_model)."""
        tokens = self.standardise(features).unflatten(1, (-1, self.config.fold)).flatten(2)
        return self.embed(tokens)


def attend(
    mixer: GroupedQueryAttention, x: Tensor, cache: Tensor, seen: Tensor
) -> tuple[Tensor, Tensor]:
    """The next tokens of windowed causal attention with a cache of one size.

    Rotary positions matter by their difference only, so they are counted from the cache's first,
    and keep their precision for however long a sound.

    Args:
        mixer: the layer.
        x: (B, n, dim).
        cache: (B, 2, kv_heads, window, head_dim) keys, not rotated, and values before.
        seen: how many of them there are, the last ones.
    """
    window, length = cache.shape[3], x.shape[1]
    heads, kv_heads, _ = mixer.heads
    q, k, v = (
        mixer.qkv(x).unflatten(-1, (sum(mixer.heads), -1)).transpose(1, 2).split(mixer.heads, 1)
    )
    known = torch.cat([cache, torch.stack([k, v], dim=1)], dim=3)  # (B, 2, kv, window + n, d)
    positions = torch.arange(window + length, device=x.device)
    sine, cosine = mixer.rope(positions)
    keys = rotate(known[:, 0], sine, cosine).repeat_interleave(heads // kv_heads, dim=1)
    values = known[:, 1].repeat_interleave(heads // kv_heads, dim=1)
    queries = rotate(q, sine[window:], cosine[window:])
    query = positions[window:, None]
    near = (positions <= query) & (positions >= query - window) & (positions >= window - seen)
    scores = queries @ keys.transpose(-1, -2) / sqrt(q.shape[-1])
    weights = scores.masked_fill(~near, -torch.inf).softmax(dim=-1)
    mixed = (weights @ values).transpose(1, 2).flatten(2)
    return mixer.out(mixed), known[:, :, :, -window:]


def _at_frames(ears: Tensor, frames: int, fps: float) -> Tensor:
    """Features (B, n, C) at 50 Hz, interpolated linearly at frames (B, T, C)."""
    at = torch.arange(frames, device=ears.device, dtype=torch.float64) * (EARS_RATE / fps)
    low = (at + 1e-9).floor().long()
    part = (at - low).clamp(min=0)[:, None].float()
    high = torch.where(part[:, 0] > 1e-6, low + 1, low)
    return ears[:, low] * (1 - part) + ears[:, high] * part


def shifted(regimes: Sequence[Regimes], delays: Sequence[int], fold: int) -> list[Regimes]:
    """Every head's frames at the time they tell of, as long as all of them last."""
    most = max(delays) * fold
    cut = []
    for delay, head in zip(delays, regimes, strict=True):
        length = head.gate.shape[1] - most
        cut.append(Regimes(*(part[:, delay * fold : delay * fold + length] for part in head)))
    return cut
