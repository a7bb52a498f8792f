"""A Chroma server behind Caddy, with a token and TLS, as docs/larger.md shows it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.settings import Settings
from rag_bot.store import indexes
from rag_bot.store.server import ServerUnusable
from tests.chroma import ChromaServer, free_port
from tests.conftest import ROOT
from tests.ui.conftest import eventually
from tests.ui.test_proxies import is_open, started

PAGE = ROOT / "docs" / "larger.md"
TOKEN = "a-token-that-nobody-guesses"


@dataclass(frozen=True)
class ProxiedServer:
    """Its address, and the certificate that speaks for it."""

    url: str
    certificate: Path


@pytest.fixture(scope="module")
def proxied_server(server: ChromaServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxiedServer]:
    folder, port = tmp_path_factory.mktemp("caddy"), free_port()
    (block,) = re.findall(r"^```caddy\n(vectors\..*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    block = block.replace("vectors.example.org {", f"https://localhost:{port} {{\n    tls internal")
    block = block.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}").replace("{$RAG_BOT_VECTORS_TOKEN}", TOKEN)
    options = "{\nadmin off\nskip_install_trust\nauto_https disable_redirects\n}\n"
    (folder / "configuration").write_text(options + block)
    with started("caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "configuration"), home=folder):
        certificate = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        eventually(lambda: is_open(port) and certificate.is_file())
        yield ProxiedServer(f"https://localhost:{port}", certificate)


@pytest.fixture
def library(
    tmp_path: Path,
    model_cache: Path,
    write: Callable[..., Path],
    proxied_server: ProxiedServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Library]:
    """Its notes are not ingested yet. No token is known."""
    monkeypatch.setattr(indexes, "SMALL_LIBRARY", 0)
    monkeypatch.setenv("SSL_CERT_FILE", str(proxied_server.certificate))
    write("boats.md", "The boat lies in harbour 49.")
    settings = Settings(notes=(), index=tmp_path / "index", cache=model_cache, vectors=proxied_server.url)
    with Library(settings) as opened:
        yield opened


def test_with_the_token_and_the_certificate_vectors_are_kept_and_found(
    library: Library, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_BOT_VECTORS_TOKEN", TOKEN)
    library.ingest([notes])
    assert library.search("Where is the boat?")[0].chunk.note_path == "notes/boats.md"
    assert library.verify().problems == ()


@pytest.mark.parametrize("token", ["", "another-token-of-somebody"])
def test_without_the_right_token_one_line_says_where_it_goes(
    library: Library, notes: Path, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("RAG_BOT_VECTORS_TOKEN", token)
    with pytest.raises(ServerUnusable, match=r"refuses the token.*401.*RAG_BOT_VECTORS_TOKEN") as caught:
        library.ingest([notes])
    assert "\n" not in str(caught.value)
    assert "another-token" not in str(caught.value)


def test_a_token_that_no_longer_fits_takes_nothing_away(
    library: Library, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_BOT_VECTORS_TOKEN", TOKEN)
    library.ingest([notes])
    library.close()
    monkeypatch.setenv("RAG_BOT_VECTORS_TOKEN", "another-token-of-somebody")
    for use in (lambda: library.search("boat"), library.ingest, library.verify, lambda: library.verify(repair=True)):
        with pytest.raises(ServerUnusable, match="refuses the token"):
            use()
    monkeypatch.setenv("RAG_BOT_VECTORS_TOKEN", TOKEN)
    assert library.search("Where is the boat?")
    assert library.verify().problems == ()


def test_a_certificate_that_nobody_trusts_is_refused(
    library: Library, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("RAG_BOT_VECTORS_TOKEN", TOKEN)
    with pytest.raises(ServerUnusable, match=r"CERTIFICATE_VERIFY_FAILED") as caught:
        library.ingest([notes])
    assert "\n" not in str(caught.value)
