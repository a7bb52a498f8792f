"""Makes a release: `make release`. Nothing is uploaded, nothing but the tag and dist/ is left behind.

It refuses unless all is committed and CHANGELOG.md has a section of this version; builds the sdist, and the wheel from
it; compares what is in them with what git knows; installs both into an empty environment and asks, serves and quotes
there; and tags the commit with the words of the changelog. `--check` does all of it but the tag.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path, PurePosixPath

import httpx

from rag_bot import __version__

ROOT = Path(__file__).resolve().parent
BESIDE_THE_PACKAGE = frozenset(("CHANGELOG.md", "LICENSE", "MANIFEST.in", "PACKAGE.md", "pyproject.toml"))
"""What the sdist holds of the checkout, beside the package."""
_MADE_BY_SETUPTOOLS = re.compile(r"PKG-INFO|setup\.cfg|\w+\.egg-info/.*")
_TOKEN = "a-token-for-the-trial"


class NotReady(Exception):
    """Why there is no release now, and what helps."""


def changes(changelog: str, version: str) -> str:
    """What a changelog says of a version. Raises NotReady where it says nothing."""
    heading = rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d\n(.*?)(?=^## |\Z)"
    found = re.search(heading, changelog, re.MULTILINE | re.DOTALL)
    if not found or not found[1].strip():
        raise NotReady(
            f"CHANGELOG.md says nothing of {version}. "
            f"Write what changed under `## [{version}] - {date.today()}`, as [Unreleased] has it now."
        )
    return found[1].strip()


def check_checkout(folder: Path, version: str) -> None:
    """Raises NotReady where something is not committed, or the version has its tag already."""
    if left := _git(folder, "status", "--porcelain").splitlines():
        raise NotReady(f"Not committed, {len(left)} in all: {', '.join(line[3:] for line in left[:5])}.")
    if _git(folder, "tag", "--list", f"v{version}"):
        raise NotReady(f"v{version} is tagged already. Raise __version__ in rag_bot/__init__.py.")


def build(folder: Path, into: Path, *options: str) -> tuple[Path, Path]:
    """The sdist, and the wheel that is built from it."""
    _run(sys.executable, "-m", "build", *options, "--outdir", str(into), str(folder), cwd=folder)
    (sdist,), (wheel,) = into.glob("*.tar.gz"), into.glob("*.whl")
    return sdist, wheel


def check_contents(sdist: Path, wheel: Path, package: frozenset[str]) -> None:
    """`package` are the files of it that git knows. Raises NotReady where an archive lacks some, or has others."""
    with zipfile.ZipFile(wheel) as archive:
        _compare(wheel, {name for name in archive.namelist() if ".dist-info/" not in name}, package)
    with tarfile.open(sdist) as archive_of_sources:
        inside = {PurePosixPath(*PurePosixPath(file.name).parts[1:]) for file in archive_of_sources if file.isfile()}
    named = {str(path) for path in inside if not _MADE_BY_SETUPTOOLS.fullmatch(str(path))}
    _compare(sdist, named, package | BESIDE_THE_PACKAGE)


def package_files(folder: Path) -> frozenset[str]:
    """The files of the package that git knows."""
    return frozenset(_git(folder, "ls-files", "rag_bot").splitlines())


def try_out(program: Sequence[str], place: Path, environment: Mapping[str, str]) -> None:
    """Does what somebody does first, in an empty folder: it asks for the version, ingests, asks and serves.

    `place` is an empty folder, which is home meanwhile. Raises NotReady where an answer is another one.
    """
    notes = place / "notes"
    notes.mkdir()
    (notes / "boat.md").write_text("# Boat\n\nThe boat was painted blue in May.\n", encoding="utf-8")
    kept = {name: value for name, value in environment.items() if not name.startswith(("RAG_BOT_", "XDG_"))}
    here = {**kept, "HOME": str(place), "RAG_BOT_TOKEN": _TOKEN}
    _expect(f"rag-bot {__version__}", _run(*program, "--version", cwd=place, env=here).strip())
    _run(*program, "ingest", "notes", cwd=place, env=here)
    answer = json.loads(_run(*program, "ask", "What colour was the boat?", "--json", cwd=place, env=here))
    _expect("answered", answer["verdict"])
    _expect("notes/boat.md", answer["citations"][0]["path"])
    command = [*program, "serve", "notes", "--port", "0"]
    with subprocess.Popen(command, cwd=place, env=here, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            address = server.stdout.readline().removeprefix("rag-bot is at ").partition("/?")[0].strip()
            if not address.startswith("http://"):
                raise NotReady("`rag-bot serve` did not start; above is what it said.")
            _expect("ok", httpx.get(f"{address}/health").text)
            page = httpx.get(f"{address}/", headers={"Authorization": f"Bearer {_TOKEN}"}, timeout=60)
            _expect(True, page.is_success and "rag-bot" in page.text)
        finally:
            server.terminate()


def try_in_an_empty_environment(sdist: Path, wheel: Path) -> None:
    """Installs the wheel with all that it needs, as pip is set up here, then the sdist; tries each of them out."""
    with tempfile.TemporaryDirectory(prefix="rag-bot-release-") as folder:
        place = Path(folder)
        venv.create(place / "environment", with_pip=True)
        programs = place / "environment" / ("Scripts" if os.name == "nt" else "bin")
        environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
        for archive, options in ((wheel, ()), (sdist, ("--no-deps", "--force-reinstall"))):
            print(f"Installing {archive.name} into an empty environment", flush=True)
            install = ("-m", "pip", "install", "--quiet", *options, str(archive))
            _run(str(programs / "python"), *install, cwd=place, env=environment)
            away = place / archive.name
            away.mkdir()
            try_out([str(programs / "rag-bot")], away, environment)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="do all of it but the tag")
    only_check = parser.parse_args().check
    try:
        check_checkout(ROOT, __version__)
        told = changes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), __version__)
        into = ROOT / "dist" / __version__
        for old in into.glob("*"):
            old.unlink()
        sdist, wheel = build(ROOT, into)
        check_contents(sdist, wheel, package_files(ROOT))
        _run(sys.executable, "-m", "twine", "check", "--strict", str(sdist), str(wheel), cwd=ROOT)
        try_in_an_empty_environment(sdist, wheel)
        if not only_check:
            _git(ROOT, "tag", "--annotate", f"v{__version__}", "--cleanup=verbatim", "--message", told)
    except NotReady as error:
        raise SystemExit(f"No release: {error}") from None
    print(f"{sdist}\n{wheel}\nwork where nothing else is installed.", end=" ")
    print(
        "Nothing is tagged." if only_check else f"The commit is v{__version__}; push the tag and upload them by hand."
    )


def _compare(archive: Path, inside: set[str], wanted: frozenset[str]) -> None:
    if lacking := sorted(wanted - inside):
        raise NotReady(
            f"{archive.name} lacks {', '.join(lacking[:5])}. MANIFEST.in and pyproject.toml say what it has."
        )
    if more := sorted(inside - wanted):
        raise NotReady(f"{archive.name} has {', '.join(more[:5])}, which do not belong there.")


def _expect(wanted: object, got: object) -> None:
    if got != wanted:
        raise NotReady(f"The installed program said {got!r} instead of {wanted!r}.")


def _git(folder: Path, *arguments: str) -> str:
    return _run("git", *arguments, cwd=folder).strip("\n")


def _run(*command: str, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """What a command prints; what it says as an error is shown. Raises NotReady where it fails."""
    done = subprocess.run(command, cwd=cwd, env=env, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        raise NotReady(f"`{' '.join(command)}` failed with exit code {done.returncode}.")
    return done.stdout


if __name__ == "__main__":
    main()
