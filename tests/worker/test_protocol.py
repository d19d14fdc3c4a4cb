"""What both ends of the worker's pipes agree on, and how a new request is added."""

import io
import json
from dataclasses import asdict

import pytest

from model_core.base.errors import UndecodableError, UserError
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
