"""Trained models on disk: a folder of weights, settings, hashes and a model card.

``config.json`` holds the settings, ``model.safetensors`` the weights, ``encoder.safetensors``
those of a speech encoder that ships along, ``decoder.onnx`` and ``encoder.onnx`` the same networks
as graphs for onnxruntime, which refer to these weights, ``performers.npz`` what performers do
differently, ``README.md`` the model card, and ``manifest.json`` the size and SHA-256 of each of
them. No code in a checkpoint is run.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.assets import DEFAULT_CHECKPOINT, ENCODER_FILE, ENCODER_GRAPH
from ..base.errors import UserError
from ..base.files import atomic_path

if TYPE_CHECKING:
    import torch
    from torch import Tensor

FORMAT = 1

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
DECODER_GRAPH = "decoder.onnx"
EARS_GRAPH = "ears.onnx"
DENOISER_GRAPH = "denoiser.onnx"
SPACE_GRAPH = "space.onnx"
GRAPHS = (DECODER_GRAPH, ENCODER_GRAPH, EARS_GRAPH, DENOISER_GRAPH, SPACE_GRAPH)
PERFORMERS_FILE = "performers.npz"
MANIFEST_FILE = "manifest.json"
CARD_FILE = "README.md"
CHECKPOINT_FILES = (
    WEIGHTS_FILE,
    CONFIG_FILE,
    CARD_FILE,
    ENCODER_FILE,
    PERFORMERS_FILE,
    *GRAPHS,
    MANIFEST_FILE,
)

Config = dict[str, Any]


@dataclass(frozen=True)
class Checkpoint:
    """A folder whose files are all there and unchanged.

    Attributes:
        folder: where it is.
        config: its settings; ``kind`` names the model that reads the others.
    """

    folder: Path
    config: Config

    def fill(self, model: "torch.nn.Module") -> None:
        """Load the weights into a model made from the settings.

        Raises:
            UserError: they do not fit the settings.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            stored = load_file(self.folder / WEIGHTS_FILE)
            model.load_state_dict({name: value.float() for name, value in stored.items()})
        except (SafetensorError, RuntimeError, OSError) as error:
            raise UserError(
                f"The weights in {self.folder} do not fit its {CONFIG_FILE}; get the model again."
            ) from error


def save_checkpoint(
    folder: str | os.PathLike[str],
    config: Mapping[str, Any],
    weights: Mapping[str, "Tensor"],
    *,
    card: str,
    encoder_weights: Path | None = None,
    half: bool = False,
) -> Path:
    """Write a checkpoint, its manifest last, so that an interrupted one is never taken for whole.

    Args:
        folder: where; files of an older checkpoint there are replaced, its graphs removed.
        config: settings that JSON can hold, with ``kind``; the format's number is added.
        weights: the model's state.
        card: what the model is, as Markdown.
        encoder_weights: a speech encoder's file to ship along.
        half: keep matrices in half precision, which halves the file; they run in single.

    Returns:
        The folder.

    Raises:
        UserError: it cannot be written.
    """
    from safetensors.torch import save_file

    root = Path(folder)
    for name in (MANIFEST_FILE, PERFORMERS_FILE, *GRAPHS):
        (root / name).unlink(missing_ok=True)
    with atomic_path(root / WEIGHTS_FILE) as path:
        save_file({name: _stored(value, half) for name, value in weights.items()}, path)
    write_config(root, config)
    with atomic_path(root / CARD_FILE) as path:
        path.write_text(card, encoding="utf-8")
    if encoder_weights is not None and encoder_weights.resolve() != (root / ENCODER_FILE).resolve():
        with atomic_path(root / ENCODER_FILE) as path:
            shutil.copyfile(encoder_weights, path)
    write_manifest(root)
    return root


def _stored(value: "Tensor", half: bool) -> "Tensor":
    """Return a weight as it is written."""
    plain = value.detach().cpu().contiguous()
    return plain.half() if half and plain.ndim > 1 else plain


def write_manifest(folder: Path) -> None:
    """Record the size and SHA-256 of every file of a checkpoint as it is now."""
    names = (name for name in CHECKPOINT_FILES if name != MANIFEST_FILE)
    files = {name: described(folder / name) for name in names if (folder / name).exists()}
    _write_json(folder / MANIFEST_FILE, {"format": FORMAT, "files": files})


def write_config(folder: Path, config: Mapping[str, Any]) -> None:
    """Write a checkpoint's settings; the format's number is added."""
    _write_json(folder / CONFIG_FILE, {"format": FORMAT, **config})


def load_checkpoint(folder: str | os.PathLike[str] = DEFAULT_CHECKPOINT) -> Checkpoint:
    """Check a checkpoint's files against its manifest and read its settings.

    Raises:
        UserError: there is none, it is of a newer format, or a file is missing or changed.
    """
    root = Path(folder)
    if not (root / MANIFEST_FILE).is_file():
        raise UserError(f"There is no model in {root}: it has no {MANIFEST_FILE}.")
    for name, expected in manifest_files(root).items():
        _check(root, name, expected)
    return Checkpoint(root, read_config(root))


def manifest_files(root: Path) -> dict[str, Any]:
    """Return the files that a checkpoint's manifest lists, and what it says of each.

    Raises:
        UserError: it lists none.
    """
    files = _read_json(root / MANIFEST_FILE).get("files")
    if not isinstance(files, dict) or not {WEIGHTS_FILE, CONFIG_FILE} <= files.keys():
        raise UserError(f"{root / MANIFEST_FILE} does not list the model's files.")
    return files


def read_config(folder: Path) -> Config:
    """Return a checkpoint's settings without reading its weights.

    Raises:
        UserError: they are missing, damaged or of a newer format.
    """
    config = _read_json(folder / CONFIG_FILE)
    if config.get("format") != FORMAT:
        raise UserError(
            f"The model in {folder} has format {config.get('format')}, not {FORMAT}; "
            "get a model made for this version."
        )
    return config


def _check(root: Path, name: str, expected: object) -> None:
    """Raise `UserError` unless a file is as the manifest says."""
    if Path(name).name != name:
        raise UserError(f"{root / MANIFEST_FILE} names {name!r}, which is outside the model.")
    if not (root / name).is_file():
        raise UserError(f"The model in {root} lacks {name}; get it again.")
    if described(root / name) != expected:
        raise UserError(f"{root / name} is damaged or was changed; get the model again.")


def described(path: Path) -> dict[str, Any]:
    """Return a file's size and SHA-256, as a manifest tells them."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"size": path.stat().st_size, "sha256": digest}


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read; get the model again.") from error
    if not isinstance(content, dict):
        raise UserError(f"{path} does not hold settings; get the model again.")
    return content


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
