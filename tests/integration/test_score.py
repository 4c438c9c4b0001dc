"""Scoring a file by the command: the same bytes however often it was killed, and a sentence for whatever goes wrong."""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local.s3 import LocalS3
from picklejar.errors import BundleDamaged, FileRefused, FilesUnreachable, LiveNotAllowed, ModelNotFound
from training.registry.publish import publish
from training.score_file import champion_of, predictor_of, score, work_of

# Chunks of some hundred rows, so that a small file has many; the plan keeps where they end, as of a larger one.
SMALL = "import picklejar.batch.plan as plan; plan.CHUNK_BYTES = 20_000\n"
COMMAND = SMALL + "from training.cli import app; app(prog_name='picklejar')"
# The same without the command, whose packages take longer to import than these rows to score.
STEPS = SMALL + (
    "import sys; from pathlib import Path; from training.score_file import predictor_of, score\n"
    "score(Path(sys.argv[2]), Path(sys.argv[3]), predictor_of(Path(sys.argv[1])), lambda *_: None)"
)
# So that a signal finds them at work.
# Where the tests run in the background of a shell, Ctrl+C is ignored, by their children too.
SLOWLY = (
    "import signal, time; from picklejar.batch.job import Job\n"
    "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "score_chunk = Job.score; Job.score = lambda *chunk: (time.sleep(0.05), score_chunk(*chunk))\n"
)
HEADER = "id,avg_area_income,avg_area_house_age,avg_area_rooms,avg_area_bedrooms,area_population"


def _start(code: str, *words: str | Path) -> subprocess.Popen[str]:
    environment = os.environ | {"COLUMNS": "200", "NO_COLOR": "1"}
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)


def _run(code: str, *words: str | Path) -> str:
    process = _start(code, *words)
    said, _ = process.communicate()
    assert process.returncode == 0, said
    return said


def _write_houses(path: Path, rows: int) -> Path:
    numbers = random.Random(1)
    with path.open("w") as file:
        file.write(f"{HEADER}\n")
        for row in range(rows):
            cells = [numbers.gauss(68_000, 10_000), numbers.gauss(6, 1), numbers.gauss(7, 1), 3 + row % 3]
            broken = "?" if row % 1_000 == 7 else ""
            file.write(
                f"house {row},{','.join(f'{cell:.4f}' for cell in cells)}{broken},{numbers.gauss(36e3, 5e3):.1f}\n"
            )
    return path


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of twenty thousand houses, of which twenty have an error."""
    return _write_houses(tmp_path_factory.mktemp("houses") / "houses.csv", 20_000)


def test_every_row_comes_out_once_and_in_its_order(houses: Path, bundles: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    said = _run(COMMAND, "score", "housing", houses, target, "--build", bundles)
    assert f"{target} has 19,980 predictions by housing " in said
    assert f"20 rows have none; {target}.errors.csv says why." in said
    with target.open() as rows:
        scored = list(csv.DictReader(rows))
    assert [row["id"] for row in scored] == [f"house {row}" for row in range(20_000)]
    assert [number for number, row in enumerate(scored) if not row["prediction"]] == list(range(7, 20_000, 1_000))
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["out.csv", "out.csv.errors.csv", "out.csv.summary.json"]


def test_a_run_that_is_killed_again_and_again_ends_with_the_same_bytes(
    houses: Path, bundles: Path, tmp_path: Path
) -> None:
    whole, target = tmp_path / "whole.csv", tmp_path / "out.csv"
    _run(STEPS, bundles / "housing", houses, whole)
    moments, done = random.Random(), 0
    for _ in range(4):
        process = _start(SLOWLY + STEPS, bundles / "housing", houses, target)
        done = _kill_after(process, target, done + moments.randint(1, 10), moments.uniform(0, 0.1))
        assert not target.exists()
    _run(STEPS, bundles / "housing", houses, target)
    for beside in ("", ".errors.csv", ".summary.json"):
        assert Path(f"{target}{beside}").read_bytes() == Path(f"{whole}{beside}").read_bytes()
    assert not work_of(target).exists()


def test_ctrl_c_says_how_to_go_on(houses: Path, bundles: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    process = _start(SLOWLY + COMMAND, "score", "housing", houses, target, "--build", bundles)
    _wait_for(process, target, 2)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate()
    assert process.returncode == 130
    assert f"What is done is in {work_of(target)}; the same command goes on from there." in said
    assert "Traceback" not in said


def test_the_champion_of_a_bucket_scores_as_the_bundle_does(bundles: Path, own_s3: LocalS3, tmp_path: Path) -> None:
    few = _write_houses(tmp_path / "few.csv", 50)
    publish(bundles / "housing", own_s3.store(), lambda _: None)
    for target, predictor in (
        ("here.csv", predictor_of(bundles / "housing")),
        ("there.csv", champion_of(own_s3.store(), "housing")),
    ):
        score(few, tmp_path / target, predictor, lambda *_: None)
    assert (tmp_path / "there.csv").read_bytes() == (tmp_path / "here.csv").read_bytes()


def test_a_live_model_of_a_bucket_is_not_run(live_bundle: Path, own_s3: LocalS3) -> None:
    publish(live_bundle, own_s3.store(), lambda _: None, "to have one")
    with pytest.raises(LiveNotAllowed, match="Train it here, and leave the bucket out"):
        champion_of(own_s3.store(), "sales")


@pytest.mark.parametrize("name", ["castles", "../sales"])
def test_a_model_that_does_not_serve_is_not_found(own_s3: LocalS3, name: str) -> None:
    with pytest.raises(ModelNotFound, match="that serves"):
        champion_of(own_s3.store(), name)


def test_a_bundle_that_is_not_there_is_to_be_trained(tmp_path: Path) -> None:
    with pytest.raises(BundleDamaged, match="train the model first"):
        predictor_of(tmp_path)


@pytest.mark.parametrize(
    ("content", "target", "sentence"),
    [
        ("id\n1\n", "out.csv", "The file has no column avg_area_income, "),
        ("", "out.csv", "The file is empty."),
        (None, "out.csv", "cannot be read; is it there?"),
        (HEADER, "in.csv", "in.csv would take the place of the file that it is made from"),
        (HEADER, ".", "is a folder; name a file for the result."),
    ],
)
def test_what_cannot_be_scored_is_told_in_a_sentence_and_leaves_nothing(
    content: str | None, target: str, sentence: str, bundles: Path, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "in.csv").write_text(content)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(FileRefused) as refusal:
        score(tmp_path / "in.csv", tmp_path / target, predictor_of(bundles / "housing"), lambda *_: None)
    assert sentence in str(refusal.value)
    assert sorted(tmp_path.iterdir()) == before


def test_what_comes_beside_a_result_takes_no_place_of_a_folder_or_of_the_source(bundles: Path, tmp_path: Path) -> None:
    source = _write_houses(tmp_path / "a.csv.errors.csv", 1)
    (tmp_path / "b.csv.summary.json").mkdir()
    for target, sentence in (("a.csv", "would take the place of the file"), ("b.csv", "is a folder")):
        with pytest.raises(FileRefused, match=sentence):
            score(source, tmp_path / target, predictor_of(bundles / "housing"), lambda *_: None)
    assert not list(tmp_path.glob("*.parts"))


@pytest.mark.parametrize("name", ["a\nb.csv", "\udcff.csv"])
def test_a_name_that_cannot_be_shown_is_refused(bundles: Path, tmp_path: Path, name: str) -> None:
    source = _write_houses(tmp_path / name, 1)
    with pytest.raises(FileRefused, match="give the file another name"):
        score(source, tmp_path / "out.csv", predictor_of(bundles / "housing"), lambda *_: None)


def test_a_link_to_a_file_of_another_name_and_place_is_read(bundles: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link, target = tmp_path / "in.csv", tmp_path / "out.csv"
    link.symlink_to(_write_houses(tmp_path / "elsewhere" / "houses-2024", 3))
    assert score(link, target, predictor_of(bundles / "housing"), lambda *_: None).rows == 3


def test_a_folder_or_a_pipe_is_no_source_and_a_pipe_no_target(bundles: Path, tmp_path: Path) -> None:
    predictor, pipe = predictor_of(bundles / "housing"), tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    for source in (tmp_path, pipe):
        with pytest.raises(FileRefused, match="is a folder, a device or a pipe"):
            score(source, tmp_path / "out.csv", predictor, lambda *_: None)
    with pytest.raises(FileRefused, match="is a device or a pipe, and the result would take its place"):
        score(_write_houses(tmp_path / "in.csv", 1), pipe, predictor, lambda *_: None)


def test_a_place_where_nothing_can_be_written_is_told_in_a_sentence(bundles: Path, tmp_path: Path) -> None:
    source = _write_houses(tmp_path / "in.csv", 1)
    with pytest.raises(FilesUnreachable, match="name another place"):
        score(source, source / "out.csv", predictor_of(bundles / "housing"), lambda *_: None)


def test_a_file_that_is_changed_while_it_is_scored_has_no_result(bundles: Path, tmp_path: Path) -> None:
    source, target = _write_houses(tmp_path / "in.csv", 10), tmp_path / "out.csv"
    with pytest.raises(FileRefused, match="was changed while it was read"):
        score(source, target, predictor_of(bundles / "housing"), lambda *_: source.touch())
    # Nor does anything of it come into another.
    assert sorted(tmp_path.iterdir()) == [source]


def _kill_after(process: subprocess.Popen[str], target: Path, parts: int, seconds: float) -> int:
    """Kill the process some moment after so many chunks are done; return how many are then."""
    _wait_for(process, target, parts)
    time.sleep(seconds)
    process.kill()
    process.communicate()
    return _done(target)


def _wait_for(process: subprocess.Popen[str], target: Path, parts: int) -> None:
    while _done(target) < parts:
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.001)


def _done(target: Path) -> int:
    return len(list(work_of(target).glob("*/[0-9]*.json")))
