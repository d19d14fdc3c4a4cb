"""Subtitles as programs write them."""

from pathlib import Path

import pytest

from model_core.base.errors import UserError
from model_core.hearing.subtitles import Cue, plain, read_cues, read_text

SRT = """1
00:00:01,500 --> 00:00:03,000
<i>Hello,</i> you.
- And you!

2
00:01:00,250 --> 01:00:01,000 X1:10
{\\an8}Fish &amp; chips
3
00:00:05,0 --> 00:00:06,5
no empty line before
"""
VTT = """WEBVTT - a title

NOTE not shown

first
00:01.500 --> 00:03.000 align:start
<v Anna>Hello
"""


def test_subrip_is_read_in_order_without_marks(tmp_path: Path) -> None:
    path = tmp_path / "x.srt"
    path.write_text(SRT, encoding="utf-8")
    assert read_cues(path) == [
        Cue(1.5, 3.0, "Hello, you. And you!"),
        Cue(5.0, 6.5, "no empty line before"),
        Cue(60.25, 3601.0, "Fish & chips"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_every_usual_encoding_and_line_end(tmp_path: Path, encoding: str, ends: str) -> None:
    path = tmp_path / "x.srt"
    text = "1\n00:00:01,000 --> 00:00:02,000\nZoë, où?\n".replace("\n", ends)
    path.write_bytes(text.encode(encoding))
    assert read_cues(path) == [Cue(1.0, 2.0, "Zoë, où?")]


def test_webvtt_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.vtt"
    path.write_text(VTT)
    assert read_cues(path) == [Cue(1.5, 3.0, "Hello")]


def test_what_has_no_subtitles_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.srt"
    path.write_text("just words")
    with pytest.raises(UserError, match="has no subtitles"):
        read_cues(path)
    path.write_bytes(b"RIFF\0\0\0\0WAVE")
    with pytest.raises(UserError, match="is no text"):
        read_text(path)
    with pytest.raises(UserError, match="cannot be read"):
        read_cues(tmp_path / "absent.srt")


def test_a_text_becomes_one_line() -> None:
    assert plain("  One\n\n - two <b>three</b> ") == "One two three"
