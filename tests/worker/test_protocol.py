"""What both ends of the worker's pipes agree on, and how a new request is added."""

import io
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import soundfile

from model_core.base.assets import DEMO_SPEECH
from model_core.base.errors import UndecodableError, UserError
from model_core.live.model import LiveModel
from model_core.live.stream import FrameStream
from model_core.speech.audio import SAMPLE_RATE, load_audio
from model_core.worker.channel import Channel
from model_core.worker.inbox import Inbox
from model_core.worker.main import Worker
from model_core.worker.protocol import (
    INTERNAL,
    USER,
    Answer,
    ErrorReport,
    Message,
    ProgressReport,
    event,
    request,
)
from model_core.worker.requested_options import requested_options
from model_core.worker.requests import registry
from model_core.worker.task import Task


def answers(*messages: Message) -> list[Message]:
    """Return what a worker says to requests, in this process."""
    out = io.StringIO()
    channel = Channel(out)
    lines = "".join(json.dumps(message) + "\n" for message in messages).encode()
    Worker(Inbox(io.BytesIO(lines), channel), channel).run()
    return [json.loads(line) for line in out.getvalue().splitlines()]


def sing(task: Task) -> Answer:
    """Answer as a request of some later version may."""
    task.progress(0.5, "Warming up")
    if task.fields.get("song") is None:
        raise UserError("There is no song.")
    return Answer("sung", {"notes": [task.fields["song"]]})


def test_a_new_request_is_a_function_and_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.REQUESTS, "sing", sing)  # type: ignore[arg-type]
    told = answers(request("sing", 1, song="la"), request("sing", 2), request("hum", 3))
    assert [each["event"] for each in told] == ["progress", "sung", "progress", "error", "error"]
    assert told[0] == {"event": "progress", "id": 1, "fraction": 0.5, "message": "Warming up"}
    assert told[1] == {"event": "sung", "id": 1, "notes": ["la"]}
    assert ErrorReport.of(told[3]) == ErrorReport(USER, "There is no song.")
    assert "sing, cancel or quit" in told[4]["message"]


@pytest.mark.parametrize("name", [["predict"], {"a": 1}, None, 7, ""])
def test_what_is_no_operation_is_said(name: object) -> None:
    (told,) = answers({"op": name, "id": 1})
    assert told["kind"] == USER
    assert repr(name) in told["message"]


@pytest.mark.parametrize(
    ("report", "raised"),
    [
        (ErrorReport(USER, "No."), UserError),
        (ErrorReport(USER, "No.", code=UndecodableError.code), UndecodableError),
        (ErrorReport(INTERNAL, "No.", "a stack"), None),
    ],
)
def test_an_error_is_the_same_at_the_other_end(report: ErrorReport, raised: type | None) -> None:
    line = json.dumps(event({"id": 3}, "error", **report.fields()))
    again = ErrorReport.of(json.loads(line))
    assert again == report
    assert type(again.user_error) is (raised or type(None))


def test_an_error_of_an_unknown_kind_is_nobodys_input() -> None:
    assert ErrorReport.of({"event": "error", "kind": "new", "message": "No."}).kind == INTERNAL
    assert ErrorReport.of({"event": "error"}).user_error is None


def test_a_report_that_leaves_something_out_keeps_what_was_told() -> None:
    first = ProgressReport.of({"fraction": 0.3, "message": "Listening"}, ProgressReport(0.0, ""))
    assert asdict(first) == {"fraction": 0.3, "message": "Listening"}
    assert ProgressReport.of({"fraction": 0.6}, first) == ProgressReport(0.6, "Listening")


@pytest.mark.parametrize(
    ("told", "seed"), [({}, 0), ({"seed": 4}, 4), ({"seed": 4, "options": {"seed": 5.0}}, 5)]
)
def test_a_seed_is_an_option_wherever_it_is_told(told: Message, seed: int) -> None:
    assert requested_options(told).seed == seed


def test_live_speech_is_told_frame_by_frame_as_the_stream_makes_it(tmp_path: Path) -> None:
    sound = load_audio(DEMO_SPEECH)[: SAMPLE_RATE // 2]
    path = tmp_path / "half.wav"
    soundfile.write(path, sound, SAMPLE_RATE)
    source = {"path": str(path), "start": 0, "end": None}
    told = answers(request("live", 7, source=source, lookahead=0.08, chunk=0.1, device="cpu"))
    assert {each["id"] for each in told} == {7}
    assert [each["event"] for each in told if each["event"] != "frames"] == [
        "progress",
        "listening",
        "done",
    ]
    listening, done = told[1], told[-1]
    assert listening["fps"] == 60 and 0.06 < listening["lookahead"] <= 0.08
    parts = [each for each in told if each["event"] == "frames"]
    weights = np.concatenate([each["weights"] for each in parts])
    assert len(weights) == done["frames"] == 30
    assert [each["first"] for each in parts] == [0, *np.cumsum([len(e["weights"]) for e in parts])][
        :-1
    ]
    stream = FrameStream(LiveModel.load(device="cpu"), None, 0.08, None)
    samples = load_audio(path)
    np.testing.assert_allclose(weights, np.concatenate([*stream.frames([samples])]), atol=1e-4)
    newest = [(e["first"] + len(e["weights"]) - 1) / 60 for e in parts]
    late = [each["heard"] - at for each, at in zip(parts[:-1], newest[:-1], strict=True)]
    assert max(late) <= listening["lookahead"] + 0.1 + 1e-6


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, '"source"'),
        ({"source": {"path": "no.wav"}}, "There is no sound file at no.wav"),
        ({"source": {"path": "no.wav"}, "lookahead": 0.01}, "at least 66 ms, not 10"),
        ({"source": {"microphone": True}, "chunk": 0}, '"chunk"'),
    ],
)
def test_what_cannot_be_heard_live_is_said(fields: Message, sentence: str) -> None:
    *_, told = answers(request("live", 1, device="cpu", **fields))
    assert told["kind"] == USER and sentence in told["message"]


def test_a_cancelled_live_request_ends() -> None:
    source = {"path": str(DEMO_SPEECH), "paced": True}
    told = answers(request("live", 1, source=source, device="cpu"), {"op": "cancel", "id": 1})
    assert told[-1]["event"] == "cancelled"
