"""What a browser loads before the page can be used: Gradio's document and its files, served from memory.

Gradio answers each of some sixty files by a route of its own, compressed anew each time, to be asked for again at every
reload; and its scripts name each other one by one, so that a browser learns late what it needs. Here the document names
them all at once, files are compressed once and kept by the browser for good, for their names carry hashes of them.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import Response

from rag_bot.ui.server.asgi import App, Receive, Scope, Send

_ASSETS, _THEME = "/assets/", "/theme.css"
_FOR_GOOD = "private, max-age=31536000, immutable"  # a year, the most that is usual
_MOST_DOCUMENTS = 8  # one for each name of the host; set by hand
_SMALLEST_COMPRESSED = 500  # bytes; less is not worth it
# How Vite, which builds Gradio's files, writes in them what else is needed: `from"./x.js"`, `import"./x.js"`,
# import(`./x.js`), a list of names, and for each import that is made later, numbers in that list. Where a later Gradio
# writes it otherwise, less is named ahead and all still works.
_IMPORTED = re.compile(r"""(?:from|import)\s*["'`]\./([\w.-]+\.js)["'`]""")
_LATER = re.compile(r"""import\(\s*["'`]\./([\w.-]+\.js)["'`]\)[^,]{0,40},__vite__mapDeps\(\[([\d,]*)\]\)""")
_NAMES = re.compile(r"m\.f=\[([^\]]*)\]")
_NAME = re.compile(r"""["'`](?:\./)?([\w.-]+\.(?:js|css))["'`]""")
_FIRST = re.compile(r'(?:src|href)="\./assets/([\w.-]+)"')
_THEME_HASH = re.compile(r'"theme_hash":\s*"(\w+)"')
# What the document asks for and the page has no use for: a script for pages in frames, and what phones install.
_USELESS = re.compile(
    r"<script>\s*\(\(\) => \{(?:(?!</script>).)*iframeResizer\.contentWindow(?:(?!</script>).)*</script>"
    r'|<link rel="manifest"[^>]*>',
    re.DOTALL,
)


class Frontend:
    """Answers what is the same for everybody, and leaves the rest to the app. It stands behind the `Guard`.

    `folder` is where Gradio's built pages are, `kinds` are the names of the components that ours is made of, `files`
    are the scripts and styles that it has beside them, by name, `head` is what else is put into the document's head,
    and `page` is the HTML that its body begins with.
    """

    def __init__(
        self, app: App, folder: Path, kinds: Iterable[str], files: Mapping[str, str], head: str, page: str
    ) -> None:
        self._app = app
        self._assets = folder / "assets"
        self._kinds = sorted(set(kinds))
        self._page = page
        self._files: dict[str, Kept] = {}
        self._head = head
        for name, text in files.items():
            stem, _, ending = name.rpartition(".")
            hashed = f"{stem}-{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}.{ending}"
            self._files[hashed] = Kept(text.encode(), _kind(hashed), _FOR_GOOD)
            # A script runs before Gradio's own, which stands behind it, and the styles hold from the first paint on.
            how = '<script defer src="{}"></script>' if ending == "js" else '<link rel="stylesheet" href="{}">'
            self._head += how.format(f".{_ASSETS}{hashed}")
        self._documents: dict[tuple[str, ...], Kept] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kept = None
        if scope["type"] == "http" and scope["method"] == "GET":
            if scope["path"] == "/":
                kept = await self._document(scope, receive)
            elif scope["path"] == _THEME:
                kept = await self._theme(scope, receive)
            elif scope["path"].startswith(_ASSETS):
                kept = self._file(scope["path"].removeprefix(_ASSETS))
        await (kept.answer(scope) if kept else self._app)(scope, receive, send)

    def _file(self, name: str) -> Kept | None:
        path = self._assets / name
        if name not in self._files and path.parent == self._assets and path.is_file():
            self._files[name] = Kept(path.read_bytes(), _kind(name), _FOR_GOOD)
        return self._files.get(name)

    async def _theme(self, scope: Scope, receive: Receive) -> Kept | None:
        """The colours of Gradio's own parts; the address that the page has for them carries a hash."""
        if _THEME not in self._files and (given := await _given(scope, receive, self._app)):
            self._files[_THEME] = Kept(given.encode(), "text/css", _FOR_GOOD)
        return self._files.get(_THEME)

    async def _document(self, scope: Scope, receive: Receive) -> Kept | None:
        """Gradio's document, made once for each address that the page goes by; None where it gives none."""
        key = (scope["scheme"], Headers(scope=scope).get("host", ""), scope.get("root_path", ""))
        if key not in self._documents:
            given = await _given({**scope, "query_string": b""}, receive, self._app)
            if given is None:
                return None
            while len(self._documents) >= _MOST_DOCUMENTS:
                del self._documents[next(iter(self._documents))]
            self._documents[key] = Kept(self._complete(given).encode(), "text/html; charset=utf-8", "no-cache")
        return self._documents[key]

    def _complete(self, document: str) -> str:
        """The document with the page, and with the names of all files that it needs."""
        document = _USELESS.sub("", document)
        theme = _THEME_HASH.search(document)
        links = [f'<link rel="preload" as="style" href=".{_THEME}?v={theme[1]}">'] if theme else []
        for name in needed(self._assets, _FIRST.findall(document), self._kinds):
            # They have to ask in the way that Gradio's own scripts do, or the browser loads both.
            how = 'rel="modulepreload"' if name.endswith(".js") else 'rel="preload" as="style" crossorigin'
            links.append(f'<link {how} href=".{_ASSETS}{name}">')
        document = document.replace("<head>", f"<head>{self._head}", 1)
        document = document.replace("</head>", f"{''.join(links)}</head>", 1)
        return re.sub("<body[^>]*>", lambda body: body[0] + self._page, document, count=1)


class Kept:
    """A response that is the same for everybody, compressed when it is first asked for so."""

    def __init__(self, body: bytes, kind: str, caching: str) -> None:
        self._body = body
        self._headers = {"Content-Type": kind, "Cache-Control": caching, "Vary": "Accept-Encoding"}

    @cached_property
    def _compressed(self) -> bytes:
        return gzip.compress(self._body, compresslevel=6)

    def answer(self, scope: Scope) -> Response:
        if len(self._body) > _SMALLEST_COMPRESSED and "gzip" in Headers(scope=scope).get("accept-encoding", ""):
            return Response(self._compressed, headers=self._headers | {"Content-Encoding": "gzip"})
        return Response(self._body, headers=self._headers)


def _kind(name: str) -> str:
    """The type of a file. Windows may be told to say otherwise of scripts, and browsers run none that is called so."""
    return "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0] or "text/plain"


async def _given(scope: Scope, receive: Receive, app: App) -> str | None:
    """The text that an app answers with; None where it is anything but a whole page."""
    status, parts = 0, []

    async def take(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            parts.append(message.get("body", b""))

    plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    await app({**scope, "headers": plain}, receive, take)
    return b"".join(parts).decode() if status == 200 else None


def needed(assets: Path, first: Iterable[str], kinds: Iterable[str]) -> list[str]:
    """The files that a page with these kinds of components loads after those that its document names (`first`)."""
    named = list(first)
    found = dict.fromkeys(named)
    waiting = [name for name in named if name.endswith(".js")]
    while waiting:
        for name in _loaded_by(assets / waiting.pop(0), kinds):
            if name not in found and (assets / name).is_file():
                found[name] = None
                if name.endswith(".js"):
                    waiting.append(name)
    return [name for name in found if name not in named]


def _loaded_by(script: Path, kinds: Iterable[str]) -> Iterator[str]:
    """The files that a script imports, and of those that it imports later the ones that our page needs.

    `index` and `Index` go on to `Index`, `core` and `Blocks`, which every page has; `core` knows the components.
    """
    text = script.read_text(encoding="utf-8")
    yield from _IMPORTED.findall(text)
    later: list[tuple[str, str]] = []
    if script.name.startswith("core-"):
        for kind in kinds:
            if files := re.search(rf"\b{kind}:\{{([^{{}}]*)\}}", text):  # `html:{base:()=>…,component:()=>…}`
                later += _LATER.findall(files[1])
    elif script.name.startswith(("index-", "Index-")):
        later = [found for found in _LATER.findall(text) if found[0].startswith(("Index-", "core-", "Blocks-"))]
    listed = _NAMES.search(text)
    names = _NAME.findall(listed[1]) if listed else []
    for name, numbers in later:
        yield name
        yield from (names[int(number)] for number in numbers.split(",") if number and int(number) < len(names))
