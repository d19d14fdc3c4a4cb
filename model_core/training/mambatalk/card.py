"""The model card of a MambaTalk."""

from ...models.mambatalk.face import MambaTalkSettings

_CARD = """# MambaTalk's face trained on {data}

{fps:g} frames a second; {parts}; codes of {fold} frames. Speech through the encoder that ships.
Styles: {styles}. As a model (`--checkpoint`) it moves the mouth, one way for a sound; as life
(`--life-model`) it moves brows, eyes, lids and head, and each seed draws another performance.

What it learned of a corpus is what the articulation rules and the drawn life of this program do; of
a folder of motions, the weights are under the terms of these.
"""


def card(settings: MambaTalkSettings, data: str) -> str:
    """Return the card, as Markdown."""
    model = settings.model
    parts = ", ".join(
        f"{part}: {prior.channels} channels, {prior.groups} of {prior.codes} codes"
        for part, prior in model.priors.items()
    )
    return _CARD.format(
        data=data,
        fps=model.fps,
        parts=parts,
        fold=model.scans.fold,
        styles=", ".join(settings.styles),
    )
