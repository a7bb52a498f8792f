"""E-mails, and web pages saved as one file (MHTML), which is the format of an e-mail (RFC 2557)."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart

from rag_bot.extraction.html import page, write_page
from rag_bot.extraction.html import read as read_html
from rag_bot.extraction.writer import CannotRead, Extracted, TextWriter


def read(data: bytes) -> Extracted:
    """Headers as front matter, then the words; of an e-mail in several forms the plain one. Attachments are named."""
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    if not message.keys() or (message.defects and not (message["subject"] or message["from"])):
        raise CannotRead("is no e-mail")
    if message.get_content_type() == "multipart/related" and message["snapshot-content-location"]:
        return _saved_page(message)
    body = message.get_body(("plain", "html"))
    sent = message["date"]
    writer = TextWriter()
    writer.front_matter(
        title=_header(message, "subject"),
        **{"from": _header(message, "from"), "to": _header(message, "to"), "cc": _header(message, "cc")},
        date=sent.datetime.isoformat(" ", "minutes") if getattr(sent, "datetime", None) else "",
        attachments=", ".join(filter(None, (part.get_filename() for part in message.iter_attachments()))),
    )
    if body is not None and (text := _content(body)):
        if body.get_content_subtype() == "html":
            write_page(writer, page(text.encode("utf-8", "replace")))
        else:
            writer.add(text)
    return writer.done()


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
