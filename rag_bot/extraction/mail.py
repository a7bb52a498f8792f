"""E-mails, and web pages saved as one file (MHTML), which is the format of an e-mail (RFC 2557)."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart

from rag_bot.extraction.html import page, write_page
from rag_bot.extraction.html import read as read_html
from rag_bot.extraction.writer import CannotRead, Extracted, TextWriter

_DEEPEST = 5  # messages in each other; set by hand


def read(data: bytes) -> Extracted:
    """Headers as front matter, then the words; of an e-mail in several forms the plain one.

    Attachments are named; those of text, and messages that are forwarded, are read.
    """
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    if not message.keys() or (message.defects and not (message["subject"] or message["from"])):
        raise CannotRead("is no e-mail")
    if message.get_content_type() == "multipart/related" and message["snapshot-content-location"]:
        return _saved_page(message)
    sent = message["date"]
    writer = TextWriter()
    writer.front_matter(
        title=_header(message, "subject"),
        **{"from": _header(message, "from"), "to": _header(message, "to"), "cc": _header(message, "cc")},
        date=sent.datetime.isoformat(" ", "minutes") if getattr(sent, "datetime", None) else "",
        attachments=", ".join(filter(None, (part.get_filename() for part in message.iter_attachments()))),
    )
    _write(writer, message, 1)
    return writer.done()


def _write(writer: TextWriter, message: EmailMessage, depth: int) -> None:
    """A message's words, and those of what is attached to it below headings."""
    body = message.get_body(("plain", "html"))
    if body is not None and (text := _content(body)):
        if body.get_content_subtype() == "html":
            write_page(writer, page(text.encode("utf-8", "replace")))
        else:
            writer.add(text)
    for part in message.iter_attachments() if depth < _DEEPEST else ():
        forwarded = part.get_content() if part.get_content_type() == "message/rfc822" else None
        if isinstance(forwarded, EmailMessage):
            writer.add(f"## {' '.join(_header(forwarded, 'subject').split()) or 'Forwarded message'}")
            names = ("from", "to", "date")
            writer.add("\n".join(f"{name}: {value}" for name in names if (value := _header(forwarded, name))))
            _write(writer, forwarded, depth + 1)
        elif part.get_content_type() in ("text/plain", "text/markdown") and (text := _content(part).strip()):
            writer.add(f"## {' '.join((part.get_filename() or 'Attachment').split())}")
            writer.add(text)


def _saved_page(message: EmailMessage) -> Extracted:
    """The first page in it."""
    for part in message.walk():
        if part.get_content_type() == "text/html" and isinstance(part, MIMEPart):
            return read_html(_content(part).encode("utf-8", "replace"))
    raise CannotRead("holds no page")


def _content(part: MIMEPart) -> str:
    try:
        return str(part.get_content())
    except (LookupError, MessageError, ValueError):  # an encoding that nobody knows
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _header(message: EmailMessage, name: str) -> str:
    return ", ".join(str(value) for value in message.get_all(name, ()))
