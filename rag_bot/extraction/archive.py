"""Office files and e-books are ZIP archives: opened only where what they unpack to is bounded."""

from __future__ import annotations

import io
import zipfile

from rag_bot.extraction.writer import CannotRead

MOST_UNPACKED = 512 << 20  # bytes; set by hand: eight times the largest file that is read
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of encrypted Office files, and of those before 2007


def checked_zip(data: bytes) -> zipfile.ZipFile:
    """The archive. Raises CannotRead where it is none, is encrypted, or unpacks to more than `MOST_UNPACKED` bytes."""
    if data.startswith(_OLE):
        raise CannotRead("is encrypted, or of Office before 2007; save it anew without a password")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise CannotRead("is damaged (not a whole ZIP archive)") from error
    if any(entry.flag_bits & 1 for entry in archive.infolist()):
        raise CannotRead("is encrypted")
    if (size := sum(entry.file_size for entry in archive.infolist())) > MOST_UNPACKED:
        raise CannotRead(f"unpacks to {size:,} bytes, more than the {MOST_UNPACKED:,} that are read")
    return archive
