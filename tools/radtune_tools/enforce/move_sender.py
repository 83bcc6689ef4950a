"""Moves to their NASes: each is written down right before its packet leaves, and with its reply; and their events."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from radtune.config.settings import Settings
from radtune.records.device_and_client import Facts, Session
from radtune.records.moves_and_states import Move
from radtune.records.session_key import client_of, nas_key
from radtune.server.client_events import EventKind, EventLog, why_not_written
from radtune.stores.sessions import SessionStore
from radtune_tools.enforce.change_time import since_change
from radtune_tools.enforce.move_progress import (
    EffectiveState,
    Progress,
    answered,
    is_at_other_nas,
    is_due,
    next_method,
    sent,
    start_or_resume,
)
from radtune_tools.enforce.nas_requests import NasRequests, Prepared
from radtune_tools.enforce.session_plan import SessionMove
from radtune_tools.radclient.output import UNWANTED, Reply

NOTED_AT_ONCE = 200
"""Moves that are written in one transaction: a hook waits for the lock 30 ms at most."""
Show = Callable[[Progress], None]
"""Takes each move as something becomes of it."""
Event = tuple[EventKind, Move, EffectiveState, Session | None]
"""Its kind, the move, the state, and the session, None if that is over."""
_OVER: Mapping[EffectiveState, EventKind] = {"enforced": "moved", "ended": "move_ended"}
"""The kind of event that tells of a move in one of these states."""


class MoveSender:
    """Sends the moves of one run; `problems` are events that could not be written."""

    def __init__(self, settings: Settings, sessions: SessionStore) -> None:
        """Take the settings, and the store with the moves under way."""
        self.nas_requests = NasRequests(settings)
        self.events = EventLog(settings.events)
        self.problems: list[str] = []
        self._settings = settings
        self._sessions = sessions
        self._obeying: set[tuple[str, str]] = set()

    def send(self, moves: Iterable[SessionMove], show: Show) -> None:
        """Ask the NASes for those of these moves that are due.

        Each move is checked again and written down right before its packet leaves. So no run throws out a device that
        is where it should be, or sends a CoA a second time unknowingly.
        """
        due = [(wanted.session, move) for wanted in moves if (move := self._due(wanted)) is not None]
        prepared = [self._prepare(session, move) for session, move in due]
        planned = {move.key: move for _, move in due}
        left: dict[str, Move] = {}

        def confirm(leaving: Sequence[Prepared]) -> list[bool]:
            unchanged = self._unchanged(leaving)
            now = time.time()
            written = [
                sent(planned[each.key], each.method, now, self._settings.moves)
                for each, same in zip(leaving, unchanged, strict=True)
                if same
            ]
            self._sessions.note_moves(written)
            left.update((move.key, move) for move in written)
            return unchanged

        replies = self.nas_requests.ask(prepared, confirm, confirm_without_ids=self._are_alone)
        answers = [(each, reply) for each, reply in zip(prepared, replies, strict=True) if reply is not UNWANTED]
        unsent = [each for each, _ in answers if each.key not in left]
        changed = {each.key for each, same in zip(unsent, self._unchanged(unsent), strict=True) if not same}
        noted = [
            # What is not sent after all doesn't count as a try.
            (each, planned[each.key] if reply.state == "pending" else left.get(each.key, planned[each.key]), reply)
            for each, reply in answers
            if each.key not in changed
        ]
        for at in range(0, len(noted), NOTED_AT_ONCE):
            self._note_replies(noted[at : at + NOTED_AT_ONCE], show)

    def _due(self, wanted: SessionMove) -> Move | None:
        """Return the move as it is before it is sent.

        None if it is too early: the device may yet log in again because of an earlier CoA, or the NAS is given time to
        recover.
        """
        session, now, earlier = wanted.session, time.time(), wanted.under_way
        if earlier and earlier.after == wanted.after and not is_due(earlier, session, now, self._settings.moves):
            return None
        client = self._client_fields(session)
        move = start_or_resume(earlier, session, wanted.after, wanted.decision.reason, now, client)
        return replace(move, changed_at=wanted.changed_at)

    def _prepare(self, session: Session, move: Move) -> Prepared:
        """Prepare the packet by the method whose turn it is; the first time, by the first method that fits."""
        if not move.method:
            return self.nas_requests.prepare(session)
        methods = self.nas_requests.methods(session.facts)
        return self.nas_requests.prepare(session, next_method(move, methods, self._settings.moves.attempts))

    def _note_replies(self, replies: Sequence[tuple[Prepared, Move, Reply]], show: Show) -> None:
        now, moved, events = time.time(), dict[str, float](), list[Event]()
        noted: list[Progress] = []
        for each, before, reply in replies:
            session = each.session
            doubt = self._doubt(session) if reply.session_missing else ""
            ended = reply.session_missing and not doubt and self._sessions.end_here(session)
            methods = partial(self.nas_requests.methods, session.facts)
            move = answered(before, reply, methods, now, self._settings.moves, doubt)
            if reply.state == "acknowledged":
                moved[client_of(session.facts)] = now
            events.append(("move_requested", move, reply.state, session))
            if move.state == "not_enforced":
                events.append(("not_enforced", move, move.state, session))
            noted.append(Progress(move, move.state, None if ended else session))
        self._sessions.note_moves([progress.move for progress in noted], moved=moved)
        self.append_events(events)
        for progress in noted:
            show(progress)

    def _doubt(self, session: Session) -> str:
        """Return why a NAS isn't believed that it has no such session, or ''.

        Some NASes say so if they only want the session to be named otherwise.
        """
        if session.over_at > 0:
            return "accounts for it: how does it want to be told which one?"
        nas = self.nas_requests.find(session.facts)
        if nas is None or self._sessions.obeyed(nas_key(session.facts)) == nas.profile:
            return ""
        if is_at_other_nas(session, self._sessions.elsewhere(session)):
            return ""
        return f"it was not seen yet to obey profile {nas.profile}, so that this proves nothing"

    def close(self, over: Sequence[Progress], show: Show) -> None:
        """Forget the moves that are enforced or ended."""
        for at in range(0, len(over), NOTED_AT_ONCE):
            some, moved = over[at : at + NOTED_AT_ONCE], dict[str, float]()
            for progress in some:
                move, session = progress.move, progress.session
                if session is not None and (move.after == "deny" or progress.state == "ended"):
                    self._sessions.end_here(session)
                elif session is not None:
                    moved[client_of(session.facts)] = session.granted_at
                if session is not None and (progress.state, move.state) == ("enforced", "acknowledged"):
                    self._note_obeyed(session.facts)
            self._sessions.note_moves(over=[progress.move.key for progress in some], moved=moved)
            self.append_events([(_OVER[each.state], each.move, each.state, each.session) for each in some])
            for progress in some:
                show(progress)

    def _note_obeyed(self, facts: Facts) -> None:
        """Note that the NAS of these facts has obeyed: a client logged in again after its acknowledgement."""
        nas = self.nas_requests.find(facts)
        if nas is not None and (obeying := (nas_key(facts), nas.profile)) not in self._obeying:
            self._sessions.put_obeyed(*obeying)
            self._obeying.add(obeying)

    def _unchanged(self, prepared: Sequence[Prepared]) -> list[bool]:
        """Tell of each whether its session is there, and its device has not logged in again since it was read."""
        current = self._sessions.live([each.key for each in prepared])
        return [each.key in current and current[each.key].granted_at == each.session.granted_at for each in prepared]

    def _are_alone(self, prepared: Sequence[Prepared]) -> list[bool]:
        """Tell of each whether a packet without ids can mean no other session: no new one, none on another port."""
        others = self._sessions.with_others([each.key for each in prepared])
        return [
            same and nas_key(each.session.facts) not in {nas_key(other.facts) for other in elsewhere}
            for each, same, (_, elsewhere) in zip(prepared, self._unchanged(prepared), others, strict=True)
        ]

    def by_hand(self, prepared: Sequence[Prepared], by: str) -> Iterator[tuple[Session, Reply]]:
        """Send these because `by` says so, whatever policy says of the sessions; yield what became of each.

        A move that is under way goes on from there: it waits for the device again.
        """
        settings = self._settings.moves
        replies = self.nas_requests.ask(prepared, confirm_without_ids=self._are_alone)
        for each, reply in zip(prepared, replies, strict=True):
            session, now, reason = each.session, time.time(), f"by {by} by hand"
            under_way = self._sessions.get_move(session.key)
            move = under_way or Move(session.key, session.granted, session.granted, reason, "pending", now)
            # This very method isn't tried once more by itself.
            move = replace(sent(move, each.method, now, settings), tries=settings.attempts)
            move = replace(move, state=reply.state, answer=reply.answer)
            if under_way is not None and reply.state == "acknowledged":
                self._sessions.put_move(move)
            self.append_events([("move_requested", replace(move, reason=reason), move.state, session)])
            yield session, reply

    def append_events(self, events: Sequence[Event]) -> None:
        """Append client events about moves. If one can't be written, that is noted, and everything else goes on."""
        for kind, move, state, session in events:
            try:
                self.events.append(time.time(), kind, self._event_fields(move, state, session))
            except OSError as error:
                self.problems.append(f"an event is lost: {why_not_written(self.events.file, error)}")

    def _event_fields(self, move: Move, state: EffectiveState, session: Session | None) -> dict[str, str | int]:
        proof = {"since_change": since_change(move, session, time.time())} if state == "enforced" else {}
        return {
            **(self._client_fields(session) if session else move.client),
            "outcome": move.after,
            "before": move.before,
            "state": state,
            "method": move.method,
            "answer": move.answer,
            **proof,
            "reason": move.reason,
        }

    def _client_fields(self, session: Session) -> dict[str, str]:
        """Return how client events name the session."""
        facts = session.facts
        return {
            "mac": facts.mac or facts.calling_station_id,
            "user": facts.user_name,
            "auth_type": facts.auth_type,
            "device": session.device_name,
            "device_id": session.device_id,
            "nas": facts.nas_identifier or facts.nas_address,
            "site": self._settings.nas_directory.find(facts).site,
        }
