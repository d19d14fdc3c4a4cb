"""Every command describes itself, in the words it knows."""

from pkgutil import iter_modules

import pytest

from model_core import cli
from model_core.__main__ import main

COMMANDS = sorted(
    module.name.replace("_", "-")
    for module in iter_modules(cli.__path__)
    if hasattr(__import__(f"{cli.__name__}.{module.name}", fromlist=["x"]), "add_parser")
)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_can_be_asked_for_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert not left.value.code
    told = capsys.readouterr().out
    assert f"model_core {command}" in told
    assert "``" not in told


def test_all_commands_are_told_together(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    told = capsys.readouterr().out
    assert not [command for command in COMMANDS if command not in told]
