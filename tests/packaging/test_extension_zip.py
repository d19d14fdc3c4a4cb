"""What goes into a platform's zip; `build.py package` has Blender's own tool validate it."""

import shutil
import tomllib
import zipfile
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


def test_a_manifest_with_wheels_stays_valid(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    name = "soxr-1.1.0-cp312-abi3-win_amd64.whl"
    (store / name).write_bytes(b"wheel")
    root = tmp_path / "root"
    root.mkdir()
    shutil.copy(ROOT / "blender_manifest.toml", root)
    before = tomllib.loads((root / "blender_manifest.toml").read_text(encoding="utf-8"))
    extension_zip._add_wheels(root, [store / name], ["windows-x64"])
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


def torch_wheel(folder: Path, python: str, version: str = "2.13.0+cpu") -> Path:
    path = folder / f"torch-{version}-{python}-{python}-manylinux_2_28_x86_64.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("torch/version.py", "")
    return path


def test_torch_for_linux_comes_from_a_folder(tmp_path: Path) -> None:
    with pytest.raises(PackagingError, match="pip download torch=="):
        extension_zip.cpu_torch(None)
    torch_wheel(tmp_path, "cp311", "2.13.0")  # the CUDA build
    torch_wheel(tmp_path, "cp311", "2.12.0+cpu")
    torch_wheel(tmp_path, "cp312")
    with pytest.raises(PackagingError, match=r"has no torch-2\.13\.0\+cpu"):
        extension_zip.cpu_torch(tmp_path)
    newer = torch_wheel(tmp_path, "cp313")
    assert extension_zip.cpu_torch(tmp_path) == {"cp313": newer}
    older = torch_wheel(tmp_path, "cp311")
    assert list(extension_zip.cpu_torch(tmp_path).items()) == [("cp311", older), ("cp313", newer)]
    older.write_bytes(older.read_bytes()[:50])
    with pytest.raises(PackagingError, match="damaged"):
        extension_zip.cpu_torch(tmp_path)


def test_no_library_of_cuda_goes_beside_the_other_torch() -> None:
    locked = extension_zip._beside_torch(["cp311"], "linux-x64")
    assert not any("cp313" in wheel["filename"] for wheel in locked)
    packages = {wheel["filename"].split("-")[0] for wheel in locked}
    needed = {"sympy", "mpmath", "networkx", "jinja2", "markupsafe", "fsspec", "filelock"}
    assert needed | {"safetensors", "setuptools", "soundfile", "soxr", "cffi"} <= packages
    assert not any(n.startswith(("cuda", "nvidia", "triton", "torch")) for n in packages)


@pytest.mark.parametrize(
    ("pythons", "span"),
    [
        (["cp311"], ("4.2.0", "5.1.0")),
        (["cp313"], ("5.1.0", "6.0.0")),
        (["cp311", "cp313"], ("4.2.0", None)),
    ],
)
def test_a_zip_for_one_python_names_its_blenders(
    tmp_path: Path, pythons: list[str], span: tuple[str, str | None]
) -> None:
    shutil.copy(ROOT / "blender_manifest.toml", tmp_path)
    extension_zip._limit_blenders(tmp_path, pythons)
    manifest = tomllib.loads((tmp_path / "blender_manifest.toml").read_text(encoding="utf-8"))
    found = (manifest["blender_version_min"], manifest.get("blender_version_max"))
    assert found == span
    assert manifest["permissions"]["files"]


def test_a_zip_that_is_too_large_is_told(tmp_path: Path) -> None:
    package = tmp_path / "big.zip"
    with package.open("wb") as file:
        file.truncate(extension_zip.LIMIT_BYTES["plain"] + 1)
    with pytest.raises(PackagingError, match="too many"):
        extension_zip.check_size(package, "plain")
