"""What a browser loads before the page can be used: from memory, named ahead, kept for good."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from rag_bot.ui.server.frontend import Frontend, needed
from rag_bot.ui.server.gradio_import import pages_folder
from tests.ui.conftest import opened_page

FILES = {
    "index-1.js": "import(`./Index-2.js`),__vite__mapDeps([0,1])",
    "Index-2.js": 'import{a}from"./shared-3.js";import(`./Blocks-4.js`),__vite__mapDeps([0]);import(`./Login-9.js`),x',
    "core-5.js": 'm.f=["./html-6.css"];html:{base:()=>v(()=>import(`./html-7.js`),__vite__mapDeps([0]))},image:{x}',
    "shared-3.js": 'import"./core-5.js";' + "// filled up to what is worth compressing " * 20,
    **dict.fromkeys(("Blocks-4.js", "html-7.js", "Login-9.js", "html-6.css"), ""),
}
DOCUMENT = """<html><head><title>x</title><script type="module" src="./assets/index-1.js"></script>
<script>(() => { x.src = "js/iframeResizer.contentWindow.min.js"; })();</script><script>"theme_hash":"abc"</script>
<link rel="manifest" href="/manifest.json" /></head><body style="x"><gradio-app></gradio-app></body></html>"""
OURS = {"our.js": "run()", "our.css": "p {}"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    for name, text in FILES.items():
        (tmp_path / "assets" / name).write_text(text)
    (tmp_path / "secret.txt").write_text("secret")
    return tmp_path


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def client(folder: Path, asked: list[str]) -> Iterator[TestClient]:
    def page(request: Any) -> HTMLResponse:
        asked.append(str(request.url))
        return HTMLResponse(DOCUMENT)

    def other(request: Any) -> PlainTextResponse:
        asked.append(request.url.path)
        return PlainTextResponse("theme" if request.url.path == "/theme.css" else "the app's own", 200)

    app = Starlette(routes=[Route("/", page), Route("/{path:path}", other)])
    with TestClient(Frontend(app, folder, ["html", "no-such"], OURS, "<meta>", "<p>opening</p>")) as opened:
        yield opened


def test_the_files_that_a_page_needs_are_found_and_no_others(folder: Path) -> None:
    assert needed(folder / "assets", ["index-1.js"], ["html"]) == [
        *("Index-2.js", "shared-3.js", "Blocks-4.js", "core-5.js", "html-7.js", "html-6.css")
    ]
    assert "html-7.js" not in needed(folder / "assets", ["index-1.js"], ["image"])


def test_the_document_names_them_once_made_for_each_address(client: TestClient, asked: list[str]) -> None:
    html = client.get("/?__theme=dark").text
    assert '<link rel="modulepreload" href="./assets/Blocks-4.js">' in html
    assert '<link rel="preload" as="style" crossorigin href="./assets/html-6.css">' in html
    assert '<link rel="preload" as="style" href="./theme.css?v=abc">' in html
    assert html.count("index-1.js") == 1
    assert '<body style="x"><p>opening</p><gradio-app>' in html
    script = r'<head><meta><script defer src="./assets/our-\w+.js"></script>'
    assert re.search(script + r'<link rel="stylesheet" href="./assets/our-\w+.css">', html)
    assert "iframeResizer" not in html
    assert "manifest" not in html
    assert client.get("/").text == html
    assert asked == ["http://testserver/"]
    client.get("/", headers={"Host": "other"})
    assert asked[1:] == ["http://other/"]


def test_files_are_kept_for_good_and_compressed_for_who_takes_that(client: TestClient, asked: list[str]) -> None:
    plain = client.get("/assets/shared-3.js", headers={"Accept-Encoding": "identity"})
    small = client.get("/assets/shared-3.js", headers={"Accept-Encoding": "gzip, br"})
    assert plain.text == small.text == FILES["shared-3.js"]
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert int(small.headers["Content-Length"]) == len(gzip.compress(plain.content, 6))
    assert small.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert small.headers["Content-Type"].startswith("text/javascript")
    assert client.get("/theme.css?v=abc").text == client.get("/theme.css?v=abc").text == "theme"
    assert asked == ["/theme.css"]


def test_our_own_files_have_other_names_when_they_say_something_else(client: TestClient, folder: Path) -> None:
    names = re.findall(r"our-\w+\.\w+", client.get("/").text)
    answers = [client.get(f"/assets/{name}") for name in names]
    assert [answer.text for answer in answers] == list(OURS.values())
    assert {answer.headers["Cache-Control"] for answer in answers} == {"private, max-age=31536000, immutable"}
    app = Starlette(routes=[Route("/", lambda _: HTMLResponse(DOCUMENT))])
    changed = Frontend(app, folder, [], {"our.js": "run(1)"}, "", "")
    assert names[0] not in TestClient(changed).get("/").text


@pytest.mark.parametrize("name", ["../secret.txt", "%2e%2e/secret.txt", "nowhere.js", ".", ""])
def test_what_is_no_file_there_is_left_to_the_app(client: TestClient, name: str) -> None:
    assert "secret" not in client.get(f"/assets/{name}").text


def test_other_paths_and_methods_are_the_app_s(client: TestClient) -> None:
    assert client.get("/config").text == "the app's own"
    assert client.post("/assets/index-1.js").status_code == 405


def test_gradio_s_own_files_are_read_rightly() -> None:
    folder = pages_folder()
    first = re.findall(r'"\./assets/([\w.-]+)"', (folder / "index.html").read_text())
    names = {name.partition("-")[0] for name in needed(folder / "assets", first, ["html", "column"])}
    assert {"core", "Blocks", "HTML", "Index"} <= names
    assert len(needed(folder / "assets", first, ["html"])) < len(needed(folder / "assets", first, ["html", "textbox"]))


def test_every_script_that_the_page_loads_is_named_ahead(browser: Any, app_address: str) -> None:
    with opened_page(browser, app_address) as page:
        naming = "link[href*=assets], script[src*=assets]"
        named = page.evaluate(f"[...document.querySelectorAll('{naming}')].map((one) => one.href ?? one.src)")
        loaded = page.evaluate(
            "performance.getEntriesByType('resource').map((one) => one.name).filter((name) => name.includes('assets'))"
        )
    assert [name for name in loaded if name.endswith(".js") and name not in named] == []


def test_gradio_is_imported_without_looking_for_the_source_of_its_classes() -> None:
    code = """
import inspect
found = inspect.getfile
from rag_bot.ui.server.gradio_import import without_stubs
with without_stubs():
    import gradio
import gradio.component_meta as meta
assert inspect.getfile is found
assert inspect.getfile(gradio.HTML).endswith("html.py")
with without_stubs():
    meta.create_or_modify_pyi(gradio.HTML, "no such class", [])  # would raise, for want of its source
"""
    subprocess.run([sys.executable, "-c", code], check=True)
