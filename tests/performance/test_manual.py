"""The manual's table of options is the program's own."""

from docs import make_options


def test_the_manual_tells_every_option_as_it_is() -> None:
    written = make_options.PAGE.read_text(encoding="utf-8")
    assert written == make_options.page(), "run .venv/bin/python docs/make_options.py"
