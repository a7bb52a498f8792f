"""Whose connection it is: Linux says in its table of sockets which user made each of them.

The format of the table is documented with the kernel, in Documentation/networking/proc_net_tcp.rst.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import TypeAlias

Endpoint: TypeAlias = tuple[str, int]

IS_OWN = "is_own_peer"
"""The name of what `is_own` says of a request's connection in its state."""
_TABLES = Path("/proc/net")
_OVERFLOW_UID = Path("/proc/sys/kernel/overflowuid")  # what users of outside a user namespace are shown as
_ESTABLISHED = b"01"
_LOOKS = 2  # the table is read page by page, and what moves meanwhile may be passed over


def is_own(client: Endpoint, server: Endpoint, tables: Path = _TABLES) -> bool:
    """Whether the open connection from `client` to `server`, both of this machine, was made by this process's user.

    A socket that its process has closed already shows the uid 0 and no inode: nobody can say any more whose it was.
    """
    for _ in range(_LOOKS):
        for state, uid, inode in _rows(client, server, tables):
            return state == _ESTABLISHED and inode != b"0" and int(uid) == os.geteuid()
    return False


def protocol_that_tells_peers() -> type[asyncio.Protocol]:
    """Uvicorn's protocol, which looks once for each connection whose it is: requests have that in their state.

    Reading the table takes milliseconds on machines with much memory, too much for each request.
    """
    from uvicorn.protocols.http.auto import AutoHTTPProtocol

    class TellingProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
        def connection_made(self, transport: asyncio.Transport) -> None:
            client, server = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
            is_told = client and server and is_own(client[:2], server[:2])
            self.app_state = {**self.app_state, IS_OWN: bool(is_told)}
            super().connection_made(transport)

    return TellingProtocol


def kernel_tells(host: str) -> bool:
    """Whether the table can be relied on for connections to this address: it shows one of our own as ours."""
    if not sys.platform.startswith("linux"):
        return False
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        if int(_OVERFLOW_UID.read_text()) == os.geteuid():
            return False
        with (
            socket.create_server((host, 0), family=family) as listening,
            socket.create_connection(listening.getsockname()[:2]) as connected,
        ):
            return is_own(connected.getsockname()[:2], connected.getpeername()[:2])
    except (OSError, ValueError):
        return False


def _rows(client: Endpoint, server: Endpoint, tables: Path) -> Iterator[tuple[bytes, bytes, bytes]]:
    """State, uid and inode of the client's socket. An IPv6 socket may have made a connection of IPv4."""
    ends = [(ip_address(address.partition("%")[0]), port) for address, port in (client, server)]
    is_v4 = all(isinstance(address, IPv4Address) for address, _ in ends)
    mapped = [(IPv6Address(f"::ffff:{address}") if is_v4 else address, port) for address, port in ends]
    for name, written in (("tcp", ends), ("tcp6", mapped)):
        if name == "tcp" and not is_v4:
            continue
        found = "".join(f" {_in_table(address)}:{port:04X}" for address, port in written).encode() + b" "
        _, match, after = (tables / name).read_bytes().partition(found)
        if match:  # state, queues, timer, retransmits, uid, timeout, inode
            columns = after.split(maxsplit=7)
            yield columns[0], columns[4], columns[6]


def _in_table(address: IPv4Address | IPv6Address) -> str:
    """As hexadecimal words of 32 bits in the order of the machine's bytes."""
    words = (address.packed[start : start + 4] for start in range(0, len(address.packed), 4))
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
