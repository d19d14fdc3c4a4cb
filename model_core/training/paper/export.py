"""From a finished run to a checkpoint that `predict`, the worker and Blender take."""

from pathlib import Path

from ...encoding.frozen_encoder import encoder_config
from ...models.jambatalk import face as jambatalk_face
from ...models.jambatalk.network import JambaTalk, JambaTalkConfig
from ...models.talking_head import face as talking_head_face
from ...models.talking_head.network import TalkingHead
from ...models.talking_head.run import Run

_CARD = """# JambaTalk trained on {dataset}

Arrangement {arrangement}, {form}, {fps:g} frames a second, {vertices} vertices, speech encoder
{encoder} ({tuning}). Styles: {styles}.

The weights are under the terms of their training data: VOCASET and BIWI allow non-commercial
research only.
"""


def export(run: Run, model: TalkingHead, folder: Path) -> Path:
    """Write the checkpoint of a trained model.

    Raises:
        UserError: it cannot be written.
    """
    if model.encoder is not None or not isinstance(model.decoder, JambaTalk):
        talking_head_face.save(folder, run, model, _card(run))
        return folder
    settings = jambatalk_face.JambaTalkSettings(
        encoder=encoder_config(run.paper["encoder"]),
        decoder=JambaTalkConfig(**run.decoder),
        styles=run.styles,
        topology=talking_head_face.topology(run.decoder["outputs"] // 3),
    )
    return jambatalk_face.save(folder, model.decoder, settings, _card(run))


def _card(run: Run) -> str:
    """The model card."""
    return _CARD.format(
        dataset=run.dataset,
        arrangement=run.decoder["arrangement"],
        form="autoregressive" if run.paper["autoregressive"] else "one-shot",
        fps=run.decoder["fps"],
        vertices=run.decoder["outputs"] // 3,
        encoder=run.paper["encoder"],
        tuning="trained along" if run.speech else "frozen",
        styles=", ".join(run.styles),
    )
