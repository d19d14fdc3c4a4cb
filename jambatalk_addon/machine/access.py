"""Read the add-on's preferences, also where it runs without being installed."""

from dataclasses import dataclass

import bpy


@dataclass(frozen=True)
class MachineSettings:
    """What depends on this machine and not on the scene.

    Attributes:
        python: interpreter for the worker, or empty to look for one.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
    """

    python: str = ""
    device: str = "auto"


_device = ""  # chosen for this process, above the preferences


def use_device(device: str) -> None:
    """Run the model on a device from now on; if it is empty, on what the preferences say."""
    global _device  # noqa: PLW0603
    _device = device


def root_package() -> str:
    """Return the package Blender knows the add-on by."""
    return __package__.rsplit(".", 2)[0]


def own_preferences() -> bpy.types.AddonPreferences | None:
    """Return the add-on's preferences; None where it is not installed."""
    addon = bpy.context.preferences.addons.get(root_package())
    return addon.preferences if addon is not None else None


def settings() -> MachineSettings:
    """Return the preferences, or the defaults where the add-on is not installed."""
    own = own_preferences()
    if own is None:
        return MachineSettings(device=_device or MachineSettings.device)
    return MachineSettings(
        python=bpy.path.abspath(own.python) if own.python else "", device=_device or own.device
    )
