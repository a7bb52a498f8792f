"""What the library's messages advise, for people who have a page and no terminal.

A message names a command as `rag-bot VERB ...` in backticks, a flag as "with --flag". Here each becomes a link to the
page that does the same; advice that no page can follow is left out, with the clause that it stands in. So are numbers
of the system and names that only files of settings have.
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_PLACES = {
    "ingest": ("notes", "Notes › Sync"),
    "verify": ("notes", "Notes › Repair"),
    "forget": ("notes", "Notes"),
    "status": ("notes", "Notes"),
    "search": ("notes", "Notes"),
    "models": ("settings", "Settings"),
    "eval": ("evaluation", "Evaluation"),
}
"""By verb: the page as the address names it, and what is chosen there."""
# Must match "Run `rag-bot verify --repair`", "with `rag-bot models`" and "`rag-bot status`", with the verb.
_COMMAND = re.compile(r"(?:\b(Run|run|with) )?`rag-bot (\w+)[^`]*`")
# Must match "with --index" and "with `--index`".
_FLAG = re.compile(r"with `?--[\w-]+`?")
# Must match a clause with a command or flag, and what ends it: "; `rag-bot trust INDEX` opens it as it is." A dot
# within a word ends none, nor do marks in backticks. What is before the command is read once and not given back (`*+`),
# and is no longer than a sentence: a path in a message may have 4,096 characters of a stranger's choice.
_CLAUSE = re.compile(
    r"(?:^|(?<=[.;:)]))\s*(?:(?!--\w)[^.;:`]|\.(?=\w)){0,300}+(?:`rag-bot [^`]*`|`[^`]* --\w[^`]*`|`?--\w)"
    r"(?:`[^`]*`|[^.;]|\.(?=\w))*([.;]|\Z)"
)
# What stands in a message without telling people anything: the kind of a server's model as "openai-like:qwen3" has it,
# a variable of the environment.
_UNSAID = re.compile(r"\bopenai-like:(?=\w)| \(RAG_BOT_\w+ in the environment\)")
_ADDRESS = re.compile(r"\bgeneration\.url\b")
"""The setting that the page calls a server's address."""
_BEFORE = {"Run": "Choose ", "run": "choose ", "with": "in "}
_LINK = Markup('<a href="#page={page}" data-page="{page}">{words}</a>')


def clickable(message: str) -> Markup:
    """A message with links in the place of commands. `Markup` is HTML already, and left alone."""
    if isinstance(message, Markup):
        return message
    message = _UNSAID.sub("", message)
    if not re.search(r"`rag-bot |--|generation\.url", message):
        return escape(message)
    message, pieces, place = _with_what_pages_do(message), [Markup()], 0
    named = [match for match in _COMMAND.finditer(message) if match[2] in _PLACES]  # a note may be called like another
    for match in sorted([*named, *_FLAG.finditer(message), *_ADDRESS.finditer(message)], key=re.Match.start):
        if match.re is _ADDRESS:
            before, (page, words) = "The " if match.start() == 0 else "the ", ("settings", "address in Settings")
        elif match.re is _FLAG:
            before, (page, words) = "in ", ("settings", "Settings")
        else:
            before, (page, words) = _BEFORE.get(match[1], ""), _PLACES[match[2]]
        pieces += [escape(message[place : match.start()] + before), _LINK.format(page=page, words=words)]
        place = match.end()
    return Markup().join([*pieces, escape(message[place:])])


def _with_what_pages_do(message: str) -> str:
    """Without the clauses that name something else."""

    def kept(clause: re.Match[str]) -> str:
        others = _COMMAND.sub(lambda command: "" if command[2] in _PLACES else command[0], _FLAG.sub("", clause[0]))
        return clause[1] if re.search(r"`rag-bot |--\w", others) else clause[0]

    cut = _CLAUSE.sub(kept, message)
    return cut if cut == message else re.sub(r"[.;:,]\s*(?=[.;])|[;:,]\s*\Z", "", cut).strip()
