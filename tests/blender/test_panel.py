"""The panels show every option of a bake, made of its fields."""

import sys
from types import SimpleNamespace
from typing import Any

import bpy
import pytest
from helpers import Addon


class Layout:
    """Stands for Blender's own, of which there is none without a window: notes what is drawn."""

    def __init__(self, drawn: dict[str, "Layout"] | None = None) -> None:
        self.drawn: dict[str, Layout] = {} if drawn is None else drawn
        self.enabled = True
        self.shown: dict[str, Any] = {}

    def prop(self, settings: Any, name: str, **shown: Any) -> None:
        assert name in settings.bl_rna.properties
        assert name not in self.drawn, "drawn twice"
        self.shown = shown
        self.drawn[name] = self

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: Layout(self.drawn)


@pytest.fixture(autouse=True)
def no_sentences(addon: Addon, scene: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw none: their width is that of a window."""
    for panel in panels(addon).values():
        module = sys.modules[panel.__module__]
        monkeypatch.setattr(module, "draw_sentence", lambda *_: None, raising=False)


def panels(addon: Addon) -> dict[str, type]:
    """Return the panels of the sidebar that are registered, by name."""
    classes = addon("registration")._CLASSES
    return {each.__name__: each for each in classes if issubclass(each, bpy.types.Panel)}


def drawn(addon: Addon, panel: str) -> dict[str, Layout]:
    """Return what a panel shows of the scene's settings, by property."""
    layout = Layout()
    panels(addon)[panel].draw(SimpleNamespace(layout=layout), bpy.context)
    return layout.drawn


def test_every_option_is_shown_once(addon: Addon, scene: bpy.types.Scene) -> None:
    shown = [name for panel in panels(addon) for name in drawn(addon, panel)]
    assert len(shown) == len(set(shown))
    elsewhere = {"target", "shape_map"}  # where the mesh has keys of its own, see test_own_keys
    assert addon("panel.options").options().keys() - elsewhere <= set(shown)
    output = drawn(addon, "JAMBATALK_PT_output")
    assert list(output) == ["output", "curves", "tolerance_mm", "edits", "checkpoint"]


def test_numbers_between_bounds_are_sliders(addon: Addon, scene: bpy.types.Scene) -> None:
    assert drawn(addon, "JAMBATALK_PT_sidebar")["strength"].shown["slider"]
    assert not drawn(addon, "JAMBATALK_PT_output")["tolerance_mm"].shown["slider"]


def test_what_does_not_count_is_greyed_out(addon: Addon, scene: bpy.types.Scene) -> None:
    assert drawn(addon, "JAMBATALK_PT_output")["tolerance_mm"].enabled
    scene.jambatalk.output = "EXACT"
    assert not drawn(addon, "JAMBATALK_PT_output")["tolerance_mm"].enabled
    assert drawn(addon, "JAMBATALK_PT_output")["edits"].enabled


def test_a_report_tells_the_options_that_are_set_and_no_folders(
    addon: Addon, scene: bpy.types.Scene
) -> None:
    facts = addon("operator_base")._facts
    before = facts()
    scene.jambatalk.output, scene.jambatalk.checkpoint = "EXACT", "/films/secret"
    told = {name: value for name, value in facts().items() if name not in before}
    assert told == {"Output": "EXACT", "Model": "another"}


def test_life_is_greyed_with_a_reason(
    addon: Addon, scene: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, said = addon("panel.life_panel"), []
    monkeypatch.setattr(module, "draw_sentence", lambda _, __, text, ___: said.append(text))
    drawn(addon, "JAMBATALK_PT_life")
    assert said == [module.NO_LIFE]
    scene.jambatalk.life = 1.0
    life = drawn(addon, "JAMBATALK_PT_life")
    assert len(said) == 2 and said[1].startswith("The head stays still: choose")
    assert life["blinks_amount"].enabled and not life["head_amount"].enabled
    scene.jambatalk.head_object = bpy.data.objects.new("Neck", None)
    scene.jambatalk.brows = False
    life = drawn(addon, "JAMBATALK_PT_life")
    assert len(said) == 2
    assert life["head_amount"].enabled and not life["brows_amount"].enabled
