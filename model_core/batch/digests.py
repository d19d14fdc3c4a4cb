"""SHA-256 of what a job is made from and of what it made."""

import hashlib
import json
import os
from pathlib import Path

from ..base.assets import DEFAULT_CHECKPOINT
from ..base.errors import UserError

_MANIFEST, _CARD = "manifest.json", "README.md"  # of a checkpoint

_known: dict[tuple[object, ...], str] = {}


def of_file(path: Path) -> str:
    """Return a file's digest; it is read again only when it is another or has changed.

    Raises:
        UserError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            # A restored or copied file may have any time, but not all of these.
            state = (
                found.st_dev,
                found.st_ino,
                found.st_size,
                found.st_mtime_ns,
                found.st_ctime_ns,
            )
            if state not in _known:
                _known[state] = hashlib.file_digest(file, "sha256").hexdigest()
            return _known[state]
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}).") from error


def of_values(values: object) -> str:
    """Return the digest of what JSON can hold."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def of_model(checkpoint: Path | None) -> str:
    """Return the digest of a trained model's files but for its card; nothing where there is none.

    The worker checks the files against the manifest, so that need not be done here.
    """
    manifest = (checkpoint or DEFAULT_CHECKPOINT) / _MANIFEST
    try:
        files = dict(json.loads(manifest.read_text("utf-8"))["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    files.pop(_CARD, None)
    return of_values(files)
