"""What `radclient -x` prints -> what became of each packet."""

import re
from collections import Counter
from dataclasses import dataclass, field

from radtune.records.states import MoveState
from radtune_tools.radclient.error_cause import SESSION_MISSING, cause_number, explain_cause
from radtune_tools.radclient.packet import Packet

_SENT = re.compile(r"Sent \S+ Id (\d+) from \S+ to (\S+) ")
_RECEIVED = re.compile(r"Received (\S+) Id (\d+) from (\S+) to ")
_MARK = re.compile(r'\tRadclient-Test-Name = "([0-9]+)"')
_CAUSE = re.compile(r"\tError-Cause = (\S+)")
_FORGED = re.compile(r"\((\d+)\) Reply verification failed")
_FAILED = re.compile(r"\((\d+)\) Failed to send packet for ID \d+(?:: (.*))?")


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a request, and `answer` in words.

    `state` is acknowledged, refused (NAK, or it can't be sent), unanswered, or pending (not sent). `cause` is the
    number of the Error-Cause, 0 where there is none.
    """

    state: MoveState
    answer: str
    cause: int = 0

    @property
    def session_missing(self) -> bool:
        """Tell whether the NAS says that it has no such session."""
        return self.state == "refused" and self.cause == SESSION_MISSING


UNWANTED = Reply("pending", "not sent: nobody wants it any more")


@dataclass(slots=True)
class Reading:
    """The output of one process, line by line; packets are known by their marks, the numbers from 0 on.

    `sent` (how often), `forged` (the answer's signature is wrong) and `failed` (the system's reason) are by marks.
    `said` holds the first lines that are about no packet.
    """

    count: int
    sent: Counter[int] = field(default_factory=Counter)
    forged: set[int] = field(default_factory=set)
    failed: dict[int, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    answers: dict[int, Reply] = field(default_factory=dict)
    _under_way: dict[tuple[str, str], int] = field(default_factory=dict)
    _sending: tuple[str, str] = ("", "")
    _answering: int = -1

    @property
    def complete(self) -> bool:
        """Tell whether every packet has its answer."""
        return len(self.answers) == self.count

    @property
    def unanswered(self) -> set[int]:
        """The packets that were sent and of which nothing else is known."""
        return self.sent.keys() - self.answers.keys() - self.forged - self.failed.keys()

    def sent_each(self, times: int) -> bool:
        """Tell whether each packet without an answer was sent so often."""
        return all(self.sent[mark] >= times for mark in self.unanswered)

    def line(self, text: str) -> None:
        """Take the next line. Whatever a NAS puts into its answer stands behind a tab and is escaped."""
        if match := _SENT.match(text):
            self._sending, self._answering = (match[2], match[1]), -1
        elif match := _MARK.match(text):
            if self._sending != ("", ""):
                self._under_way[self._sending] = int(match[1])
                self.sent[int(match[1])] += 1
                self._sending = ("", "")
        elif match := _RECEIVED.match(text):
            self._sending = ("", "")
            self._answering = self._under_way.pop((match[3], match[2]), -1)
            if self._answering >= 0:
                state: MoveState = "acknowledged" if match[1].endswith("-ACK") else "refused"
                self.answers[self._answering] = Reply(state, match[1])
        elif match := _CAUSE.match(text):
            self._cause(match[1])
        else:
            self._trouble(text)

    def _trouble(self, text: str) -> None:
        if match := _FORGED.match(text):
            self.forged.add(int(match[1]))
        elif match := _FAILED.match(text):
            self.failed[int(match[1])] = match[2] or ""
        elif not text.startswith(("\t", "(")) and text and len(self.said) < 5:
            self.said.append(text)

    def _cause(self, shown: str) -> None:
        reply = self.answers.get(self._answering)
        if reply is not None and not reply.cause:
            answer = f"{reply.answer}: {explain_cause(shown)}" if reply.state == "refused" else reply.answer
            self.answers[self._answering] = Reply(reply.state, answer, cause_number(shown))

    def reply(self, mark: int, packet: Packet) -> Reply | None:
        """Return what became of the packet of this mark; None where radclient has not come to it."""
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
