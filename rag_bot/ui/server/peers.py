"""Whose connection it is: Linux tells which user made each socket of the machine.

It is asked for the one socket (sock_diag(7)), which takes microseconds; where that is not to be had, its table of all
sockets is read (proc_net_tcp.rst of the kernel's documentation), which takes milliseconds on machines with much memory.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import sys
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

Endpoint: TypeAlias = tuple[str, int]
IsOwn: TypeAlias = Callable[[Endpoint, Endpoint], bool]
"""Whether the open connection from a client to a server, both of this machine, was made by this process's user."""

IS_OWN = "is_own_peer"
"""The name in a request's state of whether its connection is."""
_OVERFLOW_UID = Path("/proc/sys/kernel/overflowuid")  # what users of outside a user namespace are shown as
_TABLES = Path("/proc/net")
_ESTABLISHED = 1  # enum in the kernel's net/tcp_states.h
_SOCK_DIAG, _BY_FAMILY, _REQUEST = 4, 20, 1  # linux/netlink.h and linux/sock_diag.h
_ANY = 0xFFFFFFFF  # states, and the cookie of a socket
_WAIT_SECONDS = 1.0  # for the kernel, which answers at once; set by hand


class _Socket(NamedTuple):
    state: int
    uid: int
    inode: int

    @property
    def is_own(self) -> bool:
        """One that its process has closed already has the uid 0 and no inode: nobody can say whose it was."""
        return self.state == _ESTABLISHED and self.inode != 0 and self.uid == os.geteuid()


def who_tells(host: str) -> IsOwn | None:
    """What can be relied on for connections to this address, because it knows one of our own; None where nothing is."""
    try:
        if not sys.platform.startswith("linux") or int(_OVERFLOW_UID.read_text()) == os.geteuid():
            return None
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with (
            socket.create_server((host, 0), family=family) as listening,
            socket.create_connection(listening.getsockname()[:2]) as connected,
        ):
            ends = connected.getsockname()[:2], connected.getpeername()[:2]
            return next((tells for tells in (is_own_asked, is_own_in_table) if tells(*ends)), None)
    except (OSError, ValueError):
        return None


def telling_protocol(tells: IsOwn) -> type[asyncio.Protocol]:
    """Uvicorn's protocol, which looks whose each connection is when it is made: requests have that in their state."""
    from uvicorn.protocols.http.auto import AutoHTTPProtocol

    class TellingProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
        app_state: dict[str, Any]

        def connection_made(self, transport: asyncio.Transport) -> None:
            client, server = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
            is_own = bool(client and server) and tells(client[:2], server[:2])
            self.app_state = {**self.app_state, IS_OWN: is_own}
            super().connection_made(transport)

    return TellingProtocol


def is_own_asked(client: Endpoint, server: Endpoint) -> bool:
    """Asks the kernel for the client's socket: an inet_diag_req_v2, answered by an inet_diag_msg."""
    family = socket.AF_INET6 if ":" in client[0] else socket.AF_INET
    ends = [socket.inet_pton(family, address).ljust(16, b"\0") for address, _ in (client, server)]
    wanted = struct.pack("=BBBBI", family, socket.IPPROTO_TCP, 0, 0, _ANY)
    wanted += struct.pack("!HH16s16s", client[1], server[1], *ends) + struct.pack("=III", 0, _ANY, _ANY)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as asking:
            asking.settimeout(_WAIT_SECONDS)
            asking.send(struct.pack("=IHHII", 16 + len(wanted), _BY_FAMILY, _REQUEST, 1, 0) + wanted)
            _, kind, state, uid, inode = struct.unpack_from("=IH11xB62xII", asking.recv(4096))
    except (OSError, struct.error):
        return False
    return kind == _BY_FAMILY and _Socket(state, uid, inode).is_own


def is_own_in_table(client: Endpoint, server: Endpoint, tables: Path = _TABLES) -> bool:
    """Looks the client's socket up. An IPv6 socket may have made a connection of IPv4."""
    ends = [(ip_address(address), port) for address, port in (client, server)]
    is_v4 = all(isinstance(address, IPv4Address) for address, _ in ends)
    mapped = [(IPv6Address(f"::ffff:{address}") if is_v4 else address, port) for address, port in ends]
    for name, written in (("tcp", ends), ("tcp6", mapped)) if is_v4 else (("tcp6", ends),):
        pair = "".join(f" {_in_table(address)}:{port:04X}" for address, port in written).encode() + b" "
        try:
            _, found, after = (tables / name).read_bytes().partition(pair)
        except OSError:
            return False
        if found:  # state, queues, timer, retransmits, uid, timeout, inode
            columns = after.split(maxsplit=7)
            return _Socket(int(columns[0], 16), int(columns[4]), int(columns[6])).is_own
    return False


def _in_table(address: IPv4Address | IPv6Address) -> str:
    """As hexadecimal words of 32 bits in the order of the machine's bytes."""
    words = (address.packed[start : start + 4] for start in range(0, len(address.packed), 4))
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
