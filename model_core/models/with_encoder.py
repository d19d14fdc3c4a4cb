"""What checkpoints of a torch network and the speech encoder it hears through have in common."""

import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ..base.assets import BUNDLED_ENCODER
from ..base.errors import UserError
from ..encoding.registry import SHIPPED, EncoderConfig, load_encoder
from ..encoding.speech_encoder import SpeechEncoder
from ..engine.choice import Runtime
from .checkpoint import Checkpoint, save_checkpoint

if TYPE_CHECKING:
    from torch import nn


class Sizes(Protocol):
    """The sizes of a network."""

    def plain(self) -> dict[str, Any]:
        """Return them as JSON keeps them."""


class Settings(Protocol):
    """What config.json says of such a model."""

    @property
    def encoder(self) -> EncoderConfig:
        """What it hears through."""

    @property
    def model(self) -> Sizes:
        """Its sizes."""

    @property
    def styles(self) -> tuple[str, ...]:
        """Names of its styles."""


AnySettings = TypeVar("AnySettings", bound=Settings)
Network = TypeVar("Network", bound="nn.Module")


def save_with_encoder(
    folder: str | os.PathLike[str],
    kind: str,
    model: "nn.Module",
    settings: Settings,
    card: str,
    **more: str,
) -> Path:
    """Write a checkpoint, with the encoder where that is the one which ships.

    Args:
        folder: where.
        kind: of the model.
        model: its network.
        settings: its encoder, sizes and styles.
        card: the model card.
        more: what else config.json says.

    Raises:
        UserError: it cannot be written.
    """
    told = {"model": settings.model.plain(), "styles": list(settings.styles)}
    config = {"kind": kind, "encoder": asdict(settings.encoder), **told, **more}
    weights = BUNDLED_ENCODER if settings.encoder.kind == SHIPPED else None
    return save_checkpoint(folder, config, model.state_dict(), card=card, encoder_weights=weights)


def settings_in(
    checkpoint: Checkpoint, settings_of: Callable[[dict[str, Any]], AnySettings]
) -> AnySettings:
    """Return a checkpoint's settings. Raises `UserError` if something lacks."""
    try:
        return settings_of(checkpoint.config)
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"The model's config.json is not complete ({error}).") from error


def load_with_encoder(
    checkpoint: Checkpoint,
    runtime: Runtime,
    settings_of: Callable[[dict[str, Any]], AnySettings],
    network_of: Callable[[AnySettings], Network],
) -> tuple[AnySettings, Network, SpeechEncoder]:
    """Return a checkpoint's settings, its network on the runtime's device, and its encoder.

    Raises:
        UserError: settings, weights or the speech encoder are missing or damaged.
    """
    settings = settings_in(checkpoint, settings_of)
    network = network_of(settings)
    checkpoint.fill(network)
    encoder = load_encoder(settings.encoder, checkpoint.folder, runtime)
    return settings, network.to(runtime.device), encoder
