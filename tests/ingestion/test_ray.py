"""Passages embedded on a Ray cluster: the index is the same, whatever becomes of the workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rag_bot import Library
from rag_bot.cli import main
from rag_bot.ingestion import prepare
from rag_bot.models.ray_cluster import ClusterUnusable
from rag_bot.processes import child_environment
from rag_bot.records import Progress
from rag_bot.settings import Settings
from rag_bot.store.catalogue import Catalogue
from tests.chroma import free_port
from tests.index_contents import contents, differences, visible_notes
from tests.ray_nodes import RayNodes, ray_nodes

Write = Callable[..., Path]
NOTES = 40


@pytest.fixture(scope="module")
def running() -> Iterator[RayNodes]:
    with ray_nodes() as nodes:
        yield nodes


@pytest.fixture
def cluster(running: RayNodes) -> RayNodes:
    """With two workers, whatever an earlier test killed."""
    running.have(2)
    return running


@pytest.fixture
def boats(notes: Path, write: Write) -> Path:
    """A folder of notes of several passages, one of which stands in all of them."""
    said = "The harbour master wants to know each evening which boats are out, and who is on board. " * 6
    for number in range(NOTES):
        parts = [f"# Boat {number}.{part}\n\nIt lies in harbour {number * part}.\n\n{said}" for part in range(5)]
        write(f"{number:02}.md", "\n\n".join(parts))
    write("same.md", f"# Harbour\n\n{said}")
    write("same again.md", f"# Harbour\n\n{said}")
    return notes


@pytest.fixture
def _small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that there are many, as in a library that is worth a cluster."""
    monkeypatch.setattr(prepare, "FLUSH_CHUNKS", 16)
    monkeypatch.setattr(prepare, "FIRST_PART", 10)


def vectors(index: Path) -> dict[str, bytes]:
    with closing(Catalogue.open(index)) as catalogue:
        return dict(catalogue.stored_vectors())


def once_read(notes: int, do: Callable[[], object]) -> Callable[[Progress], None]:
    """Does it when so many notes have been read."""
    done: list[object] = []

    def on_progress(progress: Progress) -> None:
        if progress.stage == "notes" and progress.done >= notes and not done:
            done.append(do())

    return on_progress


def command(settings: Settings, *arguments: str) -> list[str]:
    before = ("--index", str(settings.index), "--cache", str(settings.cache))
    return [sys.executable, "-P", "-m", "rag_bot", *before, *arguments]


@pytest.mark.slow
@pytest.mark.usefixtures("_small_portions")
def test_the_index_is_that_of_an_ingest_without_ray_also_where_a_worker_is_killed_meanwhile(
    boats: Path, cluster: RayNodes, tmp_path: Path, model_cache: Path
) -> None:
    alone = Library(Settings(notes=(), index=tmp_path / "alone", cache=model_cache))
    with alone:
        expected = alone.ingest([boats])
    for address, kills in ((cluster.client_address, 0), (cluster.address, 1)):
        with Library(Settings(notes=(), index=tmp_path / f"with-{kills}", cache=model_cache)) as there:
            report = there.ingest(
                [boats], ray=address, on_progress=once_read(20 if kills else 999, cluster.kill_worker)
            )
            assert (report.plan, report.chunks_embedded) == (expected.plan, expected.chunks_embedded)
            assert differences(contents(there.settings.index), contents(alone.settings.index)) == []
            assert vectors(there.settings.index) == vectors(alone.settings.index)


@pytest.mark.slow
@pytest.mark.usefixtures("_small_portions")
def test_without_workers_the_state_before_answers_and_the_next_ingest_embeds_what_is_missing(
    library: Library, boats: Path, write: Write, cluster: RayNodes
) -> None:
    library.ingest([boats])
    index = library.settings.index
    before, earlier = visible_notes(index), vectors(index).keys()
    for number in range(NOTES):
        empty = " ".join(f"On day {day} nobody was on board of {number}." for day in range(400))
        write(f"{number:02}.md", f"# Boat {number}\n\nIt has sunk.\n\n{empty}")  # takes longer than to kill workers

    def kill_all() -> None:
        cluster.kill_worker()
        cluster.kill_worker()

    with pytest.raises(ClusterUnusable, match=r"Nothing is lost.*goes on\.") as caught:
        library.ingest(ray=cluster.address, on_progress=once_read(10, kill_all))
    assert "\n" not in str(caught.value)
    assert visible_notes(index) == before
    assert library.search("Where does boat 7.2 lie?")
    entered = vectors(index).keys() - earlier
    report = library.ingest()
    assert len(report.plan.changed) == NOTES
    assert entered
    assert report.chunks_embedded == len(vectors(index).keys() - earlier - entered)
    assert library.verify().problems == ()


@pytest.mark.slow
def test_the_command_is_stopped_by_ctrl_c_and_takes_nothing_for_a_module_that_lies_among_the_notes(
    library: Library, boats: Path, cluster: RayNodes, tmp_path: Path
) -> None:
    for name in ("onnxruntime", "ray", "rag_bot", "numpy"):
        (boats / f"{name}.py").write_text(f"open({str(tmp_path / 'was-run')!r}, 'w')\n")
    asked = command(library.settings, "ingest", str(boats), "--ray", cluster.address)
    environment = child_environment(XDG_DATA_HOME=os.environ["XDG_DATA_HOME"])
    options: dict[str, Any] = {"cwd": boats, "env": environment, "text": True}
    started = subprocess.Popen([*asked, "--progress"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    with started:
        assert started.stderr
        while "notes" not in (line := started.stderr.readline()):
            assert line
        started.send_signal(signal.SIGINT)
        assert started.communicate()[1].splitlines()[-1] == "rag-bot: Stopped. Nothing is lost."
    assert started.returncode == 130
    done = subprocess.run([*asked, "--json"], capture_output=True, check=True, **options)
    assert json.loads(done.stdout)["added"] == NOTES + 2
    assert [line for line in done.stderr.splitlines() if "Reading and embedding" not in line] == []
    assert not (tmp_path / "was-run").exists()


@pytest.mark.parametrize("address", ["local", "somewhere", "http://127.0.0.1:8265", "127.0.0.1:70000"])
def test_what_is_no_address_of_a_cluster_is_wrong_usage(
    library: Library, boats: Path, capsys: pytest.CaptureFixture[str], address: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--index", str(library.settings.index), "ingest", str(boats), "--ray", address])
    assert ended.value.code == 2
    assert "no address of a Ray cluster: auto, HOST:6379 or ray://HOST:10001" in capsys.readouterr().err
    assert not library.settings.index.exists()


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_a_cluster_that_is_not_there_is_told_in_one_line_and_nothing_changes(
    library: Library, boats: Path, scheme: str
) -> None:
    with pytest.raises(ClusterUnusable, match=r"cannot be reached: Connection refused\. Nothing is lost") as caught:
        library.ingest([boats], ray=f"{scheme}127.0.0.1:{free_port()}")
    assert "\n" not in str(caught.value)
    assert library.ingest([boats]).chunks_embedded
    assert library.ingest(ray=f"{scheme}127.0.0.1:{free_port()}").chunks_embedded == 0  # nothing to ask it for


def test_without_the_package_it_is_said_what_brings_it(
    library: Library, boats: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ClusterUnusable, match=r"pip install 'rag-bot\[ray\]'"):
        library.ingest([boats], ray="auto")


@pytest.mark.parametrize("other", ["--watch", "--dry-run"])
def test_it_goes_with_a_sync_alone(boats: Path, capsys: pytest.CaptureFixture[str], other: str) -> None:
    with pytest.raises(SystemExit):
        main(["ingest", str(boats), "--ray", "auto", other])
    assert "exclude each other" in capsys.readouterr().err
