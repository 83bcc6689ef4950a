"""Disconnect-Requests through FreeRADIUS's radclient: its only caller."""

import re
import subprocess
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address

from radtune.errors import TemporaryError
from radtune.records import Session
from radtune.secret import read_secret
from radtune.settings import Nas

TIMEOUT, RETRIES, PARALLEL = 2, 3, 16
"""Seconds to wait for an answer, how often a packet is sent, and how many one run has under way at once."""

_SAFE = re.compile(r"[A-Za-z0-9 :;,.@/_=+-]{1,253}")
_SENT = re.compile(r"Sent \S+ Id (\d+) from \S+ to (\S+) ")
_RECEIVED = re.compile(r"Received (\S+) Id (\d+) from (\S+) to ")
_SILENT = re.compile(r"\(\d+\) No reply from server for ID (\d+) ")
_CAUSE = re.compile(r"\tError-Cause = (\S+)")


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a request, and `answer` in words: acknowledged, refused (NAK), unanswered, pending (not sent)."""

    state: str
    answer: str
    session_missing: bool = False


def packet(session: Session, now: float) -> str:
    """Return the Disconnect-Request of a session as radclient reads it (RFC 5176 3), or raise ValueError.

    The session is named by Acct-Session-Id and by Calling-Station-Id in the NAS's own notation, by the user name only
    where there is neither: everything named has to match at the NAS, and the server may know the inner name alone.
    `now` goes into Event-Timestamp, which guards against replay.
    """
    facts = session.facts
    kind = "NAS-IPv6-Address" if ":" in facts.nas_address else "NAS-IP-Address"
    pairs = [(kind, facts.nas_address)] if facts.nas_address else [("NAS-Identifier", facts.nas_identifier)]
    named = [("Calling-Station-Id", facts.calling_station_id), ("Acct-Session-Id", facts.acct_session_id)]
    named = [(name, value) for name, value in named if value] or [("User-Name", facts.user_name)]
    if facts.nas_address:
        ip_address(facts.nas_address)  # it goes in without quotes
    lines = []
    for name, value in (*pairs, *named):
        if not _SAFE.fullmatch(value):
            raise ValueError(f"{name} {value!r} of the session {session.key} can't be sent safely")
        lines.append(f"{name} = {value}" if name.startswith("NAS-IP") else f'{name} = "{value}"')
    return "\n".join([*lines, f"Event-Timestamp = {int(now)}", "Message-Authenticator = 0x00"]) + "\n"


def command(nas: Nas) -> list[str]:
    """Return the command line; the secret is named by its file."""
    host = f"[{nas.coa_address}]" if ":" in nas.coa_address else nas.coa_address
    options = ["-x", "-t", str(TIMEOUT), "-r", str(RETRIES), "-p", str(PARALLEL), "-S", str(nas.secret_file)]
    return ["radclient", *options, f"{host}:{nas.port}", "disconnect"]


def disconnect(nas: Nas, sessions: Sequence[Session]) -> list[Reply]:
    """Ask one NAS to end these sessions, PARALLEL of them in a run of radclient; return what became of each, in order.

    Where a whole run is not answered, the rest isn't sent. Raises what `read_secret` raises, and TemporaryError where
    radclient can't be run.
    """
    read_secret(nas.secret_file, f"the CoA secret of {nas.name}")
    silent = Reply("pending", f"not sent: {nas.name} answered none of the {PARALLEL} before")
    replies: list[Reply] = []
    for start in range(0, len(sessions), PARALLEL):
        batch = sessions[start : start + PARALLEL]
        if replies and all(reply.state in ("unanswered", "pending") for reply in replies[-PARALLEL:]):
            replies += [silent] * len(batch)
        else:
            replies += _send_twice(nas, batch)
    return replies


def _send_twice(nas: Nas, sessions: Sequence[Session]) -> list[Reply]:
    """Send, and where the NAS has no such session ask again without the Acct-Session-Id, which may be out of date."""
    replies = _send(nas, sessions)
    again = [
        index
        for index, session in enumerate(sessions)
        if replies[index].session_missing and session.facts.acct_session_id and session.facts.calling_station_id
    ]
    if again:
        bare = [replace(sessions[index].facts, acct_session_id="") for index in again]
        asked = [replace(sessions[index], facts=facts) for index, facts in zip(again, bare, strict=True)]
        for index, reply in zip(again, _send(nas, asked), strict=True):
            replies[index] = reply
    return replies


def _send(nas: Nas, sessions: Sequence[Session]) -> list[Reply]:
    replies: dict[int, Reply] = {}
    packets: dict[int, str] = {}
    for index, session in enumerate(sessions):
        try:
            packets[index] = packet(session, time.time())
        except ValueError as error:
            replies[index] = Reply("refused", str(error))
    if packets:
        output = _run(command(nas), packets.values())
        replies.update(zip(packets, read_output(output, len(packets), nas), strict=True))
    return [replies[index] for index in range(len(sessions))]


def _run(arguments: list[str], packets: Collection[str]) -> str:
    """Run radclient, and return what it printed, or what it had printed when it took too long.

    All packets are under way at once; at the end radclient gives up one silent packet after the other, TIMEOUT each.
    """
    limit = TIMEOUT * (RETRIES + len(packets)) + 10
    text = "\n".join(packets)
    try:
        done = subprocess.run(arguments, input=text, capture_output=True, text=True, timeout=limit, check=False)
    except FileNotFoundError as error:
        raise TemporaryError("radclient is not installed; it comes with Debian's package freeradius-utils") from error
    except subprocess.TimeoutExpired as error:
        output = error.stdout or b""
        return output.decode(errors="replace") if isinstance(output, bytes) else output
    if "Sent " not in done.stdout:
        raise TemporaryError(f"radclient sent nothing: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def read_output(output: str, count: int, nas: Nas) -> list[Reply]:
    """Return the replies in the order of the `count` packets, read from what `radclient -x` prints.

    radclient sends in the order of its input, and gives a packet an id that no other packet under way to that address
    has; a repetition is sent under the same id.
    """
    silence = f"no answer from {nas.coa_address} port {nas.port}: wrong address, port or secret, or the NAS is down"
    replies = [Reply("unanswered", silence)] * count
    under_way: dict[str, int] = {}
    sent, last = 0, -1
    for line in output.splitlines():
        if (match := _SENT.match(line)) and match[1] not in under_way and sent < count:
            under_way[match[1]] = sent
            sent += 1
        elif match := _SILENT.match(line):
            under_way.pop(match[1], None)
        elif (match := _RECEIVED.match(line)) and match[2] in under_way:
            last = under_way.pop(match[2])
            acknowledged = match[1].endswith("-ACK")
            replies[last] = Reply("acknowledged" if acknowledged else "refused", match[1])
        elif (match := _CAUSE.match(line)) and last >= 0 and replies[last].state == "refused":
            replies[last] = Reply("refused", f"{replies[last].answer}: {match[1]}", _is_missing(match[1]))
    return replies


def _is_missing(cause: str) -> bool:
    """Tell whether an Error-Cause (RFC 5176 3.5) says that the NAS has no such session."""
    return cause in ("Session-Context-Not-Found", "503")
