"""Which files below a folder are notes."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from pathspec import GitIgnoreSpec

from rag_bot.errors import UsageError
from rag_bot.files import stamp_of
from rag_bot.ignoring import ignore_rules
from rag_bot.ingestion.walk import walk
from rag_bot.records import Failure


def write(root: Path, *paths: str, text: str = "x") -> None:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def found(root: Path) -> list[str]:
    return [file.path for file in walk(root)]


def test_notes_are_found_by_their_suffix_in_order(tmp_path: Path) -> None:
    write(tmp_path, "b.md", "A.MD", "sub/deep/c.markdown", "d.txt", "e.png", "md", "sub/f.md.bak")
    assert found(tmp_path) == ["A.MD", "b.md", "d.txt", "sub/deep/c.markdown"]


def test_a_stamp_is_of_size_times_and_inode() -> None:
    status = Path(__file__).stat()
    expected = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
    assert stamp_of(status).split() == [str(number) for number in expected]


def test_a_file_written_a_moment_ago_has_no_stamp_yet(tmp_path: Path) -> None:
    write(tmp_path, "a.md", text="four")
    (file,) = walk(tmp_path)
    assert file.stamp == ""


def test_names_that_start_with_a_dot_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, ".obsidian/a.md", ".hidden.md", "b/.git/c.md", "d.md")
    assert found(tmp_path) == ["d.md"]


def test_ignore_files_work_as_in_git(tmp_path: Path) -> None:
    write(
        tmp_path,
        "drafts/a.md",
        "keep/drafts.md",
        "x.tmp.md",
        "important.tmp.md",
        "sub/y.tmp.md",
        "sub/z.md",
        "sub/q/z.md",
    )
    (tmp_path / ".gitignore").write_text("# comment\n\ndrafts/\n*.tmp.md\n!important.tmp.md\n")
    (tmp_path / "sub" / ".gitignore").write_text("/z.md\n!y.tmp.md\n")
    assert found(tmp_path) == ["important.tmp.md", "keep/drafts.md", "sub/q/z.md", "sub/y.tmp.md"]


def test_our_own_ignore_file_comes_last(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "b.md", "c.md")
    (tmp_path / ".gitignore").write_text("a.md\n")
    (tmp_path / ".ragbotignore").write_text("!a.md\nb.md\n")
    assert found(tmp_path) == ["a.md", "c.md"]


def test_a_file_cannot_come_back_from_an_ignored_folder(tmp_path: Path) -> None:
    write(tmp_path, "out/a.md", "b.md")
    (tmp_path / ".gitignore").write_text("out/\n!out/a.md\n")
    assert found(tmp_path) == ["b.md"]


def test_lines_that_are_no_pattern_are_skipped(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "b.md")
    (tmp_path / ".gitignore").write_bytes(b"!\n/\n***\\\n\xff\xfe[\n[z-a]\na.md\n")
    assert found(tmp_path) == ["b.md"]


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ("a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", f"{'a' * 240}.md"),
        ("**/a/**/a/**/a/**/a/**/a/**/a/**/a/**/x", f"{'a/' * 150}n.md"),
        ("**/*a*a*a*a*a*a*/**/*a*a*a*a*a*/**/*b*b", f"{'aaaaaaaaaaaaaaaaaaa/' * 20}n.md"),
    ],
    ids=["stars", "folders", "both"],
)
def test_a_rule_that_could_try_for_a_lifetime_does_not(tmp_path: Path, rule: str, path: str) -> None:
    write(tmp_path, path)
    (tmp_path / ".gitignore").write_text(f"{rule}\n")
    walking = "import sys, pathlib; from rag_bot.ingestion.walk import walk; print(*walk(pathlib.Path(sys.argv[1])))"
    done = subprocess.run(
        [sys.executable, "-c", walking, str(tmp_path)], timeout=60, capture_output=True, text=True, check=True
    )
    assert path in done.stdout


def test_rules_mean_what_pathspec_says() -> None:
    """Over rules and paths of few characters, so that many match."""
    chance = random.Random(14)
    names = ["a", "b", "ab", ".", "*", "?", "[ab]", "[a-c]", "\\*", "**", "+", "(", "é"]
    matched = 0
    for _ in range(1_500):
        rule = "/".join("".join(chance.choices(names, k=chance.randint(1, 4))) for _ in range(chance.randint(1, 4)))
        rule = chance.choice(["", "/", "!", "**/"]) + rule + chance.choice(["", "/", "/**", "/**/b"])
        pathspec, ours = GitIgnoreSpec.from_lines([rule], backend="simple"), ignore_rules([rule])
        for _ in range(20):
            path = "/".join("".join(chance.choices("aab*+(é", k=chance.randint(1, 3))) for _ in range(4))
            path = "/".join(path.split("/")[: chance.randint(1, 4)]) + chance.choice(["", "/"])
            expected = pathspec.check_file(path).include
            matched += expected is not None
            assert ours.check_file(path).include is expected, (rule, path)
    assert matched > 500


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize(
    ("rule", "path", "is_ignored"),
    [
        ("foo", "foo\n", False),
        ("a[!b]c", "a/c", False),
        ("a[!b]c", "axc", True),
        ("**/x", "line\nend/x", True),
        ("[z-a]", "b", False),
        ("a/**/b", "a/b", True),
        ("a/**/b/**/c", "a/x/b/y/b/c", True),
        ("*a*b", "xaxbxab", True),
    ],
)
def test_rules_mean_what_git_says(tmp_path: Path, rule: str, path: str, is_ignored: bool) -> None:
    git = ["git", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "-q"], check=True, capture_output=True)
    (tmp_path / ".gitignore").write_text(f"{rule}\n")
    asked = subprocess.run([*git, "check-ignore", "-q", "--no-index", "--stdin", "-z"], input=f"{path}\0".encode())
    assert (asked.returncode == 0) is is_ignored
    assert bool(ignore_rules([rule]).check_file(path).include) is is_ignored


def test_a_folder_whose_rules_are_too_many_is_left_out_and_named(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "sub/secret.md", "sub/below/b.md")
    (tmp_path / "sub" / ".gitignore").write_text("rule\n" * 20_000 + "secret.md\n")
    failures: list[Failure] = []
    assert [file.path for file in walk(tmp_path, failures.append)] == ["a.md"]
    assert [failure.path for failure in failures] == ["sub/.gitignore"]
    assert failures[0].error.startswith("The ignore file has 100,010 bytes; ")


def test_links_are_followed_to_files_inside_the_root_only(tmp_path: Path) -> None:
    write(tmp_path, "outside.md", "root/.store/a.md", "root/b.md")
    root = tmp_path / "root"
    (root / "in.md").symlink_to(root / ".store" / "a.md")
    (root / "out.md").symlink_to(tmp_path / "outside.md")
    (root / "gone.md").symlink_to(root / "nothing.md")
    (root / "loop.md").symlink_to(root / "loop.md")
    (root / "circle").symlink_to(root, target_is_directory=True)
    (root / "folder.md").symlink_to(root, target_is_directory=True)
    failures: list[Failure] = []
    assert [file.path for file in walk(root, failures.append)] == ["b.md", "in.md"]
    assert failures == []


def test_a_sibling_folder_with_the_same_beginning_is_outside(tmp_path: Path) -> None:
    write(tmp_path, "root2/a.md", "root/b.md")
    (tmp_path / "root" / "a.md").symlink_to(tmp_path / "root2" / "a.md")
    assert found(tmp_path / "root") == ["b.md"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")
def test_pipes_and_sockets_are_no_notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.md")
        write(tmp_path, "a.md")
        (tmp_path / "folder.md").mkdir()
        assert found(tmp_path) == ["a.md"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_not_utf_8_is_reported(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    for name in (b"\xff.md", b"\xfe"):
        path = os.path.join(os.fsencode(tmp_path), name)  # noqa: PTH118 - bytes
        if name.endswith(b".md"):
            os.close(os.open(path, os.O_CREAT))
        else:
            os.mkdir(path)  # noqa: PTH102 - bytes
    failures: list[Failure] = []
    assert [file.path for file in walk(tmp_path, failures.append)] == ["a.md"]
    assert sorted(failure.path for failure in failures) == ["\ufffd", "\ufffd.md"]
    assert all("UTF-8" in failure.error for failure in failures)


def test_a_folder_that_cannot_be_listed_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.md", "closed/b.md")
    real = os.scandir

    def scandir(path: str) -> os._ScandirIterator[str]:  # root may read anything, so permissions alone do not do
        if Path(path).name == "closed" or str(path).endswith("closed/"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    failures: list[Failure] = []
    assert [file.path for file in walk(tmp_path, failures.append)] == ["a.md"]
    assert failures == [Failure("closed", "The folder cannot be listed: Permission denied.")]


def test_a_root_that_is_no_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    with pytest.raises(UsageError, match="does not exist"):
        walk(tmp_path / "nothing")
    with pytest.raises(UsageError, match="is a file; give the folder that holds it: "):
        walk(tmp_path / "a.md")


def test_a_root_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def scandir(_path: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(UsageError, match="cannot be listed \\(Permission denied\\)"):
        walk(tmp_path)


def test_deep_folders_are_walked_without_recursion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    deep = [Path(*["d"] * depth) for depth in range(1, 1_201)]
    for folder in deep:
        folder.mkdir()
    (deep[-1] / "a.md").write_text("x")
    assert found(tmp_path) == [(deep[-1] / "a.md").as_posix()]
    (deep[-1] / "a.md").unlink()
    for folder in reversed(deep):  # pytest could not remove them
        folder.rmdir()
