"""What goes into a platform's zip; `build.py package` has Blender's own tool validate it."""

import hashlib
import shutil
import tomllib
from pathlib import Path

import pytest

from tools import extension_zip
from tools.extension_zip import PLATFORMS, PackagingError, fetch, locked_wheels

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_platform_has_the_light_runtime_for_each_blender(platform: str) -> None:
    names = [wheel["filename"] for wheel in locked_wheels("light", platform)]
    for python in ("cp311", "cp313"):
        for package in ("onnxruntime", "cffi"):
            assert len([n for n in names if n.startswith(package) and f"-{python}-" in n]) == 1
    assert any(name.startswith("soxr-") and "-abi3-" in name for name in names)  # 3.12 and on
    assert any(name.startswith("soundfile-") for name in names)
    assert not any(name.startswith("numpy-") for name in names)  # Blender has it
    other = {"linux-x64": "win_", "windows-x64": "manylinux", "macos-arm64": "manylinux"}
    assert not any(other[platform] in name for name in names)


def test_the_wheels_of_a_zip_stay_under_its_limit() -> None:
    for platform in PLATFORMS:
        size = sum(wheel["size"] for wheel in locked_wheels("light", platform))
        assert size + 30e6 < extension_zip.LIMIT_BYTES["light"]


def test_a_manifest_with_wheels_stays_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    store.mkdir()
    name = "soxr-1.1.0-cp312-abi3-win_amd64.whl"
    (store / name).write_bytes(b"wheel")
    wheel = {"filename": name, "url": "", "sha256": hashlib.sha256(b"wheel").hexdigest()}
    monkeypatch.setattr(extension_zip, "WHEELS", store)
    root = tmp_path / "root"
    root.mkdir()
    shutil.copy(ROOT / "blender_manifest.toml", root)
    before = tomllib.loads((root / "blender_manifest.toml").read_text(encoding="utf-8"))
    extension_zip._add_wheels(root, [wheel], ["windows-x64"])
    after = tomllib.loads((root / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert after.pop("platforms") == ["windows-x64"]
    assert after.pop("wheels") == [f"./wheels/{name}"]
    assert after == before
    assert (root / "wheels" / name).read_bytes() == b"wheel"


def test_another_file_than_locked_is_not_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extension_zip, "WHEELS", tmp_path)
    (tmp_path / "x.whl").write_bytes(b"evil")
    with pytest.raises(PackagingError, match="not the file"):
        fetch({"filename": "x.whl", "url": "", "sha256": "0" * 64})
    assert not (tmp_path / "x.whl").exists()


def test_a_zip_that_is_too_large_is_told(tmp_path: Path) -> None:
    package = tmp_path / "big.zip"
    with package.open("wb") as file:
        file.truncate(extension_zip.LIMIT_BYTES["plain"] + 1)
    with pytest.raises(PackagingError, match="too many"):
        extension_zip.check_size(package, "plain")
