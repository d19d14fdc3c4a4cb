"""Live Link Face's files: in and out without a difference, however they are spelt or broken."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model_core.base.errors import UserError
from model_core.formats.reading import motion_of_channels
from model_core.formats.registry import reading_of, recognised, write_motion
from model_core.formats.sides import exchange_sides, swapped_note
from model_core.motion.motion import Motion
from model_core.rig.rig import load_face_rig
from tests.formats.takes import APPLE, HEADER, columns, made_up, real_take, write_take

TAKES = ("S07-001", "S88-001", "alex_rom_3", "alex_rom_4", "apfel", "facial")
SIDES = ("JawLeft", "JawRight", "MouthLeft", "MouthRight")


def weight(motion: Motion, name: str) -> np.ndarray:
    return motion.weights[:, motion.names.index(name)]


def value(values: np.ndarray, name: str) -> np.ndarray:
    return values[:, HEADER.index(name)]


def by_index(values: np.ndarray) -> np.ndarray:
    """Return values as a program leaves them that takes the file's columns for Apple's list."""
    return values[:, [HEADER.index(name) for name in APPLE]]


@pytest.mark.parametrize("name", ["S88-001", "apfel"])
def test_a_real_take_comes_out_as_it_went_in(name: str, tmp_path: Path) -> None:
    given = write_take(tmp_path / "in.csv", real_take(name))
    reading = reading_of(given)
    assert (recognised(given), reading.notes, reading.motion.fps) == ("livelink", (), 30)
    assert write_motion(reading.motion, tmp_path / "out.csv", "livelink") == ()
    header, values = columns(given)
    again, after = columns(tmp_path / "out.csv")
    assert again == header == list(HEADER)
    assert after.shape == values.shape
    np.testing.assert_allclose(after, values, atol=1e-6)
    first = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    assert first[0].startswith("Timecode,BlendshapeCount,EyeBlinkLeft,")
    assert first[1].startswith("00:00:00:00.000,61,") and first[2].startswith("00:00:00:02.000,61,")


@pytest.mark.parametrize("fps", [24, 29.97, 30, 59.94, 60])
def test_a_take_of_any_frame_rate_comes_out_as_it_went_in(fps: float, tmp_path: Path) -> None:
    values = made_up(200)
    given = write_take(tmp_path / "in.csv", values, times=np.arange(200) / fps)
    motion, notes = reading_of(given)
    assert motion.fps == pytest.approx(fps) and not notes
    write_motion(motion, tmp_path / "out.csv", "livelink")
    np.testing.assert_allclose(columns(tmp_path / "out.csv")[1], values, atol=1e-6)
    assert reading_of(tmp_path / "out.csv").motion.fps == pytest.approx(fps)


def test_the_two_orders_of_left_and_right_are_read_alike(tmp_path: Path) -> None:
    values = made_up()
    app = reading_of(write_take(tmp_path / "app.csv", values)).motion
    apple = reading_of(write_take(tmp_path / "apple.csv", values, header=APPLE)).motion
    for name in SIDES:
        channel = name[0].lower() + name[1:]
        for motion in (app, apple):
            np.testing.assert_allclose(weight(motion, channel), value(values, name), atol=1e-6)


def test_a_reader_by_index_would_take_left_for_right(tmp_path: Path) -> None:
    """What the columns at the places of Apple's list are in the app's files, and the lips of it."""
    values = made_up()
    motion = reading_of(write_take(tmp_path / "app.csv", values)).motion
    _, numbers = columns(tmp_path / "app.csv")
    for name in SIDES:
        wrong = numbers[:, APPLE.index(name)]
        assert np.abs(wrong - value(values, name)).max() > 0.1
    left = numbers[:, APPLE.index("MouthLeft")]
    lips = load_face_rig().regions["outer_lips"]
    across = motion.basis[motion.names.index("mouthLeft"), lips, 0].mean()
    goes = (weight(motion, "mouthLeft") - weight(motion, "mouthRight")) * across
    np.testing.assert_allclose(
        goes, (value(values, "MouthLeft") - value(values, "MouthRight")) * across, atol=1e-6
    )
    assert np.corrcoef(goes, left - numbers[:, APPLE.index("MouthRight")])[0, 1] < -0.99


def test_columns_written_in_the_other_order_are_told(tmp_path: Path) -> None:
    values = real_take("S88-001")
    (note,) = reading_of(write_take(tmp_path / "in.csv", by_index(values))).notes
    assert "mouthLeft/mouthRight" in note and "--swap-sides" in note
    exchanged = exchange_sides(reading_of(tmp_path / "in.csv").motion)
    right = reading_of(write_take(tmp_path / "right.csv", values)).motion
    for channel in ("jawLeft", "jawRight", "mouthLeft", "mouthRight", "mouthSmileLeft"):
        np.testing.assert_allclose(weight(exchanged, channel), weight(right, channel), atol=1e-6)


def motion_of(values: np.ndarray) -> Motion:
    """Return the side channels of values (T, 61) as a motion, as reading them would give it."""
    channels = {name[0].lower() + name[1:]: value(values, name) for name in HEADER[:52]}
    return motion_of_channels(30.0, channels)


@pytest.mark.parametrize("name", TAKES)
def test_every_real_take_tells_its_sides(name: str) -> None:
    values = real_take(name)
    assert swapped_note(motion_of(values)) is None
    assert "mouthLeft/mouthRight" in swapped_note(motion_of(by_index(values)))


@pytest.mark.parametrize("name", TAKES)
@pytest.mark.parametrize("seconds", [20, 30])
def test_no_part_of_a_real_take_is_taken_for_exchanged(name: str, seconds: int) -> None:
    motion = motion_of(real_take(name))
    for start in range(0, motion.frames - seconds * 30 + 1, 150):
        part = motion.weights[start : start + seconds * 30]
        assert swapped_note(replace(motion, weights=part)) is None


def test_exchanging_sides_moves_what_one_side_alone_moved() -> None:
    rig = load_face_rig()
    one = Motion(30, ("jawLeft", "jawOpen"), rig.select(("jawLeft", "jawOpen")), np.eye(2))
    other = exchange_sides(one)
    assert other.names == ("jawRight", "jawOpen")
    np.testing.assert_array_equal(other.basis, rig.select(("jawRight", "jawOpen")))
    np.testing.assert_array_equal(exchange_sides(other).basis, one.basis)


@pytest.mark.parametrize("count", ["BlendshapeCount", "BlendShapeCount", "blendshapecount"])
@pytest.mark.parametrize("spell", [str, str.lower, lambda name: name[0].lower() + name[1:]])
def test_spellings_of_the_header_are_read_alike(count: str, spell: object, tmp_path: Path) -> None:
    values = made_up(20)
    path = write_take(tmp_path / "in.csv", values, count=count)
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    names = header.split(",")
    spelt = ",".join([*names[:2], *map(spell, names[2:])])  # type: ignore[arg-type]
    path.write_text("\ufeff" + "\r\n".join([spelt, *rows]), encoding="utf-8")
    motion, notes = reading_of(path)
    assert not notes
    np.testing.assert_allclose(weight(motion, "jawRight"), value(values, "JawRight"), atol=1e-6)
    np.testing.assert_allclose(motion.head[:, 1], value(values, "HeadPitch"), atol=1e-6)


def test_a_take_of_52_columns_knows_nothing_of_head_and_eyes(tmp_path: Path) -> None:
    motion, notes = reading_of(write_take(tmp_path / "in.csv", made_up(), header=HEADER[:52]))
    assert not notes and motion.head is None and motion.eyes is None
    np.testing.assert_allclose(
        weight(motion, "tongueOut"), value(made_up(), "TongueOut"), atol=1e-6
    )


def test_head_columns_that_rest_say_nothing(tmp_path: Path) -> None:
    values = made_up()
    values[:, 52:55] = 0
    motion = reading_of(write_take(tmp_path / "in.csv", values)).motion
    assert motion.head is None
    assert motion.eyes.shape == (120, 2, 3)


def test_eyes_turn_as_their_shapes_look(tmp_path: Path) -> None:
    """A real take's angles and its eyeLook channels, by the axes that `Motion` has."""
    motion = reading_of(write_take(tmp_path / "in.csv", real_take("apfel"))).motion
    sides = ("Left", 1.0), ("Right", -1.0)
    for eye, (side, outward) in enumerate(sides):
        left = (weight(motion, f"eyeLookOut{side}") - weight(motion, f"eyeLookIn{side}")) * outward
        down = weight(motion, f"eyeLookDown{side}") - weight(motion, f"eyeLookUp{side}")
        assert np.corrcoef(motion.eyes[:, eye, 0], left)[0, 1] > 0.9
        assert np.corrcoef(motion.eyes[:, eye, 1], down)[0, 1] > 0.9


def test_brows_and_cheeks_move_both_sides(tmp_path: Path) -> None:
    values = made_up()
    motion = reading_of(write_take(tmp_path / "in.csv", values)).motion
    for column, shapes in (("BrowInnerUp", "browInnerUp"), ("CheekPuff", "cheekPuff")):
        for side in ("Left", "Right"):
            moved = weight(motion, shapes + side)
            np.testing.assert_allclose(moved, value(values, column), atol=1e-6)


def test_uneven_brows_are_told_when_written(tmp_path: Path) -> None:
    names = ("browInnerUpLeft", "browInnerUpRight", "jawOpen")
    weights = np.tile(np.float32([1.0, 0.0, 0.2]), (4, 1))
    motion = Motion(30, names, load_face_rig().select(names), weights)
    (note,) = write_motion(motion, tmp_path / "out.csv", "livelink")
    assert "both sides of browInnerUp" in note
    header, numbers = columns(tmp_path / "out.csv")
    np.testing.assert_allclose(numbers[:, header.index("BrowInnerUp")], 0.5)


def test_shapes_without_a_column_are_told_when_written(tmp_path: Path) -> None:
    basis = np.zeros((2, 5023, 3), np.float32)
    motion = Motion(30, ("jawOpen", "tongueTipUp"), basis, np.ones((4, 2), np.float32))
    (note,) = write_motion(motion, tmp_path / "out.csv", "livelink")
    assert "no column for tongueTipUp" in note


def lines(tmp_path: Path, values: np.ndarray) -> list[str]:
    return write_take(tmp_path / "in.csv", values).read_text(encoding="utf-8").splitlines()


def test_a_row_cut_short_at_the_end_is_left_out_and_told(tmp_path: Path) -> None:
    rows = lines(tmp_path, made_up())
    path = tmp_path / "cut.csv"
    path.write_text("\n".join([*rows[:-1], rows[-1][:200]]), encoding="utf-8")
    motion, notes = reading_of(path)
    assert motion.frames == 119
    assert notes == ("The last row is cut short and was left out.",)


def test_cells_without_a_number_follow_their_neighbours_and_are_told(tmp_path: Path) -> None:
    values = made_up()
    rows = [row.split(",") for row in lines(tmp_path, values)]
    for row, cell in ((11, ""), (31, "n/a"), (51, "nan")):
        rows[row][2 + HEADER.index("JawOpen")] = cell
    path = tmp_path / "holes.csv"
    path.write_text("\n".join(map(",".join, rows)), encoding="utf-8")
    motion, notes = reading_of(path)
    assert notes == ("3 cells hold no number; they follow their neighbours.",)
    np.testing.assert_allclose(weight(motion, "jawOpen"), value(values, "JawOpen"), atol=0.01)
    np.testing.assert_allclose(weight(motion, "jawRight"), value(values, "JawRight"), atol=1e-6)


def test_rows_without_a_face_are_bridged_and_told(tmp_path: Path) -> None:
    rows = lines(tmp_path, made_up())
    for at in range(40, 50):
        rows[at] = rows[at].split(",")[0] + ",0" + "," * 61
    path = tmp_path / "lost.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    motion, notes = reading_of(path)
    assert motion.frames == 120
    assert len(notes) == 1 and "10 rows are blank" in notes[0]
    jaw = weight(motion, "jawOpen")[38:50]
    np.testing.assert_allclose(np.diff(jaw, 2), 0, atol=1e-6)


def test_frames_that_were_dropped_are_filled_and_told(tmp_path: Path) -> None:
    values, keep = made_up(), np.delete(np.arange(120), [60, 61, 62, 90])
    path = write_take(tmp_path / "in.csv", values[keep], times=keep / 30)
    motion, notes = reading_of(path)
    assert (motion.frames, motion.fps) == (120, 30)
    assert len(notes) == 1 and "4 frames are missing in 2 places" in notes[0]
    np.testing.assert_allclose(
        weight(motion, "mouthLeft")[keep], value(values[keep], "MouthLeft"), atol=1e-5
    )


def test_a_take_through_midnight_is_one_take(tmp_path: Path) -> None:
    times = 24 * 3600 - 2 + np.arange(120) / 30
    motion, notes = reading_of(write_take(tmp_path / "in.csv", made_up(), times=times))
    assert (motion.frames, motion.fps, notes) == (120, 30, ())


def test_rows_without_timecodes_are_taken_for_sixty_a_second(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    rows = [row.partition(",")[2] for row in lines(tmp_path, made_up())]
    path.write_text("\n".join(rows), encoding="utf-8")
    motion, (note,) = reading_of(path)
    assert motion.fps == 60 and "60 frames a second were taken" in note


@pytest.mark.parametrize("emotions", [61, 68])
def test_neurosync_files_are_read_and_their_emotions_told(emotions: int, tmp_path: Path) -> None:
    values = made_up()
    rows = [row.split(",") for row in lines(tmp_path, values)]
    if emotions == 68:
        names = ["Angry", "Disgusted", "Fearful", "Happy", "Neutral", "Sad", "Surprised"]
        rows = [row + (names if row is rows[0] else ["0.5"] * 7) for row in rows]
    path = tmp_path / "shapes.csv"
    path.write_text("\n".join(map(",".join, rows)), encoding="utf-8")
    motion, notes = reading_of(path)
    assert len(notes) == (emotions == 68)
    assert all("Angry" in note and "Surprised" in note for note in notes)
    np.testing.assert_allclose(weight(motion, "jawOpen"), value(values, "JawOpen"), atol=1e-6)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Timecode,BlendshapeCount\n00:00:00:00.000,61\n", "none of its columns is a channel"),
        ("Timecode,BlendshapeCount,JawOpen\n", "holds no frames"),
        ("Timecode,BlendshapeCount,JawOpen\nx,61,1\ny,61,1\n", "no time later"),
        ("Timecode,BlendshapeCount,JawOpen,MouthClose\n00:00:00:00.000\n", "as long as its header"),
        ("Timecode,BlendshapeCount,JawOpen\n0:0:0:0.0,61,\n0:0:0:1.0,61,\n", "hold no numbers"),
        ("Timecode,BlendshapeCount,JawOpen\n0:0:0:0.0,61,1\n0:0:9:0.0,61,1\n", "9 s apart"),
    ],
)
def test_a_take_that_is_none_is_refused_in_one_sentence(
    text: str, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "take.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=says) as refused:
        reading_of(path)
    assert "take.csv" in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"\x00\x01" * 20, "Timecode,Ü\n".encode("utf-16")])
def test_a_file_that_is_no_text_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "take.csv").write_bytes(content)
    with pytest.raises(UserError, match=r"take\.csv is no table"):
        reading_of(tmp_path / "take.csv")
