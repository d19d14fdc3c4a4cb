"""The runtime's buttons in the preferences."""

from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest
from helpers import Addon

PACKAGE = "bl_ext.user_default.jambatalk"


@pytest.fixture
def preferences(addon: Addon, scene: bpy.types.Scene) -> Iterator[bpy.types.AddonPreferences]:
    found = bpy.context.preferences.addons[PACKAGE].preferences
    yield found
    found.wheel_folder = ""


def test_installing_needs_online_access_or_a_folder(
    preferences: bpy.types.AddonPreferences, tmp_path: Path
) -> None:
    bpy.context.preferences.system.use_online_access = False
    assert not bpy.ops.jambatalk.install_runtime.poll()
    preferences.wheel_folder = str(tmp_path)
    assert bpy.ops.jambatalk.install_runtime.poll()
    assert not bpy.ops.jambatalk.remove_runtime.poll()
    assert not bpy.ops.jambatalk.cancel_installation.poll()


def test_a_folder_without_the_wheels_is_one_sentence(
    preferences: bpy.types.AddonPreferences, addon: Addon, tmp_path: Path
) -> None:
    preferences.wheel_folder = str(tmp_path)
    with pytest.raises(RuntimeError, match="lacks"):
        bpy.ops.jambatalk.install_runtime()
    job = addon("installer.operators").job()
    assert job.failed
    assert not job.running
    bpy.ops.jambatalk.remove_runtime()  # the folder of downloads
    assert not addon("worker.session").runtime_folder().exists()


def test_the_runtime_stays_as_it_is_while_a_bake_uses_it(
    preferences: bpy.types.AddonPreferences, addon: Addon, tmp_path: Path
) -> None:
    preferences.wheel_folder = str(tmp_path)
    status, folder = addon("bake.status").STATUS, addon("worker.session").runtime_folder()
    folder.mkdir(parents=True)
    status.start("Baking")
    try:
        assert not bpy.ops.jambatalk.install_runtime.poll()
        assert not bpy.ops.jambatalk.remove_runtime.poll()
    finally:
        status.finish("")
    assert bpy.ops.jambatalk.install_runtime.poll()
    assert bpy.ops.jambatalk.remove_runtime() == {"FINISHED"}
    assert not folder.exists()


def test_what_a_cancelled_installation_left_can_be_removed(
    preferences: bpy.types.AddonPreferences, addon: Addon
) -> None:
    downloads, _, _ = addon("installer.install").beside(addon("worker.session").runtime_folder())
    downloads.mkdir(parents=True)
    assert bpy.ops.jambatalk.remove_runtime() == {"FINISHED"}
    assert not downloads.exists()
    assert not bpy.ops.jambatalk.remove_runtime.poll()


def test_the_choice_shows_sizes(preferences: bpy.types.AddonPreferences, addon: Addon) -> None:
    items = addon("installer.panel").variant_items(None, None)
    assert "light" in [identifier for identifier, _, _ in items]
    assert all("MB" in label or "GB" in label for _, label, _ in items)


def test_the_test_button_predicts_and_says_what_runs(
    preferences: bpy.types.AddonPreferences, model_worker: None
) -> None:
    assert bpy.ops.jambatalk.test_worker() == {"FINISHED"}
    assert "2 s of speech in" in preferences.tested
    assert "torch" in preferences.tested or "onnxruntime" in preferences.tested
