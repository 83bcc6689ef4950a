"""The output of `radclient -x` -> what became of each packet; Error-Cause (RFC 5176 3.5) in words."""

import re
from collections import Counter

from radtune.dataclass import dataclass, field
from radtune.records.moves_and_states import MoveState
from radtune_tools.radclient.packet import Packet

SESSION_MISSING = 503
_CAUSES = {
    201: ("Residual-Context-Removed", "there was no session any more, and the NAS has cleared what was left of it"),
    202: ("Invalid-EAP-Packet", "the NAS ignored a damaged EAP packet"),
    401: ("Unsupported-Attribute", "the NAS doesn't take one of the attributes; `radtune nas check` shows them"),
    402: ("Missing-Attribute", "the NAS wants an attribute that wasn't sent; `radtune nas check` shows what is"),
    403: ("NAS-Identification-Mismatch", "the packet reached another NAS than it names; look at coa_address"),
    404: ("Invalid-Request", "the NAS found something in the request that it can't do"),
    405: ("Unsupported-Service", "the NAS doesn't take the Service-Type of the request"),
    406: ("Unsupported-Extension", "the NAS doesn't know CoA or Disconnect, or not this command; try another method"),
    407: ("Invalid-Attribute-Value", "the NAS doesn't take a value; some say so if it names another session"),
    501: ("Administratively-Prohibited", "the NAS is configured not to obey; allow dynamic authorization there"),
    502: ("Proxy-Request-Not-Routable", "a proxy on the way doesn't know where this NAS is"),
    503: ("Session-Context-Not-Found", "the NAS has no such session"),
    504: ("Session-Context-Not-Removable", "the NAS knows the session, but can't end it"),
    505: ("Proxy-Processing-Error", "a proxy on the way could not pass it on"),
    506: ("Resources-Unavailable", "the NAS is too busy; try again later"),
    507: ("Request-Initiated", "the NAS asks the server first, by an Access-Request of its own"),
    508: (
        "Multiple-Session-Selection-Unsupported",
        "several sessions fit what was sent, and the NAS moves one at a time; accounting tells their ids",
    ),
}
_FINAL = frozenset({401, 402, 403, 404, 405, 406, 407, 501, 503, 504, 508})
"""Refusals that the same request would get again."""
_NUMBERS = {name: number for number, (name, _) in _CAUSES.items()}

_SENT = re.compile(r"Sent \S+ Id (\d+) from \S+ to (\S+) ")
_RECEIVED = re.compile(r"Received (\S+) Id (\d+) from (\S+) to ")
_MARK = re.compile(r'\tRadclient-Test-Name = "([0-9]+)"')
_CAUSE = re.compile(r"\tError-Cause = (\S+)")
_FORGED = re.compile(r"\((\d+)\) Reply verification failed")
_FAILED = re.compile(r"\((\d+)\) Failed to send packet for ID \d+(?:: (.*))?")


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to a request, or why there is none.

    state: refused is a NAK, or a packet that can't be sent safely; pending is not sent
    answer: the same in words
    cause: the number of the Error-Cause, or 0
    """

    state: MoveState
    answer: str
    cause: int = 0

    @property
    def session_missing(self) -> bool:
        """The NAS says that it has no such session."""
        return self.state == "refused" and self.cause == SESSION_MISSING

    @property
    def is_final(self) -> bool:
        """The NAS would refuse the same request again, so that only another method can help."""
        return self.state == "refused" and self.cause in _FINAL


UNWANTED = Reply("pending", "not sent: no longer wanted")


def cause_number(shown: str) -> int:
    """Return the number of a cause as FreeRADIUS shows it, by name or number; 0 for what is neither."""
    return _NUMBERS.get(shown, int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 11 else 0)


def explain_cause(shown: str) -> str:
    """Return `Name (number: what it means)` for a cause as FreeRADIUS shows it."""
    number = cause_number(shown)
    name, meaning = _CAUSES.get(number, (shown, ""))
    return f"{name} ({number}: {meaning})" if meaning else shown


@dataclass(slots=True)
class Reading:
    """The output of one process, line by line; packets are known by their marks, the numbers from 0 on.

    sent: how often each packet was sent
    forged: packets whose answer has a wrong signature
    failed: packets that the system could not send, with its reason
    said: the first lines that are about no packet
    """

    count: int
    sent: Counter[int] = field(default_factory=Counter)
    forged: set[int] = field(default_factory=set)
    failed: dict[int, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    answers: dict[int, Reply] = field(default_factory=dict)
    _under_way: dict[tuple[str, str], int] = field(default_factory=dict)
    _sending: tuple[str, str] | None = None
    _answering: int = -1

    @property
    def unanswered(self) -> set[int]:
        """The packets that were sent, without an answer or a fault so far."""
        return self.sent.keys() - self.answers.keys() - self.forged - self.failed.keys()

    def line(self, text: str) -> None:
        """Take the next line. Whatever a NAS puts into its answer stands behind a tab and is escaped."""
        if text.startswith("\t"):
            if self._sending and (match := _MARK.match(text)):
                self._under_way[self._sending] = int(match[1])
                self.sent[int(match[1])] += 1
                self._sending = None
            elif match := _CAUSE.match(text):
                self._note_cause(match[1])
        elif match := _SENT.match(text):
            self._sending, self._answering = (match[2], match[1]), -1
        elif match := _RECEIVED.match(text):
            self._sending = None
            self._answering = self._under_way.pop((match[3], match[2]), -1)
            if self._answering >= 0:
                state: MoveState = "acknowledged" if match[1].endswith("-ACK") else "refused"
                self.answers[self._answering] = Reply(state, match[1])
        elif match := _FORGED.match(text):
            self.forged.add(int(match[1]))
        elif match := _FAILED.match(text):
            self.failed[int(match[1])] = match[2] or ""
        elif text and not text.startswith("(") and len(self.said) < 5:
            self.said.append(text)

    def _note_cause(self, shown: str) -> None:
        reply = self.answers.get(self._answering)
        if reply is not None and not reply.cause:
            answer = f"{reply.answer}: {explain_cause(shown)}" if reply.state == "refused" else reply.answer
            self.answers[self._answering] = Reply(reply.state, answer, cause_number(shown))

    def reply(self, mark: int, packet: Packet) -> Reply | None:
        """Return what became of the packet of this mark; None if radclient has not come to it."""
        where = f"{packet.address} port {packet.port}"
        if mark in self.answers:
            return self.answers[mark]
        if mark in self.forged:
            return Reply("unanswered", f"the answer from {where} is signed with another secret; look at secret_file")
        if mark in self.failed:
            return Reply("pending", f"not sent: {where} can't be reached: {self.failed[mark] or 'no route'}")
        if mark in self.sent:
            return Reply("unanswered", f"no answer from {where}: wrong address, port or secret, or the NAS is down")
        return None
