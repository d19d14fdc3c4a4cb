"""One list of options, and the command line made of it."""

import argparse
import json
from pathlib import Path

import pytest

from model_core.performance.mood.moods import MOODS
from model_core.performance.option_arguments import add_arguments, from_arguments
from model_core.performance.options import (
    CAPTURE,
    CONTROLS,
    DRAWN,
    EXACT,
    LIFE,
    LIST,
    MESH,
    MOOD,
    OUTPUT,
    PARTS,
    PAUSES,
    SPEECH,
    BakeOptions,
    options,
)
from model_core.targets.preference import OWN_KEYS
from model_core.targets.shape_map import Link, ShapeMap, write_map


def parsed(*arguments: str) -> BakeOptions:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return from_arguments(parser.parse_args(arguments))


def test_no_arguments_are_the_defaults() -> None:
    assert parsed() == BakeOptions()
    assert BakeOptions().own() == {}


def test_every_option_can_be_set(tmp_path: Path) -> None:
    given = ["--style", "wide", "--strength", "2", "--tolerance", "0.3", "--exact"]
    given += ["--edits", "replace", "--curves", "dense", "--life", "0.5", "--seed", "7"]
    given += ["--life-model", str(tmp_path)]
    given += [f"--no-{part}" for part in PARTS]
    given += [word for part in PARTS for word in (f"--{part}-amount", "0.5")]
    given += [word for part in DRAWN for word in (f"--{part}-variation", "2")]
    given += ["--take", "3", "--variation", "0.5"]
    given += ["--mood", *(f"{mood}:0.5" for mood in MOODS), "sad:1@2"]
    factors = {"jaw": 0.5, "lips": 0.6, "rounding": 1.2, "width": 1.3, "upper-lip": 1.4}
    factors |= {"closing": 2, "asymmetry": -0.1, "smoothing": 20, "offset": -40, "silence": -30}
    given += [text for name, value in factors.items() for text in (f"--{name}", str(value))]
    given += ["--keep-styles", "--blend-style", "wide", "--style-blend", "0.5"]
    given += ["--capture", "take.csv", "--capture-start", "-1.5", "--capture-mouth", "pauses"]
    write_map(ShapeMap((Link("jawOpen", "Jaw"),)), tmp_path / "map.json")
    given += ["--target", "own_keys", "--map", str(tmp_path / "map.json")]
    made = parsed(*given, "--mouth-only", "--checkpoint", str(tmp_path))
    assert set(made.own()) == set(options())
    assert (made.style, made.strength, made.tolerance_mm) == ("wide", 2.0, 0.3)
    assert made.exact and made.output == EXACT
    assert made.replace_edits
    assert made.checkpoint == str(tmp_path.resolve())
    assert made.capture == str(Path("take.csv").resolve())
    assert (made.capture_start, made.capture_mouth) == (-1.5, PAUSES)
    assert made.target == OWN_KEYS
    assert ShapeMap.from_json(json.loads(made.shape_map)).targets == ("Jaw",)
    assert (made.life, made.seed, made.blinks, made.gaze_amount) == (0.5, 7, False, 0.5)


def test_every_mood_has_an_option() -> None:
    assert [name for name in options() if name.startswith("mood_")] == [
        *(f"mood_{mood}" for mood in MOODS),
        "mood_changes",
    ]


def test_a_mood_is_a_name_and_an_amount_or_a_name_alone() -> None:
    made = parsed("--mood", "Happy:0.25", "tired", "--mood", "sad:1.5")
    assert (made.mood_happy, made.mood_tired, made.mood_sad) == (0.25, 1.0, 1.5)
    assert made.mood_angry == 0.0
    made = parsed("--mood", "happy:0.25", "sad:1@2.5", "sad:0@4")
    assert (made.mood_happy, made.mood_sad, made.mood_changes) == (0.25, 0.0, "sad:1@2.5 sad:0@4")


def test_a_command_line_may_have_an_output_of_its_own() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--output")
    add_arguments(parser)
    arguments = parser.parse_args(["--output", "out.blend"])
    assert arguments.output == "out.blend"
    assert from_arguments(arguments) == BakeOptions()


@pytest.mark.parametrize(
    ("flag", "value", "says"),
    [
        ("--strength", "-1", "-1 is not from 0 to 3"),
        ("--strength", "4", "4 is not from 0 to 3"),
        ("--strength", "nan", "nan is not from 0 to 3"),
        ("--strength", "much", "'much' is not a number"),
        ("--tolerance", "inf", "inf is not 0 or more"),
        ("--checkpoint", " ", "it is empty"),
        ("--capture", "", "it is empty"),
        ("--capture-mouth", "mine", "'mine' is not spoken or pauses or captured"),
        ("--capture-start", "soon", "'soon' is not a number"),
        ("--edits", "drop", "'drop' is not keep or replace"),
        ("--life", "-1", "-1 is not from 0 to 3"),
        ("--seed", "0.5", "0.5 is not a whole number"),
        ("--mood", "hangry:1", "'hangry:1' is no mood: there are happy, sad"),
        ("--mood", "happy:2", "happy: 2 is not from 0 to 1.5"),
        ("--mood", "happy:1@soon", "'happy:1@soon' is no change of a mood"),
        ("--mood", "happy:much", "happy: 'much' is not a number"),
        ("--map", "nowhere.json", "There is no map at nowhere.json"),
        ("--target", "both", "'both' is not auto or own_keys or our_shapes"),
    ],
)
def test_a_value_out_of_place_is_said(
    flag: str, value: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed(flag, value)
    assert ended.value.code == 2
    assert says in capsys.readouterr().err


def test_each_option_says_what_it_does() -> None:
    assert all(option.label and option.text for _, option in options().values())


def test_each_option_has_its_place_in_the_panel_and_depends_on_choices_there_are() -> None:
    for _, option in options().values():
        assert option.place in {SPEECH, CONTROLS, CAPTURE, LIFE, MOOD, OUTPUT, MESH, LIST}
        for other, choice in option.only_if.items():
            assert choice in options()[other][1].choices
