"""The model card of a GLDiTalker."""

from ...models.glditalker.face import GLDiTalkerSettings

_CARD = """# GLDiTalker trained on {dataset}

{fps:g} frames a second, {vertices} vertices, {space}; speech encoder {encoder}, frozen. Each seed
and take is another performance, drawn in {draws} steps. Styles: {styles}.

The weights are under the terms of their training data: VOCASET and BIWI allow non-commercial
research only.
"""


def card(dataset: str, settings: GLDiTalkerSettings) -> str:
    """Return the card, as Markdown."""
    model = settings.model
    space = "diffused without a quantised space"
    if model.space is not None:
        rows = ", ".join(map(str, model.space.rows))
        graph = f"spirals over {rows} of them" if rows else "no graph"
        space = f"{graph}, {model.space.parts} of {model.space.codes} codes a frame"
    return _CARD.format(
        dataset=dataset,
        fps=model.fps,
        vertices=model.vertices,
        space=space,
        encoder=settings.encoder.source or settings.encoder.kind,
        draws=model.draws,
        styles=", ".join(settings.styles),
    )
