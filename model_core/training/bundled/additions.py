"""What heads that are added to a finished model have in common: all else of it stays as it is."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...base.assets import ENCODER_FILE, ENCODER_GRAPH
from ...models.checkpoint import CARD_FILE, load_checkpoint, write_manifest
from ...models.jambatalk.export import export_graphs
from ...models.jambatalk.face import JambaTalkSettings, save
from ...models.jambatalk.network import JambaTalk

_SECTION = "\n## "


def enlarged(model: JambaTalk, head: str, **sizes: Any) -> JambaTalk:
    """Return a model with other sizes, whose head of that name is fresh whatever it had."""
    made = JambaTalk(replace(model.config, **sizes))
    weights = model.state_dict().items()
    kept = {name: value for name, value in weights if not name.startswith(f"{head}.")}
    made.load_state_dict(kept, strict=False)
    return made.eval()


def save_addition(
    before: Path, model: JambaTalk, settings: JambaTalkSettings, section: str, folder: Path
) -> Path:
    """Write a model with what was added to it, its graphs, and a card that tells of it.

    Args:
        before: folder of the checkpoint that something was added to.
        model: with its addition.
        settings: with the shapes' names; the sizes are the model's own.
        section: of the card, from its heading on; one of that heading is replaced.
        folder: where.

    Returns:
        The folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    card = with_section((before / CARD_FILE).read_text(encoding="utf-8"), section)
    fitted = replace(settings, decoder=model.config)
    save(folder, model, fitted, card, encoder_weights=None, half=True)
    export_graphs(load_checkpoint(folder))
    for name in (ENCODER_FILE, ENCODER_GRAPH):  # as they were
        shutil.copyfile(before / name, folder / name)
    write_manifest(folder)
    return folder


def with_section(card: str, section: str) -> str:
    """Return a card whose last section is this one; another of the same heading is left out."""
    heading = section.splitlines()[0].removeprefix("## ")
    first, *others = card.split(_SECTION)
    kept = [each for each in others if each.splitlines()[0] != heading]
    parts = [first, *(f"## {each}" for each in kept), section]
    return "\n\n".join(part.strip() for part in parts) + "\n"
