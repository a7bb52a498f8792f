"""Images among the notes: which are shown, and what the server gives of them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from rag_bot.library import Library
from rag_bot.ui.notes import images
from rag_bot.ui.notes.links import link_targets
from rag_bot.ui.notes.markdown_view import render_markdown
from rag_bot.ui.server.access import Access, AccessToken
from rag_bot.ui.server.images import add_images
from rag_bot.ui.server.middleware import Guard

SECRET = "sixteen-letters-and-more"


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 20), **more: object) -> bytes:
    made = BytesIO()
    Image.new("RGB", size, "green").save(made, kind, **more)
    return made.getvalue()


def put(folder: Path, path: str, data: bytes) -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


@pytest.fixture
def indexed(library: Library, notes: Path, write: Callable[..., Path]) -> Library:
    """A library of one note in a folder below `notes`."""
    write("deep/a.md", "# A\n\nSee the plan.")
    library.ingest([notes])
    return library


@pytest.fixture
def shown(indexed: Library) -> Callable[[str], str]:
    """Renders a line of that note over what lies in the folder now."""

    def render(line: str) -> str:
        return render_markdown(line, range(0), link_targets(indexed).of("notes/deep/a.md"))

    return render


def client_of(library: Library, access: Access) -> TestClient:
    app = FastAPI()
    add_images(app, library)
    return TestClient(Guard(app, access), base_url="http://127.0.0.1:7860", follow_redirects=False)


@pytest.fixture
def client(indexed: Library) -> TestClient:
    return client_of(indexed, Access(7860, ("127.0.0.1",)))


def sources(html: str) -> list[str]:
    return re.findall('<img src="([^"]*)"', html)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
def test_an_image_is_shown_with_its_size_and_served_as_what_it_is(
    shown: Callable[[str], str], client: TestClient, notes: Path, kind: str
) -> None:
    data = picture(kind)
    put(notes, f"img/my plan.{kind.lower()}", data)
    html = shown(f"![[my plan.{kind.lower()}]]")
    assert 'alt="my plan.' in html
    assert 'width="40" height="20" loading="lazy"' in html
    answer = client.get(f"/{sources(html)[0]}")
    assert (answer.status_code, answer.content) == (200, data)
    assert answer.headers["content-type"] == f"image/{kind.lower()}"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "private" in answer.headers["cache-control"]
    again = client.get(f"/{sources(html)[0]}", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("![[plan.png|20]]", (20, 10)),
        ("![[plan.png|20x99]]", (20, 10)),
        ("![[plan.png|900]]", (40, 20)),
        ("![A plan|10](../img/plan.png)", (10, 5)),
        ("![A plan](../img/plan.png?x#y)", (40, 20)),
        ("![[img/plan.png]]", (40, 20)),
        ("![[PLAN.png]]", (40, 20)),
    ],
)
def test_images_are_found_as_notes_are_and_as_wide_as_it_says(
    shown: Callable[[str], str], notes: Path, written: str, size: tuple[int, int]
) -> None:
    put(notes, "img/plan.png", picture())
    html = shown(written)
    assert sources(html) == ["images/notes/img/plan.png"]
    assert f'width="{size[0]}" height="{size[1]}"' in html


def test_a_photograph_that_is_turned_has_the_size_that_it_is_shown_in(shown: Callable[[str], str], notes: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    put(notes, "turned.jpg", picture("JPEG", exif=turned))
    assert 'width="20" height="40"' in shown("![[turned.jpg]]")


def test_what_ignore_files_hidden_folders_and_the_setting_keep_out_is_neither_shown_nor_served(
    indexed: Library, shown: Callable[[str], str], client: TestClient, notes: Path
) -> None:
    indexed.settings = indexed.settings.model_copy(update={"exclude": ("secret/", "*.gif")})
    (notes / ".gitignore").write_text("ignored/\n*.webp\n")
    (notes / "deep" / ".ragbotignore").write_text("own.png\n")
    paths = ("ignored/a.png", "b.webp", ".hidden/c.png", "secret/d.png", "e.gif", "deep/own.png", ".f.png")
    for path in paths:
        kind = {"webp": "WEBP", "gif": "GIF"}.get(path.rpartition(".")[2], "PNG")
        put(notes, path, picture(kind))
        assert "is not there" in shown(f"![[{Path(path).name}]]")
        assert client.get(f"/images/notes/{path}").status_code == 404


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_links_are_not_followed(shown: Callable[[str], str], client: TestClient, notes: Path, tmp_path: Path) -> None:
    outside = put(tmp_path / "outside", "x.png", picture())
    put(notes, "real/in.png", picture())
    (notes / "link.png").symlink_to(outside)
    (notes / "inner.png").symlink_to(notes / "real" / "in.png")
    (notes / "folder").symlink_to(outside.parent)
    for path in ("link.png", "inner.png"):
        assert "cannot be read" in shown(f"![[{path}]]")
        assert client.get(f"/images/notes/{path}").status_code == 404
    assert client.get("/images/notes/folder/x.png").status_code == 404


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes by name here")
def test_a_pipe_is_not_waited_for(shown: Callable[[str], str], client: TestClient, notes: Path) -> None:
    os.mkfifo(notes / "a.png")
    assert "(the image a.png cannot be read)" in shown("![[a.png]]")
    assert client.get("/images/notes/a.png").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "notes/../outside.png",
        "notes/%2e%2e/outside.png",
        "notes/deep/../../outside.png",
        "notes/..%5coutside.png",
        "/etc/hostname",
        "%2Fetc%2Fhostname",
        "notes/deep/a.md",
        "notes/plan.png/",
        "notes//plan.png",
        "notes/%2e/plan.png",
        "notes/plan.png%00.md",
        "notes",
        "",
    ],
)
def test_paths_that_are_no_image_of_the_notes_are_not_there(client: TestClient, notes: Path, path: str) -> None:
    put(notes, "plan.png", picture())
    put(notes.parent, "outside.png", picture())
    assert client.get("/images/notes/plan.png").status_code == 200
    assert client.get(f"/images/{path}").status_code in (404, 307)
    assert not client.get(f"/images/{path}").headers["content-type"].startswith("image/")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script>",
        picture("BMP"),
        picture()[:20],
    ],
)
def test_what_is_no_image_by_its_content_is_not_shown_whatever_its_name(
    shown: Callable[[str], str], client: TestClient, notes: Path, data: bytes
) -> None:
    put(notes, "a.png", data)
    assert "(the image a.png " in shown("![[a.png]]")
    assert client.get("/images/notes/a.png").status_code == 404


def test_images_that_are_too_large_are_said_to_be_so(
    shown: Callable[[str], str], client: TestClient, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(notes, "a.png", picture())
    monkeypatch.setattr(images, "LARGEST", 50)
    assert "(the image a.png is too large to be shown)" in shown("![[a.png]]")
    assert client.get("/images/notes/a.png").status_code == 404
    monkeypatch.undo()
    monkeypatch.setattr(images, "MOST_PIXELS", 40 * 20 - 1)
    assert client.get("/images/notes/a.png").status_code == 404


def test_an_image_that_comes_or_is_kept_out_later_is_seen_to_be_so(
    shown: Callable[[str], str], client: TestClient, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "is not there" in shown("![[late.png]]")
    put(notes, "late.png", picture())
    monkeypatch.setattr(images, "_FRESH_SECONDS", -1.0)
    assert sources(shown("![[late.png]]"))
    (notes / ".ragbotignore").write_text("late.png\n")
    assert client.get("/images/notes/late.png").status_code == 404


def test_without_an_index_there_are_no_images(library: Library) -> None:
    access = Access(7860, ("127.0.0.1",))
    assert client_of(library, access).get("/images/notes/a.png").status_code == 404


def test_images_are_for_the_page_and_for_who_may_use_it(indexed: Library, notes: Path) -> None:
    put(notes, "a.png", picture())
    client = client_of(indexed, Access(7860, ("127.0.0.1",), token=AccessToken.named(SECRET)))
    path = "/images/notes/a.png"
    assert client.get(path).status_code == 403
    bearer = {"authorization": f"Bearer {SECRET}"}
    assert client.get(path, headers=bearer).status_code == 200
    assert client.get(path, headers={**bearer, "sec-fetch-site": "cross-site"}).status_code == 403
    assert client.get(path, headers={**bearer, "origin": "https://evil.example"}).status_code == 403
    assert client.get(path, headers={**bearer, "host": "evil.example"}).status_code == 400
