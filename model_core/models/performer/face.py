"""A model that has the styles of performers besides its own, which stay what they are.

The model is in the same folder, file for file: its weights, its encoder and its graphs. What is
added is one small file, so it runs wherever the model does, with torch or without.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from ...base.archives import DAMAGED
from ...base.arrays import Array
from ...base.errors import UserError
from ...base.files import atomic_folder, atomic_path
from ...engine.choice import Runtime
from ...motion.motion import Motion
from ...speech.audio import Samples
from ..checkpoint import (
    CARD_FILE,
    CHECKPOINT_FILES,
    CONFIG_FILE,
    PERFORMERS_FILE,
    Checkpoint,
    Config,
    load_checkpoint,
    manifest_files,
    write_config,
    write_manifest,
)
from ..face_model import FaceModel, StreamState
from ..registry import PERFORMER, load_model
from .style import REACH, TAPS, PerformerStyle, performed

_REPLACED = {CONFIG_FILE, CARD_FILE, PERFORMERS_FILE}
"""Files of a model that one with performers has of its own."""


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
        base, shares = self.shared(mixture)
        outputs = self.model.stream(chunks, base, state)
        if not any(shares):
            yield from outputs
            return
        around = self.around(shares)
        for block in outputs:
            told = around.add(block)
            if len(told):
                yield told
        last = around.end()
        if len(last):
            yield last

    def shared(self, mixture: Sequence[float]) -> tuple[list[float], list[float]]:
        """Return the shares of the model's own styles, and those of the performers.

        Performers move by the model's first style, which has their shares too.
        """
        own = len(self.model.styles)
        shares = list(mixture[own:])
        return [mixture[0] + sum(shares), *mixture[1:own]], shares

    def motion(self, outputs: Array) -> Motion:
        """Return outputs (T, K) of consecutive frames as the model's motion."""
        return self.model.motion(outputs)

    def around(self, shares: Sequence[float]) -> "Neighbours":
        """Return what moves the model's outputs as performers do."""
        known = self.performers
        styles = list(known.styles.values())
        return Neighbours(
            lambda rows: performed(self.model.motion(rows), known.names, styles, shares).weights
        )


class Neighbours:
    """Performs blocks of frames (n, K), each with the frames around it that a style depends on.

    Args:
        perform: returns the weights (T, K) of consecutive outputs (T, K).
    """

    def __init__(self, perform: Callable[[Array], Array]) -> None:
        self._perform, self._told = perform, 0
        self._held: Array | None = None

    def add(self, block: Array) -> Array:
        """Take the next frames; return those (m, K) that are whole now."""
        held = block if self._held is None else np.concatenate([self._held, block])
        new = slice(self._told, max(self._told, len(held) - REACH))
        passed = max(0, new.stop - REACH)
        self._held, self._told = held[passed:], new.stop - passed
        return self._performed(held, new)

    def end(self) -> Array:
        """Return the frames (m, K) that are left."""
        held = np.empty((0, 0), np.float32) if self._held is None else self._held
        return self._performed(held, slice(self._told, len(held)))

    def _performed(self, rows: Array, new: slice) -> Array:
        return self._perform(rows)[new] if new.stop > new.start else rows[:0]


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
    """Write a copy of a checkpoint with performers instead of those it has, whole or not at all.

    What else lies in a folder that is replaced stays there.

    Args:
        folder: where; may be the source's own.
        source: the model.
        performers: all that there shall be.
        card: the model card, Markdown.

    Raises:
        UserError: it cannot be written.
    """
    root, own = Path(folder), own_config(source)
    styles = [*own["styles"], *performers.styles]
    added = {"performers": list(performers.styles), "names": list(performers.names)}
    with atomic_folder(root) as made:
        if root.exists():
            shutil.copytree(root, made, dirs_exist_ok=True, ignore=_own_files(root))
        for name in manifest_files(source.folder).keys() - _REPLACED:
            shutil.copyfile(source.folder / name, made / name)
        write_config(made, {"kind": PERFORMER, "styles": styles, **added, "model": own})
        performers.save(made)
        (made / CARD_FILE).write_text(card, encoding="utf-8")
        write_manifest(made)
    return load_checkpoint(root)


def _own_files(root: Path) -> Callable[[str, list[str]], list[str]]:
    """Return what tells `shutil.copytree` which files of a folder are a checkpoint's."""
    return lambda folder, _: [*CHECKPOINT_FILES] if Path(folder) == root else []
