"""A scene's strips to its characters: matched, baked with one press, kept with the file."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import helpers
import pytest
from helpers import Addon, UseWorker

from model_core.rig.rig import load_face_rig

pytestmark = pytest.mark.skipif(
    not bpy.app.build_options.audaspace, reason="this Blender is built without sound"
)
LINES = {"anna_1": (1, 1), "ben_1": (40, 2), "anna_2": (80, 1), "music": (1, 5)}


def add_strip(name: str, folder: Path, first: int, channel: int = 1) -> bpy.types.Strip:
    """Put a second of sound on a strip of the scene."""
    sound = folder / f"{name}.wav"
    if not sound.exists():
        helpers.write_wav(sound, 1.0)
    return helpers.strip_collection(bpy.context.scene).new_sound(name, str(sound), channel, first)


def add_character(name: str) -> bpy.types.Object:
    rig = load_face_rig()
    return helpers.make_head(rig.neutral, rig.faces, name)


@pytest.fixture
def cast(scene: bpy.types.Scene) -> dict[str, bpy.types.Object]:
    """Two heads."""
    scene.frame_end = 400
    return {name: add_character(name) for name in ("Anna", "Ben")}


@pytest.fixture
def stage(
    scene: bpy.types.Scene, cast: dict[str, bpy.types.Object], tmp_path: Path
) -> dict[str, bpy.types.Strip]:
    """Three lines of theirs, and music."""
    return {name: add_strip(name, tmp_path, *place) for name, place in LINES.items()}


def table(scene: bpy.types.Scene) -> dict[str, tuple[str | None, str]]:
    """Return who speaks each strip, and how that was found."""
    lines = scene.jambatalk_lines.lines
    return {
        line.strip_name: (line.speaker.name if line.speaker else None, line.matched)
        for line in lines
    }


def heard_on(addon: Addon, name: str) -> dict[str, tuple[int, int]]:
    """Return the first and last frame of each take on a mesh, by the name of its sound."""
    takes = addon("write.ownership").takes_of(bpy.data.objects[name])
    return {take.name: take.heard for take in takes.values()}


def told(addon: Addon) -> str:
    status = addon("bake.status").STATUS
    return " ".join([status.outcome, *status.notes])


def test_strips_are_matched_by_name(scene: bpy.types.Scene, stage: dict) -> None:
    assert bpy.ops.jambatalk.match_lines() == {"FINISHED"}
    assert table(scene) == {
        "anna_1": ("Anna", "NAME"),
        "music": (None, "NOBODY"),
        "ben_1": ("Ben", "NAME"),
        "anna_2": ("Anna", "NAME"),
    }


def test_strips_are_matched_by_channel_and_marker(
    scene: bpy.types.Scene, cast: dict, tmp_path: Path
) -> None:
    for place, name in enumerate(("one", "two", "three")):
        add_strip(name, tmp_path, 1 + 50 * place, place + 1)
    scene.sequence_editor.channels[2].name = "Ben's channel"
    scene.timeline_markers.new("Anna, angry", frame=95)
    bpy.ops.jambatalk.match_lines()
    assert table(scene) == {
        "one": (None, "NOBODY"),
        "two": ("Ben", "CHANNEL"),
        "three": ("Anna", "MARKER"),
    }


def test_what_is_chosen_by_hand_stays_and_tells_its_channel(
    scene: bpy.types.Scene, stage: dict, cast: dict, tmp_path: Path
) -> None:
    bpy.ops.jambatalk.match_lines()
    lines = scene.jambatalk_lines.lines
    lines["music"].speaker = cast["Ben"]
    add_strip("humming", tmp_path, 60, 5)
    stage["anna_2"].name = "ben or anna"
    bpy.ops.jambatalk.match_lines()
    assert table(scene)["music"] == ("Ben", "HAND")
    assert table(scene)["humming"] == ("Ben", "CHANNEL")
    assert table(scene)["ben or anna"] == ("Anna", "CHANNEL")  # its name could mean either
    assert len(lines) == 5


def test_a_character_is_known_by_what_it_is_a_part_of(
    scene: bpy.types.Scene, cast: dict, tmp_path: Path
) -> None:
    rig = bpy.data.objects.new("Clara_rig", bpy.data.armatures.new("Armature"))
    scene.collection.objects.link(rig)
    cast["Ben"].name = cast["Ben"].data.name = "Head.004"
    cast["Ben"].parent = rig
    add_strip("clara_7", tmp_path, 1)
    bpy.ops.jambatalk.match_lines()
    assert table(scene)["clara_7"] == ("Head.004", "NAME")


def test_one_press_bakes_every_line_onto_its_character(
    scene: bpy.types.Scene, stage: dict, worker: UseWorker, addon: Addon
) -> None:
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.jambatalk.bake_lines() == {"FINISHED"}
    assert heard_on(addon, "Anna") == {"anna_1": (1, 30), "anna_2": (80, 109)}
    assert heard_on(addon, "Ben") == {"ben_1": (40, 69)}
    assert "Baked 3 of 3 sounds, frames 1 to 109, onto 'Anna' (2), 'Ben' (1)" in told(addon)
    assert "Left out, having no character: 'music'." in told(addon)
    bpy.ops.ed.undo_push(message="Bake All Lines")
    bpy.ops.ed.undo()
    assert bpy.data.objects["Anna"].data.shape_keys is None


def test_only_lines_that_are_selected_wanted_and_heard_are_baked(
    scene: bpy.types.Scene, stage: dict, worker: UseWorker, addon: Addon
) -> None:
    for strip in stage.values():
        strip.select = strip.name in {"anna_1", "anna_2"}
    stage["anna_2"].mute = True
    assert bpy.ops.jambatalk.bake_selected_lines() == {"FINISHED"}
    assert heard_on(addon, "Anna") == {"anna_1": (1, 30)}
    assert heard_on(addon, "Ben") == {}
    assert "Left out, being muted: 'anna_2'." in told(addon)
    scene.jambatalk_lines.lines["ben_1"].wanted = False
    bpy.ops.jambatalk.bake_lines()
    assert "Left out, as the table has it: 'ben_1'." in told(addon)
    assert heard_on(addon, "Ben") == {}


def test_a_line_that_fails_is_named_and_stops_no_other(
    scene: bpy.types.Scene, stage: dict, worker: UseWorker, addon: Addon
) -> None:
    bpy.ops.jambatalk.match_lines()
    scene.jambatalk_lines.lines["anna_1"].own_style = "shouted"
    assert bpy.ops.jambatalk.bake_lines() == {"FINISHED"}
    assert "Not baked: 'anna_1': There is no style 'shouted'" in told(addon)
    assert heard_on(addon, "Anna") == {"anna_2": (80, 109)}


def test_lines_have_moods_and_seeds_of_their_own(
    scene: bpy.types.Scene, stage: dict, addon: Addon
) -> None:
    scene.jambatalk.mood_sad = 0.4
    bpy.ops.jambatalk.match_lines()
    lines = scene.jambatalk_lines.lines
    lines["anna_1"].own_mood, lines["anna_1"].mood_amount = "happy", 0.9
    lines["ben_1"].own_mood, lines["ben_1"].own_seed = "NONE", 7
    order = addon("lines.plans").plan_lines(bpy.context)
    chosen = {plan.span.name: plan.options for plan in order.plans}
    assert (chosen["anna_1"].mood_happy, chosen["anna_1"].mood_sad) == pytest.approx((0.9, 0.0))
    assert (chosen["ben_1"].mood_sad, chosen["ben_1"].seed) == (0.0, 7)
    assert (chosen["anna_2"].mood_sad, chosen["anna_2"].seed) == pytest.approx((0.4, 0))


def test_each_character_turns_its_own_head(
    scene: bpy.types.Scene, stage: dict, worker: UseWorker, addon: Addon
) -> None:
    scene.jambatalk.life = 1.0
    bpy.ops.jambatalk.match_lines()
    heads = {}
    for character in scene.jambatalk_lines.cast:
        heads[character.speaker.name] = bpy.data.objects.new("head", None)
        scene.collection.objects.link(heads[character.speaker.name])
        character.head_object = heads[character.speaker.name]
    bpy.ops.jambatalk.bake_lines()
    keyed = {name: head.animation_data.action.frame_range[:] for name, head in heads.items()}
    assert keyed["Anna"][0] <= 1
    assert keyed["Anna"][1] >= 109
    assert keyed["Ben"][0] >= 30
    assert keyed["Ben"][1] <= 80


def test_lines_that_overlap_on_one_mouth_are_told_and_the_later_has_the_frames(
    scene: bpy.types.Scene, stage: dict, worker: UseWorker, addon: Addon
) -> None:
    stage["anna_2"].frame_start = 20
    stage["anna_2"].channel = 3
    order = addon("lines.operators").order_all(bpy.context)
    sentence = "In frames 20 to 30 'anna_1' gives way to 'anna_2', which begins later."
    assert sentence in order.told
    bpy.ops.jambatalk.bake_lines()
    assert heard_on(addon, "Anna") == {"anna_1": (1, 19), "anna_2": (20, 49)}
    assert sentence in told(addon)


def test_the_table_is_saved_with_the_scene(
    scene: bpy.types.Scene, stage: dict, tmp_path: Path
) -> None:
    bpy.ops.jambatalk.match_lines()
    scene.jambatalk_lines.lines["music"].speaker = bpy.data.objects["Ben"]
    before = table(scene)
    path = str(tmp_path / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert table(bpy.context.scene) == before
    helpers.strip_collection(bpy.context.scene)["ben_1"].name = "renamed"
    helpers.strip_collection(bpy.context.scene).remove(
        helpers.strip_collection(bpy.context.scene)["music"]
    )
    bpy.ops.jambatalk.match_lines()
    assert list(table(bpy.context.scene)) == ["anna_1", "renamed", "anna_2", "music"]
    assert bpy.ops.jambatalk.forget_lines() == {"FINISHED"}
    assert list(table(bpy.context.scene)) == ["anna_1", "renamed", "anna_2"]


def test_a_cut_strip_becomes_two_lines(
    scene: bpy.types.Scene, stage: dict, worker: UseWorker, addon: Addon
) -> None:
    bpy.ops.jambatalk.match_lines()
    stage["anna_1"].split(frame=16, split_method="SOFT")
    bpy.ops.jambatalk.bake_lines()
    assert heard_on(addon, "Anna") == {
        "anna_1": (1, 15),
        "anna_1.001": (16, 30),
        "anna_2": (80, 109),
    }


def test_a_copy_is_a_line_of_its_own_also_when_it_is_renamed(
    scene: bpy.types.Scene, stage: dict, addon: Addon
) -> None:
    bpy.ops.jambatalk.match_lines()
    stage["anna_1"].split(frame=16, split_method="SOFT")  # which copies its id
    bpy.ops.jambatalk.match_lines()
    helpers.strip_collection(scene)["anna_1.001"].name = "ben_7"
    bpy.ops.jambatalk.match_lines()
    assert table(scene)["ben_7"] == ("Ben", "NAME")
    assert sorted(table(scene)) == ["anna_1", "anna_2", "ben_1", "ben_7", "music"]
    assert len(scene.jambatalk_lines.lines) == 5


def test_buttons_say_why_they_are_grey(scene: bpy.types.Scene, addon: Addon) -> None:
    operators = addon("lines.operators")
    for name in ("bake_lines", "match_lines"):
        reason = getattr(operators, f"JAMBATALK_OT_{name}").disabled_reason(bpy.context)
        assert reason.startswith("The scene has no sound strips")
    reason = operators.JAMBATALK_OT_cast_channel.disabled_reason(bpy.context)
    assert reason == "Choose a line in the table."


def test_one_command_bakes_the_scene(
    scene: bpy.types.Scene,
    stage: dict,
    worker: UseWorker,
    addon: Addon,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path, output = tmp_path / "stage.blend", tmp_path / "out.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))

    def run(*arguments: str) -> tuple[int, str]:
        code = addon("headless.cli").run_command(["bake-scene", str(path), *arguments])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    code, said = run("--output", str(output), "--cast", "mus*:Ben", "--mood", "happy:0.5")
    assert code == 0
    assert "Baked 4 of 4 sounds" in said
    bpy.ops.wm.open_mainfile(filepath=str(output))
    assert heard_on(addon, "Ben") == {"music": (1, 30), "ben_1": (40, 69)}
    assert bpy.context.scene.jambatalk.mood_happy == pytest.approx(0.5)
    code, said = run("--cast", "nobody*:Ben")
    assert (code, "error: No sound strip is called 'nobody*'." in said) == (2, True)
    code, said = run("--cast", "music:Nobody")
    assert (code, "no object named 'Nobody'" in said) == (2, True)
    (tmp_path / "ben_1.wav").unlink()
    code, said = run("--output", str(output))
    assert (code, "Not baked: 'ben_1'" in said, "Baked 2 of 3" in said) == (1, True, True)


def test_every_frame_rate_meta_strips_and_negative_frames_find_their_place(
    scene: bpy.types.Scene, cast: dict, worker: UseWorker, addon: Addon, tmp_path: Path
) -> None:
    scene.render.fps, scene.render.fps_base = 24, 1.001
    early = add_strip("anna_early", tmp_path, -40)
    inner = add_strip("anna_inner", tmp_path, 20)
    meta = helpers.strip_collection(scene).new_meta("Meta", 3, 20)
    inner.move_to_meta(meta)
    helpers.set_end(meta, 35)
    again = helpers.strip_collection(scene).new_sound("anna_again", early.sound.filepath, 2, 100)
    bpy.ops.jambatalk.bake_lines()
    assert heard_on(addon, "Anna") == {
        "anna_early": (-40, -17),
        "anna_inner": (20, 34),
        again.name: (100, 123),
    }
    kinds = [each.kind.name for each in addon("lines.states").states_of(bpy.context)]
    assert kinds == ["BAKED"] * 3


def test_a_table_of_many_lines_is_quick_to_look_at(
    scene: bpy.types.Scene, cast: dict, addon: Addon, tmp_path: Path
) -> None:
    for number in range(40):
        add_strip(f"{'anna' if number % 2 else 'ben'}_{number}", tmp_path, 1 + 31 * number, 1)
    bpy.ops.jambatalk.match_lines()
    speakers = [who for who, _ in table(scene).values()]
    assert (speakers.count("Anna"), speakers.count("Ben")) == (20, 20)
    states = addon("lines.states")
    before = states.cached(bpy.context)
    assert states.cached(bpy.context) is before  # nothing has changed: nothing is worked out
    helpers.strip_collection(scene)["ben_0"].channel = 7
    assert states.cached(bpy.context) is not before


def test_a_lines_mood_may_be_keyed_and_keys_stay_with_their_line(
    scene: bpy.types.Scene,
    stage: dict,
    worker: UseWorker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JAMBATALK_FAKE_LOG", str(tmp_path / "asked.jsonl"))
    bpy.ops.jambatalk.match_lines()
    lines = scene.jambatalk_lines.lines
    keyed, changing = lines["anna_2"], lines["ben_1"]
    keyed.own_mood, keyed.mood_amount = "sad", 0.0
    keyed.keyframe_insert("mood_amount", frame=80)
    keyed.mood_amount = 1.0
    keyed.keyframe_insert("mood_amount", frame=100)
    changing.mood_changes = "happy:1@0.5"
    scene.jambatalk.mood_happy = 0.2
    scene.jambatalk.keyframe_insert("mood_happy", frame=1)
    stage["ben_1"].name = "ben_late"
    for strip, frame in ((stage["ben_1"], 300), (stage["anna_2"], 40)):  # rows change places
        strip.frame_start = frame
    bpy.ops.jambatalk.match_lines()
    assert [line.strip_name for line in lines] == ["anna_1", "music", "anna_2", "ben_late"]
    assert bpy.ops.jambatalk.bake_lines() == {"FINISHED"}
    asked = asked_of(tmp_path / "asked.jsonl")
    sad = asked["anna_2"]["moods"]["sad"]
    assert set(asked["anna_2"]["moods"]) == {"sad"} and sad[0] == 0.0 and sad[-1] == 1.0
    assert set(asked["anna_1"]["moods"]) == {"happy"}
    assert asked["ben_1"]["moods"] == {}
    assert asked["ben_1"]["options"]["mood_changes"] == "happy:1@0.5"
    for name in ("music", "ben_late"):
        strips = helpers.strip_collection(scene)
        strips.remove(strips[name])
    bpy.ops.jambatalk.forget_lines()
    paths = [curve.data_path for curve in curves_of(scene)]
    assert "jambatalk_lines.lines[1].mood_amount" in paths
    assert lines[1].strip_name == "anna_2" and len(lines) == 2


def asked_of(log: Path) -> dict[str, dict]:
    """Return what was predicted, by the names of the sounds."""
    requests = map(json.loads, log.read_text().splitlines())
    predictions = (each for each in requests if each["op"] == "predict")
    return {Path(each["audio"]["path"]).stem: each for each in predictions}


def curves_of(scene: bpy.types.Scene) -> list[bpy.types.FCurve]:
    """Return the f-curves of a scene."""
    data = scene.animation_data
    if not hasattr(data.action, "slots"):
        return list(data.action.fcurves)
    return list(data.action.layers[0].strips[0].channelbag(data.action_slot).fcurves)
