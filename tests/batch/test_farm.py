"""What farms are told: read by their own parsers where there are any, and its commands run."""

import json
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as Et
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from model_core.__main__ import main
from tests.batch.conftest import LIMIT_SECONDS, ROOT, Studio

if TYPE_CHECKING:
    from playwright.sync_api import Page

PARTS = 3
NAMES = ("a", "b", "c", "d")


@pytest.fixture
def told(studio: Studio, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with what every farm is told of a table of four jobs."""
    studio.table = studio.folder / "two words.csv"
    studio.jobs(*NAMES)
    folder = studio.folder / "farm"
    command = ["farm", studio.table, "--parts", PARTS, "-o", folder, "--blender", studio.blender]
    more = ["--python", sys.executable, "--options", "--retries 0 --style neutral"]
    assert main([str(word) for word in (*command, *more)]) == 0
    assert capsys.readouterr().out.count("4 jobs in 3 parts") == 4
    return folder


def of(folder: Path, suffix: str) -> Path:
    return folder / f"jambatalk-two-words.{suffix}"


def assert_runs(studio: Studio, commands: list[list[str]]) -> None:
    """Assert that the parts together do all jobs of the table, each once."""
    how = studio.command()[1]
    for command in commands:
        done = subprocess.run(
            command, **how, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
        )
        assert done.returncode == 0, done.stderr
    assert set(studio.made()) == {f"{name}.blend" for name in NAMES}
    assert [record["status"] for record in studio.results()] == ["done"] * len(NAMES)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_the_array_of_slurm_runs(
    studio: Studio, told: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = of(told, "slurm.sh")
    lines = script.read_text().splitlines()
    assert {"#SBATCH --array=1-3", "#SBATCH --time=720", "#SBATCH --mem=4096M"} <= set(lines)
    commands = [["env", f"SLURM_ARRAY_TASK_ID={part}", "bash", str(script)] for part in (1, 2, 3)]
    assert_runs(studio, commands)


def test_a_template_of_open_job_description_is_valid_and_runs(studio: Studio, told: Path) -> None:
    model = pytest.importorskip("openjd.model", reason="needs openjd-model (the extra `dev`)")
    read = json.loads(of(told, "openjd.json").read_text())
    template = model.decode_job_template(template=read)
    job = model.create_job(
        job_template=template,
        job_parameter_values=model.preprocess_job_parameters(
            job_template=template,
            job_parameter_values={},
            job_template_dir=told,
            current_working_dir=told,
        ),
    )
    (step,) = job.steps
    space = model.StepParameterSpaceIterator(space=step.parameterSpace)
    parts = [task["Part"].value for task in space]
    assert sorted(map(int, parts)) == [1, 2, 3]
    assert_runs(studio, [openjd_command(model, job, part) for part in parts])


def openjd_command(model: Any, job: Any, part: str) -> list[str]:
    """Return the words of a task as the farm fills them in."""
    symbols = model.SymbolTable()
    for name, parameter in job.parameters.items():
        symbols[f"Param.{name}"] = parameter.value
    symbols["Task.Param.Part"] = part
    run = job.steps[0].script.actions.onRun
    return [str(word.resolve(symtab=symbols)) for word in (run.command, *run.args)]


def test_a_job_of_opencue_is_as_its_specification_orders(studio: Studio, told: Path) -> None:
    spec = Et.parse(of(told, "opencue.xml")).getroot()
    assert [each.tag for each in spec] == ["show", "shot", "user", "job", "depends"]
    (layer,) = spec.iter("layer")
    order = ["cmd", "range", "chunk", "cores", "threadable", "memory", "services"]
    assert [each.tag for each in layer] == order
    assert (layer.findtext("range"), layer.findtext("chunk")) == ("1-3", "1")
    told_command = layer.findtext("cmd") or ""
    frames = [told_command.replace("#IFRAME#", str(part)) for part in (1, 2, 3)]
    assert_runs(studio, [shlex.split(each) for each in frames])


# What the Manager gives a job type; the answer is what it would make of a job.
MANAGER = """code => {
  const tasks = [];
  const author = {
    Command: (name, parameters) => ({ name, parameters }),
    Task: (name, type) => ({ name, type, commands: [], addCommand(c) { this.commands.push(c); } }),
  };
  return new Function("author", "tasks", code + `
    const settings = {};
    for (const each of JOB_TYPE.settings) settings[each.key] = each.default;
    compileJob({ settings, addTask: task => tasks.push(task) });
    return { settings: JOB_TYPE.settings, tasks: JSON.parse(JSON.stringify(tasks)) };
  `)(author, tasks);
}"""


def test_a_job_type_of_flamenco_makes_a_task_of_each_part(
    page: "Page", studio: Studio, told: Path
) -> None:
    made = page.evaluate(MANAGER, of(told, "flamenco.js").read_text())
    assert {each["type"] for each in made["settings"]} == {"string", "int32"}
    assert [task["name"] for task in made["tasks"]] == [f"part {n} of 3" for n in (1, 2, 3)]
    assert {task["type"] for task in made["tasks"]} == {"misc"}
    commands = [task["commands"][0] for task in made["tasks"]]
    assert {each["name"] for each in commands} == {"exec"}
    words = [[each["parameters"]["exe"], *each["parameters"]["args"]] for each in commands]
    assert_runs(studio, words)


@pytest.mark.parametrize(
    "options", ["--devise cuda", "--shard 1/9", "--style 'x", "--retries many"]
)
def test_options_that_batch_would_not_take_are_refused(studio: Studio, options: str) -> None:
    studio.jobs("a")
    command = [sys.executable, "-m", "model_core", "farm", str(studio.table), "--parts", "1"]
    done = subprocess.run(
        [*command, "--options", options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not list(studio.folder.glob("jambatalk-*"))


def test_more_parts_than_jobs_are_refused(
    studio: Studio, capsys: pytest.CaptureFixture[str]
) -> None:
    studio.jobs("a")
    assert main(["farm", str(studio.table), "--parts", "2"]) == 2
    assert "has 1 jobs; more parts than that have nothing to do." in capsys.readouterr().err
    assert not list(studio.folder.glob("*.xml"))
