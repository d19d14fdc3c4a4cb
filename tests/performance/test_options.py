"""One list of options, and the command line made of it."""

import argparse
from pathlib import Path

import pytest

from model_core.performance.option_arguments import add_arguments, from_arguments
from model_core.performance.options import EXACT, OUTPUT, SPEECH, BakeOptions, options


def parsed(*arguments: str) -> BakeOptions:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return from_arguments(parser.parse_args(arguments))


def test_no_arguments_are_the_defaults() -> None:
    assert parsed() == BakeOptions()
    assert BakeOptions().own() == {}


def test_every_option_can_be_set(tmp_path: Path) -> None:
    given = ["--style", "wide", "--strength", "2", "--tolerance", "0.3", "--exact"]
    given += ["--edits", "replace", "--curves", "dense"]
    made = parsed(*given, "--checkpoint", str(tmp_path))
    assert set(made.own()) == set(options())
    assert (made.style, made.strength, made.tolerance_mm) == ("wide", 2.0, 0.3)
    assert made.exact and made.output == EXACT
    assert made.replace_edits
    assert made.checkpoint == str(tmp_path.resolve())


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
        ("--edits", "drop", "'drop' is not keep or replace"),
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
        assert option.place in {SPEECH, OUTPUT}
        for other, choice in option.only_if.items():
            assert choice in options()[other][1].choices
