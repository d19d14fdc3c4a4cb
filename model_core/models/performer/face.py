"""A model that has the styles of performers besides its own, which stay what they are.

The model is in the same folder, file for file: its weights, its encoder and its graphs. What is
added is one small file, so it runs wherever the model does, with torch or without.
"""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from ...base.archives import DAMAGED
from ...base.arrays import Array
from ...base.assets import ENCODER_FILE
from ...base.errors import UserError
from ...base.files import atomic_path
from ...engine.choice import Runtime
from ...motion.motion import Motion
from ...speech.audio import Samples
from ..checkpoint import (
    CARD_FILE,
    CONFIG_FILE,
    GRAPHS,
    MANIFEST_FILE,
    PERFORMERS_FILE,
    Checkpoint,
    Config,
    described,
    load_checkpoint,
    manifest_files,
    write_config,
    write_manifest,
)
from ..face_model import FaceModel, StreamState
from ..registry import PERFORMER, load_model
from .style import REACH, TAPS, PerformerStyle, performed


@dataclass(frozen=True)
class Performers:
    """The performers of a checkpoint.

    Attributes:
        names: of the shapes that their styles map.
        styles: by what each is called.
    """

    names: tuple[str, ...]
    styles: Mapping[str, PerformerStyle]

    @classmethod
    def read(cls, checkpoint: Checkpoint) -> Self:
        """Read those of a checkpoint; none of one that is of another kind.

        Raises:
            UserError: their file is missing or damaged.
        """
        if checkpoint.config.get("kind") != PERFORMER:
            return cls((), {})
        try:
            names = tuple(checkpoint.config["names"])
            with np.load(checkpoint.folder / PERFORMERS_FILE, allow_pickle=False) as stored:
                matrices, offsets = stored["matrices"], stored["offsets"]
            called = checkpoint.config["performers"]
            shapes = (len(called), len(TAPS) * len(names), len(names))
            if matrices.shape != shapes or offsets.shape != shapes[::2]:
                raise ValueError
            styles = map(PerformerStyle, matrices, offsets)
            return cls(names, dict(zip(called, styles, strict=True)))
        except DAMAGED as error:
            raise UserError(
                f"The performers in {checkpoint.folder} do not fit its {CONFIG_FILE}; "
                "get the model again."
            ) from error

    def save(self, folder: Path) -> None:
        """Write their file."""
        styles = self.styles.values()
        with atomic_path(folder / PERFORMERS_FILE) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                matrices=np.stack([style.matrix for style in styles]).astype(np.float32),
                offsets=np.stack([style.offset for style in styles]).astype(np.float32),
            )


class PerformedFace(FaceModel):
    """A model, and performers who move by it.

    Raises:
        UserError: a performer is called as one of the model's styles.
    """

    def __init__(self, model: FaceModel, performers: Performers) -> None:
        self.model, self.performers = model, performers
        self.styles = (*model.styles, *performers.styles)
        self.varies = model.varies
        if len(set(self.styles)) < len(self.styles):
            raise UserError(f"Two styles have one name among {', '.join(self.styles)}.")

    def stream(
        self, chunks: Iterable[Samples], mixture: Sequence[float], state: StreamState
    ) -> Iterator[Array]:
        """As of `FaceModel.stream`; with a performer's share, frames come 0.2 s later."""
        own = len(self.model.styles)
        shares = list(mixture[own:])
        base = [mixture[0] + sum(shares), *mixture[1:own]]  # they move by the first style
        outputs = self.model.stream(chunks, base, state)
        if not any(shares):
            yield from outputs
            return
        for held, new in _with_neighbours(outputs):
            yield self._performed(self.model.motion(held), shares).weights[new]

    def motion(self, outputs: Array) -> Motion:
        """Return outputs (T, K) of consecutive frames as the model's motion."""
        return self.model.motion(outputs)

    def _performed(self, motion: Motion, shares: Sequence[float]) -> Motion:
        known = self.performers
        return performed(motion, known.names, list(known.styles.values()), shares)


def _with_neighbours(blocks: Iterable[Array]) -> Iterator[tuple[Array, slice]]:
    """Regroup blocks (n, K) with the frames around them that a style depends on.

    Yields:
        Rows (n, K), and which of them are new.
    """
    held: Array | None = None
    told = 0
    for block in blocks:
        held = block if held is None else np.concatenate([held, block])
        ready = len(held) - REACH
        if ready > told:
            yield held, slice(told, ready)
            passed = max(0, ready - REACH)
            held, told = held[passed:], ready - passed
    if held is not None:
        yield held, slice(told, len(held))


def load(checkpoint: Checkpoint, runtime: Runtime) -> PerformedFace:
    """Return the model of a checkpoint, computed by a runtime.

    Raises:
        UserError: settings, weights, encoder or performers are missing or damaged.
    """
    model = load_model(replace(checkpoint, config=own_config(checkpoint)), runtime)
    return PerformedFace(model, Performers.read(checkpoint))


def own_config(checkpoint: Checkpoint) -> Config:
    """Return the settings of a checkpoint's model without performers.

    Raises:
        UserError: there are none.
    """
    if checkpoint.config.get("kind") != PERFORMER:
        return checkpoint.config
    model = checkpoint.config.get("model")
    if not isinstance(model, dict) or model.get("kind") == PERFORMER:
        raise UserError(f"{checkpoint.folder / CONFIG_FILE} names no model; get it again.")
    return model


def save(
    folder: str | os.PathLike[str], source: Checkpoint, performers: Performers, card: str
) -> Checkpoint:
    """Write a copy of a checkpoint with performers instead of those it has.

    Args:
        folder: where; may be the source's own.
        source: the model.
        performers: all that there shall be.
        card: the model card, Markdown.

    Raises:
        UserError: it cannot be written.
    """
    root, own = Path(folder), own_config(source)
    files = manifest_files(source.folder)
    root.mkdir(parents=True, exist_ok=True)
    (root / MANIFEST_FILE).unlink(missing_ok=True)  # so that what is begun is not taken for whole
    if root.resolve() != source.folder.resolve():
        _copy_model(source.folder, root, files)
    styles = [*own["styles"], *performers.styles]
    added = {"performers": list(performers.styles), "names": list(performers.names)}
    write_config(root, {"kind": PERFORMER, "styles": styles, **added, "model": own})
    performers.save(root)
    with atomic_path(root / CARD_FILE) as temporary:
        temporary.write_text(card, encoding="utf-8")
    write_manifest(root)
    return load_checkpoint(root)


def _copy_model(source: Path, root: Path, files: Config) -> None:
    """Copy a model's files that are to stay the same, and remove those that only another has.

    Args:
        source: where they are.
        root: where they go; those that are there already stay.
        files: what the source's manifest says of each.
    """
    for name in {ENCODER_FILE, *GRAPHS} - files.keys():
        (root / name).unlink(missing_ok=True)
    for name in files.keys() - {CONFIG_FILE, CARD_FILE, PERFORMERS_FILE}:
        if not (root / name).is_file() or described(root / name) != files[name]:
            with atomic_path(root / name) as temporary:
                shutil.copyfile(source / name, temporary)
