"""Encoders by the name a researcher gives: "bundled", a folder, or a hub id."""

from functools import cache

from ..base.errors import UserError
from .registry import FAMILIES, SHIPPED, EncoderConfig, bundled_encoder, load_encoder
from .speech_encoder import SpeechEncoder

BUNDLED = "bundled"


@cache
def frozen_encoder(name: str) -> SpeechEncoder:
    """Return an encoder whose weights stay as they are.

    Raises:
        UserError: it cannot be found, or its family is not known.
    """
    return bundled_encoder() if name == BUNDLED else load_encoder(encoder_config(name))


def encoder_config(name: str) -> EncoderConfig:
    """Return what a checkpoint says of an encoder."""
    if name == BUNDLED:
        return EncoderConfig()
    from transformers import AutoConfig

    try:
        kind = AutoConfig.from_pretrained(name).model_type
    except (OSError, ValueError) as error:
        raise UserError(
            f"{name} is not a speech encoder on this machine or on the hub "
            f'({str(error).splitlines()[0]}); give a folder, another id, or "bundled".'
        ) from error
    known = [family for family in FAMILIES if family != SHIPPED]
    if kind not in known:
        raise UserError(f"{name} is a {kind}; {', '.join(known)} or bundled are known.")
    return EncoderConfig(kind=kind, source=name)
