"""Run a batch in an add-on whose `BakeOptions` has one more field of each kind: SCENE JOBS OUT.json

Nothing else is told of the fields: the panel's settings, the command's flags, the columns of the
table and the worker's request have to know of them by themselves.
"""

import contextlib
import importlib
import io
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from jambatalk_addon.__main__ import load_extension

extension = load_extension()
options = importlib.import_module("jambatalk.model_core.performance.options")


@dataclass(frozen=True)
class MoreOptions(options.BakeOptions):
    """A later version's."""

    blink_rate: float = options.option(
        0.3, label="Blinks", text="How many blinks a second", low=0.1, high=0.7
    )
    takes: int = options.option(1, label="Takes", text="How many takes", low=1, high=9)
    mirrored: bool = options.option(False, label="Mirrored", text="Swap left and right")
    mood: str = options.option("", label="Mood", text="In which mood", word="temper")
    script: str = options.option("", label="Script", text="File of what is said", file=True)


options.BakeOptions = MoreOptions  # before anything else has taken it
extension.register()
try:
    scene, jobs, out = sys.argv[1:]
    cli = importlib.import_module("jambatalk.jambatalk_addon.headless.cli")
    panel = importlib.import_module("jambatalk.jambatalk_addon.panel.options")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        cli.run_command(["batch", "--help"])
    code = cli.run_command(["batch", jobs, "--takes", "3", "--mirrored", "--blenders", "0"])
    bpy.ops.wm.open_mainfile(filepath=scene)
    settings = bpy.context.scene.jambatalk
    settings.takes, settings.mood, settings.blink_rate = 4, "sad", 0.1
    held = panel.read(settings)
    told = {
        "code": code,
        "help": printed.getvalue(),
        "properties": {
            name: [each.type, each.name, each.description]
            for name, each in settings.bl_rna.properties.items()
            if name in options.options()
        },
        "bounds": [settings.bl_rna.properties["takes"].hard_min, held.takes],
        "held": held.own(),
    }
    Path(out).write_text(json.dumps(told), encoding="utf-8")
finally:
    extension.unregister()
sys.stdout.flush()
os._exit(0)  # the modules of 4.2 and 4.5 crash or hang in Python's own exit
