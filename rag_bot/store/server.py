"""Keys by meaning on a Chroma server: for several answering processes, and for more vectors than this machine holds.

It is asked through its documented HTTP interface. Chroma's own client would wait for ever, and would build whatever
embedding function a server names, which can run code. Only keys and vectors are sent, never texts or names of notes.
"""

from __future__ import annotations

import base64
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rag_bot.errors import IndexUnusable, UsageError, first_line
from rag_bot.store.place import VectorsPlace, other_machine
from rag_bot.store.vectors import GRAPH, VectorIndex
from rag_bot.trust import say_once

_API = "/api/v2/tenants/default_tenant/databases/default_database/collections"
# All set by hand: records of a request, of which one with vectors has some 2 MB and its answer 10 MB, and seconds. A
# server that persists a large graph meanwhile was seen to need some ten.
_RECORDS, _KEYS, _COLLECTIONS = 1_000, 50_000, 500
_CONNECT_SECONDS, _ANSWER_SECONDS, _PAUSE_SECONDS = 5.0, 60.0, 1.0
_SHOWN = 200  # characters of what a server says: some two lines
_REFUSES_TOKEN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_AWAY = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)
"""How a proxy says that the server behind it is not there."""


class ServerUnusable(IndexUnusable):
    """The server is not there, refuses, or is too slow. Nothing is wrong with the index."""


class VectorsToken:
    """Whose key it is that the server may want, as keys of language models are kept."""

    name: ClassVar[str] = "vectors"
    key_variable: ClassVar[str] = "RAG_BOT_VECTORS_TOKEN"


def wanted_url(setting: str) -> str:
    """The setting `vectors` as a URL without a slash at its end, "" where there is none.

    Raises:
        UsageError: it is no http(s) URL, carries a password, or is plain http over the internet.
    """
    if not setting:
        return ""
    from rag_bot.llm.connection import read_address

    try:
        address = read_address(setting)
    except UsageError:
        raise UsageError(
            "vectors is no address of a Chroma server. Write one such as http://127.0.0.1:8000, without a password; a "
            f"token goes into {VectorsToken.key_variable}."
        ) from None
    if not address.keeps_keys:
        raise UsageError(f"vectors is {setting!r}: over the internet vectors go encrypted only. Write https://.")
    return address.url


def remote_place(setting: str) -> str:
    """As `other_machine`, of the setting `vectors`."""
    return other_machine(setting, wanted_url)


class ServerVectors:
    """The vectors of one store in a collection of a Chroma server. Nothing is asked before the first use.

    Every method raises ServerUnusable where the server can't be asked, and IndexUnusable where it no longer has what
    the index gave it.
    """

    def __init__(self, place: VectorsPlace, *, create: bool = False) -> None:
        """Raises UsageError for a URL as `wanted_url`. With `create` the collection is made where there is none."""
        self._place = place
        self._create = create
        self._url = wanted_url(place.url)

    @cached_property
    def _client(self) -> Any:
        import httpx

        from rag_bot.llm.connection import Address  # here, as its package takes a while that few need
        from rag_bot.llm.keys import find_key

        key = find_key(VectorsToken())
        return httpx.Client(
            base_url=self._url,
            headers={"Authorization": f"Bearer {key.secret}"} if key else {},
            timeout=httpx.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS),
            verify=ssl.create_default_context(),  # the certificates of the system, not those of a package
            trust_env=Address(self._url).is_remote,  # the proxy of the environment, for other machines only
        )

    @cached_property
    def _path(self) -> str:
        if not self._create:
            return f"/{self._described()['id']}"
        asked = {"name": self._place.collection, "configuration": {"hnsw": GRAPH}, "get_or_create": True}
        return f"/{self._ask('POST', '', asked)['id']}"

    def _described(self) -> dict[str, Any]:
        return dict(self._ask("GET", f"/{self._place.collection}"))

    def remove(self) -> None:
        """The whole collection, if it is there."""
        if self._place.collection in self._collections():
            self._ask("DELETE", f"/{self._place.collection}")
        self.__dict__.pop("_path", None)

    def remove_others(self, index: Path) -> None:
        """The collections of this index that no longer count."""
        for name in self._collections():
            if name != self._place.collection and VectorsPlace(self._place.url, name).is_of(index):
                self._ask("DELETE", f"/{name}")

    def _collections(self) -> list[str]:
        names: list[str] = []
        while True:
            some = self._ask("GET", "", limit=_COLLECTIONS, offset=len(names))
            names += [collection["name"] for collection in some]
            if len(some) < _COLLECTIONS:
                return names

    def reach(self) -> None:
        """Raises ServerUnusable where the server isn't there, refuses, or is another program's."""
        if not isinstance(self._ask("GET", "", limit=1), list):
            raise self._not_chroma(HTTPStatus.OK)

    def seal(self, generation: str) -> None:
        """Note the catalogue's state that the vectors belong to, by which an older copy of them is known."""
        self._ask("PUT", self._path, {"new_metadata": {"generation": generation}})

    def require(self, generation: str, vectors: int) -> None:
        """Raises IndexUnusable where the collection was not sealed with this state, or has fewer vectors."""
        sealed = (self._described().get("metadata") or {}).get("generation")
        if sealed != generation or int(self._ask("GET", f"{self._path}/count")) < vectors:
            raise self._lost("has other vectors than those of this index's last sync")

    def keys(self) -> set[str]:
        """All keys, those included that searching no longer reaches."""
        keys: set[str] = set()
        for start in range(0, int(self._ask("GET", f"{self._path}/count")), _KEYS):
            keys.update(self._ask("POST", f"{self._path}/get", {"include": [], "limit": _KEYS, "offset": start})["ids"])
        return keys

    def stored(self) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
        """All keys and vectors in batches."""
        for start in range(0, int(self._ask("GET", f"{self._path}/count")), _RECORDS):
            asked = {"include": ["embeddings"], "limit": _RECORDS, "offset": start}
            found = self._ask("POST", f"{self._path}/get", asked)
            yield found["ids"], np.asarray(found["embeddings"], dtype=np.float32)

    def upsert(self, keys: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Store vectors, shape [len(keys), dimensions]; a key that is there already is overwritten."""
        for start in range(0, len(keys), _RECORDS):
            some = slice(start, start + _RECORDS)
            packed = [base64.b64encode(vector.tobytes()).decode() for vector in vectors[some].astype("<f4")]
            self._ask("POST", f"{self._path}/upsert", {"ids": list(keys[some]), "embeddings": packed})

    def delete(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), _RECORDS):
            self._ask("POST", f"{self._path}/delete", {"ids": list(keys[start : start + _RECORDS])})

    def query(self, vector: NDArray[np.float32], limit: int) -> list[tuple[str, float]]:
        """The nearest keys with their cosine, best first."""
        asked = {"query_embeddings": [vector.tolist()], "n_results": limit, "include": ["distances"]}
        found = self._ask("POST", f"{self._path}/query", asked)
        return [(key, 1.0 - distance) for key, distance in zip(found["ids"][0], found["distances"][0], strict=True)]

    def close(self) -> None:
        """Let go of the connections."""
        if client := self.__dict__.pop("_client", None):
            client.close()

    def _ask(self, method: str, path: str, sent: object = None, **parameters: int) -> Any:
        """What the server answers. Where it isn't there it is asked once more: every request may be made twice."""
        import httpx

        for is_last in (False, True):
            try:
                answer = self._client.request(method, f"{_API}{path}", json=sent, params=parameters)
            except httpx.TimeoutException:
                what = f"does not answer within {_ANSWER_SECONDS:.0f} seconds. See what keeps it busy"
                raise self._unusable(what) from None
            except httpx.HTTPError as error:
                if is_last:
                    raise self._unusable(f"cannot be reached: {first_line(error).rstrip('.')}. Start it") from None
            else:
                if answer.status_code not in _AWAY or is_last:
                    return self._understood(answer)
            time.sleep(_PAUSE_SECONDS)
        raise AssertionError("the last try returns or raises")

    def _understood(self, answer: Any) -> Any:
        status = answer.status_code
        try:
            told = answer.json()
        except ValueError:
            told = None
        if answer.is_success and told is not None:
            return told
        kind, said = (told.get("error"), told.get("message")) if isinstance(told, dict) else (None, None)
        if status == HTTPStatus.NOT_FOUND and kind == "NotFoundError":
            raise self._lost("no longer has this index's vectors")
        if status in _REFUSES_TOKEN:
            name = VectorsToken.key_variable
            raise self._unusable(f"refuses the token, or wants one ({status}). Set {name} to the one that it knows")
        if status in _AWAY:
            raise self._unusable(f"is not there, as the proxy before it says ({status}). Start it")
        if kind:
            raise self._unusable(f"failed ({status}): {self._shown(str(said or kind))}. See its log")
        raise self._not_chroma(status)

    def _shown(self, said: str) -> str:
        from rag_bot.llm.failures import redact

        token = self._client.headers.get("Authorization", "").removeprefix("Bearer ")
        return redact(said, token)[:_SHOWN].rstrip(".")

    def _not_chroma(self, status: int) -> ServerUnusable:
        return self._unusable(f"answers ({status}), but not as Chroma 1 does. Check the setting vectors")

    def _unusable(self, what: str) -> ServerUnusable:
        return ServerUnusable(
            f"The Chroma server at {self._url}, for the vectors of this index, {what}, and try again. Nothing is lost."
        )

    def _lost(self, what: str) -> IndexUnusable:
        return IndexUnusable(
            f"The Chroma server at {self._url} {what}. Run `rag-bot ingest`, which enters them "
            "again; nothing is embedded again."
        )


def open_vectors(
    folder: Path, place: VectorsPlace, fingerprint: str, *, create: bool = False
) -> VectorIndex | ServerVectors:
    """The vectors of a store, on the server or in its folder; nothing is opened before the first use."""
    return ServerVectors(place, create=create) if place.url else VectorIndex(folder, fingerprint, create=create)


def require_named(place: VectorsPlace, setting: str) -> None:
    """Raises IndexUnusable where vectors are on a server that the setting does not name: an index sends nothing."""
    if place.url and place.url != wanted_url(setting):
        raise IndexUnusable(
            f"The vectors of this index are on {place.url}, which the setting vectors does not name. Set it to that "
            "address, or run `rag-bot ingest`, which brings them to where the setting says."
        )


def require_server(url: str) -> None:
    """Raises ServerUnusable where a server is named that isn't there or refuses."""
    if url:
        with closing(ServerVectors(VectorsPlace(url))) as server:
            server.reach()


def find_lost(place: VectorsPlace, generation: str, vectors: int) -> str:
    """What is wrong with what the server has of a state with so many vectors, "" if nothing. Raises ServerUnusable."""
    try:
        with closing(ServerVectors(place)) as server:
            server.require(generation, vectors)
    except ServerUnusable:
        raise
    except IndexUnusable as error:
        return str(error)
    return ""


def remove_collection(place: VectorsPlace) -> None:
    """With all vectors in it, if there is one. Raises ServerUnusable."""
    if place.url:
        with closing(ServerVectors(place)) as server:
            server.remove()


def remove_other_collections(index: Path, used: VectorsPlace, before: VectorsPlace) -> None:
    """Remove the collections of this index that no longer count; one on an earlier server that can't be asked is named.

    Raises:
        ServerUnusable: that of `used`.
    """
    if used.url:
        with closing(ServerVectors(used)) as server:
            server.remove_others(index)
    if before.url not in ("", used.url) and before.is_of(index):
        try:
            remove_collection(before)
        except ServerUnusable:
            say_once(
                f"The vectors have moved. {before.url} can't be asked just now, so the collection {before.collection} "
                "is left there; nothing needs it, remove it yourself."
            )
