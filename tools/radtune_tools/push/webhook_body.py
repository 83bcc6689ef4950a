"""The body of a webhook: events as they are, or as a message of Teams or Slack. No markup gets in from an event."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from radtune_tools.push.words import Event, Words, short, words

_MOST_SHOWN = 10
"""Events that one message for people shows: Teams takes 28 KB."""
_LONGEST_LINE = 600
"""Characters of the facts of an event: Slack takes 3,000 in a block."""


def body(template: str, events: Sequence[Event]) -> bytes:
    """Return the body for these events, in JSON that is ASCII."""
    return json.dumps(_TEMPLATES[template](events), separators=(",", ":")).encode()


def message_id(events: Sequence[Event]) -> str:
    """Return the id by which a receiver drops doubles: the event's `id`, or for several a hash of theirs."""
    ids = [str(event.get("id", "")) for event in events]
    return ids[0] if len(ids) == 1 else f"batch-{sha256(' '.join(ids).encode(errors='replace')).hexdigest()[:32]}"


def most_events(template: str, batch: int) -> int:
    """Return how many events fit into one body."""
    return batch if template == "json" else min(batch, _MOST_SHOWN)


def _json(events: Sequence[Event]) -> Any:
    return {"events": list(events)}


def _slack(events: Sequence[Event]) -> Any:
    """https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks: `plain_text` knows no markup."""
    said = [words(event) for event in events]
    summary = _for_slack("; ".join(each.title for each in said))
    blocks = [
        {"type": "section", "text": {"type": "plain_text", "emoji": False, "text": _for_slack("\n".join(_lines(each)))}}
        for each in said
    ]
    return {"text": summary, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False, "blocks": blocks}


def _for_slack(text: str) -> str:
    """Escape what Slack takes for a mention or a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _teams(events: Sequence[Event]) -> Any:
    """An Adaptive Card, as the Workflows app of Teams takes it. A TextRun knows no Markdown, unlike a TextBlock.

    https://learn.microsoft.com/adaptive-cards/create/textfeatures
    """
    blocks = [
        _run(line, bold=index == 0, separator=index == 0)
        for event in events
        for index, line in enumerate(_lines(words(event)))
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _run(text: str, *, bold: bool, separator: bool) -> Mapping[str, Any]:
    # {{DATE(...)}} is filled in by the client, wherever it stands.
    run = {"type": "TextRun", "text": text.replace("{{", "{ {"), "weight": "Bolder" if bold else "Default"}
    return {"type": "RichTextBlock", "inlines": [run], "separator": separator}


def _lines(said: Words) -> Iterator[str]:
    """Yield the lines of an event: title, facts, reason."""
    yield said.title
    if said.facts:
        yield short(", ".join(f"{name} {value}" for name, value in said.facts), _LONGEST_LINE)
    if said.reason:
        yield said.reason


_TEMPLATES: Mapping[str, Callable[[Sequence[Event]], Any]] = {"json": _json, "slack": _slack, "teams": _teams}
