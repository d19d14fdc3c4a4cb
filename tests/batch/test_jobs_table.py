"""Tables of jobs as people's programs write them; which jobs would undo each other."""

import codecs
import json
import os
import re
from pathlib import Path

import pytest

from model_core.base.errors import UserError
from model_core.batch import jobs_file, order, results
from model_core.targets import shape_map

HEADER = "audio,scene,mesh,start,output\n"
ROWS = "l.wav,s.blend,Head,5,o.blend\nl 2.wav,s.blend,Head,-3,o 2.blend\n"
PLAIN = HEADER + ROWS


def excel(text: str) -> str:
    return text.replace(",", ";").replace("\n", "\r\n")


DIALECTS = {
    "plain": PLAIN.encode(),
    "no last line end": PLAIN.rstrip().encode(),
    "Excel, CSV UTF-8": codecs.BOM_UTF8 + PLAIN.replace("\n", "\r\n").encode(),
    "Excel in Europe": codecs.BOM_UTF8 + excel(PLAIN).encode(),
    "Excel, CSV": excel(PLAIN).encode("cp1252"),
    "Excel for Macintosh, CSV": PLAIN.replace("\n", "\r").encode(),
    "Excel, Unicode text": PLAIN.replace(",", "\t").replace("\n", "\r\n").encode("utf-16"),
    "UTF-16, big end first": codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"),
    "UTF-16 without a mark": PLAIN.encode("utf-16-le"),
    "UTF-16 without a mark, big end first": PLAIN.encode("utf-16-be"),
    "UTF-32": PLAIN.encode("utf-32"),
    "sep= line": b"sep=;\r\n" + excel(PLAIN).encode(),
    "quoted sep= line": b'"sep=|"\n' + PLAIN.replace(",", "|").encode(),
    "bars": PLAIN.replace(",", "|").encode(),
    "spaces after commas": PLAIN.replace(",", ", ").encode(),
    "spaces around commas": PLAIN.replace(",", " , ").encode(),
    "tabs": PLAIN.replace(",", "\t").encode(),
    "all quoted": "".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) + "\n" for line in PLAIN.splitlines()
    ).encode(),
    "quoted after spaces": re.sub(r"(?<=,)([^,\n]+)", r' "\1"', PLAIN).encode(),
    "capitals": PLAIN.replace("audio", "Audio").replace("mesh", "MESH").encode(),
    "other order": b"output,mesh,audio,start,scene\no.blend,Head,l.wav,5,s.blend\n"
    b"o 2.blend,Head,l 2.wav,-3,s.blend\n",
    "pandas with an index": "".join(
        f"{n},{line}\n" for n, line in zip(["", "0", "1"], PLAIN.splitlines(), strict=True)
    ).encode(),
    "pandas of floats": PLAIN.replace(",5,", ",5.0,").replace(",-3,", ",-3.0,").encode(),
    "decimal commas": excel(PLAIN).replace(";5;", ";5,0;").encode(),
    "Numbers, with the table's title": ("Table 1\n" + PLAIN).encode(),
    "empty rows": (HEADER + "\n" + ROWS + "\n,,,,\n  ,  ,,,\n\n").encode(),
    "empty cells after the last": PLAIN.replace("\n", ",,,\n").encode(),
    "comments": (
        "# shots of today\n" + HEADER + "# l.wav,s.blend,Head,9,x.blend\n" + ROWS
    ).encode(),
    "more columns": "".join(
        f"{line},{more}\n" for line, more in zip(PLAIN.splitlines(), ("who", "A", "B"), strict=True)
    ).encode(),
}


def write(folder: Path, data: bytes | str) -> Path:
    path = folder / "jobs.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def read(path: Path) -> list:
    return [jobs_file.parse_job(row, path.parent) for row in jobs_file.read_rows(path)]


@pytest.mark.parametrize("data", DIALECTS.values(), ids=list(DIALECTS))
def test_every_dialect_gives_the_same_jobs(data: bytes, tmp_path: Path) -> None:
    first, second = read(write(tmp_path, data))
    assert (first.audio, first.scene, first.mesh) == (
        tmp_path / "l.wav",
        tmp_path / "s.blend",
        "Head",
    )
    assert (first.start, first.output) == (5, tmp_path / "o.blend")
    assert (second.audio, second.start) == (tmp_path / "l 2.wav", -3)
    assert second.output == tmp_path / "o 2.blend"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_names_beyond_ascii_are_read_in_any_encoding(
    encoding: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, (HEADER + "café.wav,scène.blend,Tête,1,été.blend\n").encode(encoding))
    (job,) = read(path)
    assert (job.audio.name, job.mesh, job.output.name) == ("café.wav", "Tête", "été.blend")
    told = capsys.readouterr().err
    assert ("was read as" in told) == (encoding == "cp1252")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "lacks the columns audio, scene, mesh, start, output;"),
        ("audio,scene,mesh,start,outptu\n", "lacks the column output (is 'outptu' the output?);"),
        (
            'audio,scene,mesh,start,"out\nptu"\n',
            "lacks the column output (is 'out ptu' the output?);",
        ),
        ("audio,scene,mesh\n", "lacks the columns start, output;"),
        (HEADER.replace("start", "Audio"), "lacks the column start;"),
        ("audio,scene,mesh,start,output,Output\n", "has the column output twice"),
        (b"PK\x03\x04 and so on", "is a workbook; save it as 'CSV UTF-8'"),
        (bytes(range(256)) * 8, "is not text in an encoding known here"),
        (HEADER.encode() + b"\x81\x8d\x8f\x90\x9d\n", "is not text in an encoding known here"),
        (HEADER + "x" * 200_000 + "\n", "is not a CSV file (field larger"),
    ],
)
def test_a_table_that_is_none_is_refused_in_a_sentence(
    data: bytes | str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as refusal:
        jobs_file.read_rows(write(tmp_path, data))
    assert words in str(refusal.value)


def test_a_missing_table_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no jobs file at"):
        jobs_file.read_rows(tmp_path / "none.csv")
    with pytest.raises(UserError, match="is a folder"):
        jobs_file.read_rows(tmp_path)


def test_what_is_not_read_is_said_once(tmp_path: Path) -> None:
    told: list[str] = []
    header = HEADER.replace("\n", ",shot,length,Line\n")
    row = "l.wav,s.blend,Head,1,o.blend,1,2,3\n"
    rows = jobs_file.read_rows(write(tmp_path, header + row + "#" + row), told.append)
    assert len(rows) == 1
    assert told == [
        "Columns that are not read: shot, length, line.",
        "Lines left out because they begin with #: 1.",
    ]


def test_a_sound_whose_name_begins_with_a_hash_is_a_job(tmp_path: Path) -> None:
    (tmp_path / "#1.wav").touch()
    (job,) = read(write(tmp_path, HEADER + "#1.wav,s.blend,Head,1,o.blend\n"))
    assert job.audio.name == "#1.wav"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("l.wav,s.blend,,1,o.blend", "has no mesh"),
        ("NaN,s.blend,Head,1,o.blend", "has no audio"),
        ("l.wav,s.blend,Head", "has no output"),
        ("l, 2.wav,s.blend,Head,1,o.blend", "Line 2: 6 values for 5 columns"),
        ("l.wav,s.blend,Head,soon,o.blend", "'soon' is not a frame number"),
        ('l.wav,s.blend,Head,"so\non",o.blend', "'so on' is not a frame number"),
        ("l.wav,s.blend,Head,1.5,o.blend", "1.5 is not a whole frame"),
        ('l.wav,s.blend,Head,"1,000",o.blend', "'1,000' can be read in two ways"),
        ("l.wav,s.blend,Head,1e400,o.blend", "not a frame Blender has"),
        ("l.wav,s.blend,Head,2147483648,o.blend", "not a frame Blender has"),
        ('"l\n.wav",s.blend,Head,1,o.blend', "control character"),
    ],
)
def test_a_bad_row_has_its_reason_and_the_next_is_read(
    row: str, words: str, tmp_path: Path
) -> None:
    bad, good = order.read_entries(
        jobs_file.read_rows(write(tmp_path, HEADER + row + "\nl.wav,s.blend,Head,1,p.blend\n")),
        tmp_path,
    )
    assert words in bad.problem
    assert good.job is not None


def job_with(folder: Path, **cells: str) -> object:
    """Return the job of a table with a row that has more columns than the five."""
    header = HEADER.replace("\n", "".join(f";{name}" for name in cells) + "\n").replace(",", ";")
    row = ";".join(["l.wav", "s.blend", "Head", "1", "o.blend", *cells.values()])
    (entry,) = order.read_entries(jobs_file.read_rows(write(folder, header + row + "\n")), folder)
    if entry.job is None:
        raise UserError(entry.problem)
    return entry.job


def cell_of(name: str, folder: Path) -> tuple[str, object]:
    """Return a cell that sets an option to something else than its default, and what it means."""
    each, about = jobs_file.options()[name]
    if isinstance(each.default, bool):
        return ("no", False) if each.default else ("yes", True)
    if isinstance(each.default, int):
        return str(each.default + 1), each.default + 1
    if isinstance(each.default, float):
        value = each.default + (0.25 if about.high > each.default else -0.25)
        return str(value).replace(".", ","), value
    if about.choices:
        return next((other.title(), other) for other in about.choices if other != each.default)
    if about.of_file is not None:  # of what a file holds, a map's
        file = folder / f"{name}.json"
        shape_map.write_map(shape_map.ShapeMap((shape_map.Link("jawOpen", "Jaw"),)), file)
        return file.name, about.of_file(str(file))
    text = "sad:1@2.5" if about.check is not None else "wide"
    return ("models", str(folder / "models")) if about.path else (text, text)


def test_every_option_of_a_bake_may_be_a_column(tmp_path: Path) -> None:
    cells = {word: cell_of(name, tmp_path) for word, name in jobs_file.words().items()}
    job = job_with(tmp_path, **{word: text for word, (text, _) in cells.items()})
    assert job.options == {jobs_file.words()[word]: value for word, (_, value) in cells.items()}
    assert set(job.options) == set(jobs_file.options())


@pytest.mark.parametrize("empty", ["", " ", "nan", "NaN"])
def test_a_cell_left_empty_leaves_the_option_to_the_command(empty: str, tmp_path: Path) -> None:
    assert job_with(tmp_path, **dict.fromkeys(jobs_file.words(), empty)).options == {}


@pytest.mark.parametrize("name", ["Tolerance", "TOLERANCE ", '"tolerance"'])
def test_an_option_is_known_however_its_column_is_written(name: str, tmp_path: Path) -> None:
    assert job_with(tmp_path, **{name: "0.2"}).options == {"tolerance_mm": 0.2}


@pytest.mark.parametrize(
    ("text", "output"),
    [
        *[(yes, "EXACT") for yes in ("1", "true", "TRUE", "on", "exact")],
        *[(no, "CURVES") for no in ("0", "no", "False", "off", "curves")],
    ],
)
def test_a_switch_in_a_row_can_be_off_as_well(text: str, output: str, tmp_path: Path) -> None:
    assert job_with(tmp_path, exact=text).options == {"output": output}


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"strength": "4"}, "Line 2: The column strength is wrong: 4 is not from 0 to 3."),
        ({"strength": "strong"}, "'strong' is not a number"),
        ({"strength": "1,500"}, "'1,500' can be read in two ways"),
        ({"tolerance": "-0.1"}, "-0.1 is not 0 or more"),
        ({"tolerance": "inf"}, "inf is not 0 or more"),
        ({"exact": "maybe"}, "'maybe' is not curves or exact or yes or no"),
        ({"edits": "drop"}, "The column edits is wrong: 'drop' is not keep or replace"),
        ({"checkpoint": '"a\nb"'}, "control character"),
    ],
)
def test_a_value_that_an_option_cannot_have_is_said_with_its_line(
    cells: dict[str, str], words: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as refusal:
        job_with(tmp_path, **cells)
    assert str(refusal.value).startswith("Line 2: ")
    assert words in str(refusal.value)


@pytest.mark.parametrize("name", ["strenght", "Stlye", "check point", "edit", "blink"])
def test_a_column_that_is_meant_for_an_option_is_refused(name: str, tmp_path: Path) -> None:
    header = HEADER.replace("\n", f",{name}\n")
    with pytest.raises(UserError, match=f"line 2: there is no column '{re.escape(name.lower())}'"):
        jobs_file.read_rows(write(tmp_path, "Table 1\n" + header))


def test_an_option_twice_is_refused(tmp_path: Path) -> None:
    header = HEADER.replace("\n", ",style,Style\n")
    with pytest.raises(UserError, match="has the column style twice"):
        jobs_file.read_rows(write(tmp_path, header))


@pytest.mark.parametrize("start", ["", "nan", "NaN", "1", "1.0", "+1", " 1 ", "1e0"])
def test_an_empty_start_is_the_first_frame(start: str, tmp_path: Path) -> None:
    (job,) = read(write(tmp_path, HEADER + f"l.wav,s.blend,Head,{start},o.blend\n"))
    assert job.start == 1


@pytest.mark.skipif(os.name == "nt", reason="spellings that Windows has itself")
def test_paths_of_other_systems_and_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a\u0301.wav").touch()  # as macOS has it
    (tmp_path / "b\\c.wav").touch()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/d\xe9.wav")).touch()
    rows = (
        'in\\\u00e1.wav,"""in\\s.blend""",Head,1,out\\o.blend\n'
        "b\\c.wav,~/s.blend,Head,1,./out//p.blend\n"
        f"d\u00e9.wav,{tmp_path}/s.blend,Head,1,\u202aq.blend\n"
    )
    one, two, three = read(write(tmp_path, HEADER + rows))
    assert one.audio.is_file()
    assert one.scene == tmp_path / "in" / "s.blend"
    assert one.output == tmp_path / "out" / "o.blend"
    assert two.audio.is_file()
    assert two.scene == tmp_path / "home" / "s.blend"
    assert three.audio.is_file()
    assert (three.scene, three.output) == (tmp_path / "s.blend", tmp_path / "q.blend")
    for path in ("C:\\shots\\o.blend", "\\\\server\\shots\\o.blend"):
        with pytest.raises(UserError, match="is a path of Windows"):
            read(write(tmp_path, HEADER + f"l.wav,s.blend,Head,1,{path}\n"))


def test_ten_thousand_rows_keep_their_line_numbers(tmp_path: Path) -> None:
    rows = [f'"l{n}.wav",s.blend,Head,{n},o{n}.blend' for n in range(10_000)]
    rows[3] = rows[3].replace("l3", "l\n3")  # a quoted cell of two lines
    read_rows = jobs_file.read_rows(write(tmp_path, HEADER + "\n".join(rows)))
    assert [read_rows[n].line for n in (0, 3, 4, 9_999)] == [2, 5, 7, 10_002]


def conflicts(folder: Path, *rows: str) -> dict[int, str]:
    """Return what is said of jobs whose rows are ``scene > output``."""
    cells = (row.split(" > ") for row in rows)
    lines = "".join(f'l.wav,"{scene}",Head,1,"{output}"\n' for scene, output in cells)
    path = write(folder, HEADER + lines)
    return order.conflicts(order.read_entries(jobs_file.read_rows(path), folder))


@pytest.mark.parametrize(
    "spelling", ["o.blend", "./o.blend", "sub/../o.blend", "O.BLEND", "link/o.blend", ".\\o.blend"]
)
def test_two_writers_of_one_file_are_refused_however_it_is_spelt(
    spelling: str, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    found = conflicts(tmp_path, "s.blend > o.blend", "s.blend > p.blend", f"s.blend > {spelling}")
    assert sorted(found) == [1, 3]
    assert "line 2 saves the same file as line 4" in found[1]


def test_two_writers_in_a_folder_that_is_yet_to_be_made(tmp_path: Path) -> None:
    rows = "s.blend > new/e\u0301.blend", "s.blend > New/\u00c9.blend"
    assert list(conflicts(tmp_path, *rows)) == [1, 2]


def test_jobs_may_build_on_each_other_in_order(tmp_path: Path) -> None:
    assert not conflicts(tmp_path, "s.blend > a.blend", "a.blend > b.blend", "a.blend > c.blend")
    assert not conflicts(tmp_path, "s.blend > a.blend", "./a.blend > a.blend", "a.blend > b.blend")
    assert not conflicts(tmp_path, "s.blend > s.blend", "s.blend > s.blend")


def test_a_scene_that_is_saved_later_is_refused(tmp_path: Path) -> None:
    found = conflicts(tmp_path, "a.blend > b.blend", "s.blend > a.blend")
    assert list(found) == [1]
    assert "line 2 opens a.blend, which line 3 saves after it" in found[1]
    assert 1 in conflicts(tmp_path, "s.blend > b.blend", "s.blend > s.blend")
    assert 1 in conflicts(tmp_path, "a.blend > b.blend", "b.blend > a.blend")
    assert 2 in conflicts(tmp_path, "s.blend > a.blend", "a.blend > b.blend", "a.blend > a.blend")


def made(digest: str, *jobs: str, status: str = "done") -> dict:
    return {"status": status, "output": {"sha256": digest, "jobs": list(jobs)}}


def test_results_outlive_a_line_cut_off_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "jobs.csv.results.jsonl"
    path.touch()
    results.Results(path).add(made("a", "s.1"))
    with path.open("ab") as file:
        file.write(b'{"status": "done", "outp')  # the driver is killed
    again = results.Results(path)
    again.add(made("b", "s.1", "t.2"))
    last = results.Results(path)
    assert last.lineage("a") == ("s.1",)
    assert last.lineage("b") == ("s.1", "t.2")
    assert last.lineage("c") is None
    whole = [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]
    assert [record["output"]["sha256"] for record in whole] == ["a", "b"]


def test_results_know_who_wrote_a_file(tmp_path: Path) -> None:
    kept = results.Results(None)
    kept.add(made("a", "s.1"))
    kept.add(made("b", "s.1", status="skipped"))
    kept.add({"status": "failed"})
    assert [kept.wrote(digest) for digest in "abc"] == [True, False, False]
    assert kept.lineage("b") == ("s.1",)


def test_two_batches_of_one_table_do_not_run_at_once(tmp_path: Path) -> None:
    told: list[str] = []
    table = write(tmp_path, PLAIN)
    with (
        results.open_results(table, told.append),
        pytest.raises(UserError, match=r"Another batch of jobs\.csv is under way"),
        results.open_results(table, told.append),
    ):
        raise AssertionError("a second batch began")
    with results.open_results(table, told.append):
        assert not told


def test_results_that_cannot_be_kept_are_said(tmp_path: Path) -> None:
    told: list[str] = []
    (tmp_path / "jobs.csv.results.jsonl").mkdir()
    with results.open_results(write(tmp_path, PLAIN), told.append) as kept:
        kept.add(made("a", "s.1"))
        assert kept.lineage("a") == ("s.1",)
    assert len(told) == 1
    assert "No results are kept" in told[0]


@pytest.mark.parametrize(
    ("held", "table", "in_place", "finished"),
    [
        ("", "a.1", False, ""),
        ("a.1", "a.1", False, "a.1"),
        ("a.2", "a.1", False, ""),
        ("z.9 a.1", "a.1", False, "a.1"),  # its scene was itself made by a job
        ("a.1 b.1", "a.1", False, ""),  # another job has saved it since
        ("a.1 b.1", "a.1 b.1", False, "a.1 b.1"),
        ("a.1", "a.1 b.1", False, "a.1"),  # stopped between the two
        ("a.1 b.1", "a.1 b.2", False, ""),  # made anew from the first
        ("a.1 b.1 c.1", "a.1 b.1", False, ""),  # a row was taken out
        ("a.1 b.1", "a.1 b.1", True, "a.1 b.1"),
        ("a.1 b.1", "b.1 a.1", True, "a.1 b.1"),
        ("a.1 b.1", "a.2 b.1", True, "b.1"),
        ("a.1 a.2", "a.1", True, ""),  # corrected, and back again
        ("a.1 a.2 a.1", "a.1", True, "a.1"),
        ("a.1 a.2", "a.1 a.2", True, "a.1 a.2"),  # one sound at two places
    ],
)
def test_which_jobs_a_file_holds(held: str, table: str, in_place: bool, finished: str) -> None:
    group = table.split()
    found = [
        mark
        for index, mark in enumerate(group)
        if results.holds(tuple(held.split()), group, index, in_place=in_place)
    ]
    assert sorted(found) == sorted(finished.split())
