"""The installer against a server that behaves and misbehaves as real networks do."""

import dataclasses
import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.jambatalk_root import addon_module

installer = addon_module("installer.install")
variants = addon_module("installer.variants")
UserError = installer.UserError
NAMES = ("alpha", "beta", "gamma")


class StopError(Exception):
    """Raised by a progress report, as cancelling does."""


def wheel_bytes(name: str) -> bytes:
    """Return a wheel with one module of incompressible bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        noise = random.Random(name).randbytes(600_000).hex()
        archive.writestr(f"{name}.py", f"NAME = {name!r}\nNOISE = {noise!r}\n")
        archive.writestr(f"{name}-1.0.dist-info/METADATA", f"Name: {name}\n")
    return file.getvalue()


class Server:
    """Serves wheels, and counts the bytes it sent."""

    def __init__(self) -> None:
        self.files = {f"/{name}-1.0-py3-none-any.whl": wheel_bytes(name) for name in NAMES}
        self.status: int | None = None  # answer everything with this
        self.cut = False  # end every connection in the middle
        self.sent = 0
        handler = type("Handler", (_Handler,), {"owner": self})
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.http.server_port}"

    def variant(self) -> Any:
        wheels = []
        for path, data in self.files.items():
            digest = hashlib.sha256(data).hexdigest()
            wheels.append(variants.Wheel(path[1:], self.address + path, digest, len(data)))
        return variants.Variant("light", "three letters", tuple(wheels))


class _Handler(BaseHTTPRequestHandler):
    owner: Server

    def do_GET(self) -> None:
        data = self.owner.files[self.path[self.path.rindex("/") :]]
        begin = int(self.headers.get("Range", "bytes=0-")[6:-1])
        if self.owner.status is not None or begin >= len(data):
            self.send_error(self.owner.status or 416)
            return
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(data) - begin))
        self.end_headers()
        end = (begin + len(data)) // 2 if self.owner.cut else len(data)
        self.wfile.write(data[begin:end])
        self.owner.sent += end - begin

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.http.shutdown()
    server.http.server_close()


def quiet(_fraction: float, _message: str) -> None:
    """Take no notice of progress."""


def test_the_environment_runs_what_was_installed(server: Server, tmp_path: Path) -> None:
    shares: list[float] = []
    python = installer.install(
        server.variant(), tmp_path / "runtime", lambda share, _: shares.append(share)
    )
    code = "import alpha, beta, gamma; print(alpha.NAME, beta.NAME, gamma.NAME)"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == list(NAMES)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "runtime"]
    installer.remove(tmp_path / "runtime")
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_a_newer_runtime_replaces_the_older(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "runtime"
    installer.install(server.variant(), folder, quiet)
    (folder / "older").touch()
    installer.install(server.variant(), folder, quiet)
    assert not (folder / "older").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "runtime"]


@pytest.fixture
def other(server: Server, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process in the middle of installing into the folder "runtime"."""
    script = Path(__file__).with_name("install_process.py")
    process = subprocess.Popen(
        [sys.executable, script, tmp_path / "runtime"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    wheels = [dataclasses.asdict(wheel) for wheel in server.variant().wheels]
    process.stdin.write(json.dumps(wheels) + "\n")
    process.stdin.flush()
    assert process.stdout.readline() == "under way\n"
    yield process
    process.kill()
    process.communicate()


def test_of_two_that_install_one_is_refused(
    server: Server, tmp_path: Path, other: subprocess.Popen[str]
) -> None:
    folder = tmp_path / "runtime"
    for _ in range(2):
        with pytest.raises(UserError, match="Another Blender is installing"):
            installer.install(server.variant(), folder, quiet)
        with pytest.raises(UserError, match="Another Blender is installing"):
            installer.remove(folder)
    told, _ = other.communicate("go on\n", timeout=60)
    assert told.strip() == str(installer.venv_python(folder))
    assert installer.install(server.variant(), folder, quiet) == installer.venv_python(folder)


def test_one_that_was_killed_holds_up_nobody(
    server: Server, tmp_path: Path, other: subprocess.Popen[str]
) -> None:
    folder = tmp_path / "runtime"
    other.kill()
    other.wait(timeout=60)
    assert (tmp_path / "lock").exists()
    assert not folder.exists()
    installer.install(server.variant(), folder, quiet)
    installer.remove(folder)
    assert not installer.owned(folder)


def test_stopped_anywhere_it_goes_on_from_there(server: Server, tmp_path: Path) -> None:
    source, folder = random.Random(4), tmp_path / "runtime"
    for limit in sorted(source.random() for _ in range(5)):

        def stop(share: float, _message: str, limit: float = limit) -> None:
            if share > limit:
                raise StopError

        with pytest.raises(StopError):
            installer.install(server.variant(), folder, stop)
        assert not folder.exists()
    installer.install(server.variant(), folder, quiet)
    assert folder.exists()
    total = sum(map(len, server.files.values()))
    assert server.sent < 2.5 * total  # six runs from the start would send six times as much


def test_a_connection_that_breaks_is_told_and_resumed(server: Server, tmp_path: Path) -> None:
    server.cut = True
    with pytest.raises(UserError, match="broke off"):
        installer.install(server.variant(), tmp_path / "runtime", quiet)
    kept = sum(path.stat().st_size for path in (tmp_path / "downloads").iterdir())
    assert kept > 0
    server.cut = False
    installer.install(server.variant(), tmp_path / "runtime", quiet)
    assert server.sent == sum(map(len, server.files.values()))


def test_another_file_than_locked_is_refused(server: Server, tmp_path: Path) -> None:
    variant = server.variant()
    server.files[f"/{variant.wheels[1].filename}"] = wheel_bytes("evil")
    with pytest.raises(UserError, match="damaged"):
        installer.install(variant, tmp_path / "runtime", quiet)
    assert not (tmp_path / "runtime").exists()
    names = [path.name for path in (tmp_path / "downloads").iterdir()]
    assert names == [variant.wheels[0].filename]


@pytest.mark.parametrize(("status", "words"), [(404, "answered 404"), (503, "answered 503")])
def test_a_server_that_refuses(server: Server, tmp_path: Path, status: int, words: str) -> None:
    server.status = status
    with pytest.raises(UserError, match=words):
        installer.install(server.variant(), tmp_path / "runtime", quiet)


def test_a_proxy_that_wants_a_password(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.address)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    server.status = 407
    with pytest.raises(UserError, match="proxy asks for a password"):
        installer.install(server.variant(), tmp_path / "runtime", quiet)


def test_no_network(server: Server, tmp_path: Path) -> None:
    variant = server.variant()
    server.http.shutdown()
    server.http.server_close()
    with pytest.raises(UserError, match="cannot be reached"):
        installer.install(variant, tmp_path / "runtime", quiet)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_disk_that_fills_up(server: Server, tmp_path: Path) -> None:
    variant = server.variant()
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / f"{variant.wheels[0].filename}.part").symlink_to("/dev/full")
    with pytest.raises(UserError, match=r"disk of .* is full"):
        installer.install(variant, tmp_path / "runtime", quiet)


def test_too_little_room_is_told_before_the_download(server: Server, tmp_path: Path) -> None:
    big = variants.Wheel("big-1.0-py3-none-any.whl", server.address, "", 1 << 60)
    with pytest.raises(UserError, match="make room"):
        installer.install(
            variants.Variant("torch", "too much", (big,)), tmp_path / "runtime", quiet
        )
    assert server.sent == 0


def test_what_is_downloaded_already_needs_no_room_again(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(share: float, _message: str) -> None:
        if share >= 0.8:
            raise StopError

    variant, folder = server.variant(), tmp_path / "runtime"
    with pytest.raises(StopError):
        installer.install(variant, folder, stop)
    assert not (tmp_path / "partial").exists()
    usage = shutil.disk_usage(tmp_path)._replace(free=3 * variant.size)
    monkeypatch.setattr(installer.shutil, "disk_usage", lambda _path: usage)
    installer.install(variant, folder, quiet)
    installer.remove(folder)
    with pytest.raises(UserError, match="make room"):
        installer.install(variant, folder, quiet)


def test_a_folder_that_cannot_be_made(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match="cannot be written"):
        installer.install(server.variant(), tmp_path / "file" / "runtime", quiet)


def test_a_python_that_is_none(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot make an environment"):
        installer.install(
            server.variant(), tmp_path / "runtime", quiet, base=tmp_path / "python3.9"
        )


def test_a_folder_of_wheels_needs_no_network(server: Server, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for path, data in list(server.files.items())[:2]:
        (wheels / path[1:]).write_bytes(data)
    with pytest.raises(UserError, match=r"lacks gamma-1\.0"):
        installer.install(server.variant(), tmp_path / "runtime", quiet, offline=wheels)
    path, data = list(server.files.items())[2]
    (wheels / path[1:]).write_bytes(data)
    installer.install(server.variant(), tmp_path / "runtime", quiet, offline=wheels)
    assert server.sent == 0


def test_every_blender_is_offered_a_runtime() -> None:
    for platform in ("linux-x64", "windows-x64", "macos-arm64"):
        for python in ((3, 11), (3, 13)):
            offered = variants.variants(variants.Target(platform, python))
            for variant in offered:
                packages = [wheel.filename.split("-")[0] for wheel in variant.wheels]
                assert sorted(packages) == sorted(set(packages))
            light = next(variant for variant in offered if variant.name == "light")
            packages = [wheel.filename.split("-")[0] for wheel in light.wheels]
            assert {"onnxruntime", "soundfile", "soxr", "cffi", "numpy"} <= set(packages)
            assert 20e6 < light.size < 80e6
            assert all(wheel.url.startswith("https://") for wheel in light.wheels)
    with pytest.raises(UserError, match=r"no runtime for Python 3\.9"):
        variants.variants(variants.Target("linux-x64", (3, 9)))
    with pytest.raises(UserError, match="no runtime"):
        variants.variants(variants.Target("haiku-x64", sys.version_info[:2]))


@pytest.mark.skipif(
    os.environ.get("JAMBATALK_NETWORK") != "1", reason="downloads 40 MB; JAMBATALK_NETWORK=1"
)
def test_the_real_light_runtime(tmp_path: Path) -> None:
    target = variants.this_target()
    light = next(v for v in variants.variants(target) if v.name == "light")
    python = installer.install(light, tmp_path / "runtime", quiet)
    code = "import numpy, onnxruntime, soundfile, soxr; print(onnxruntime.__version__)"
    assert subprocess.run([python, "-c", code], check=False).returncode == 0
