"""Moves to their NASes: each is written down right before its packet leaves, and with its reply; and their events."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from radtune.config.settings import Settings
from radtune.records.device_and_client import Facts, Session
from radtune.records.moves_and_states import Move
from radtune.records.session_key import client_of, nas_key
from radtune.server.client_events import append_event, why_not_written
from radtune.stores.sessions import SessionStore
from radtune_tools.enforce.dispatch import Dispatch, Prepared
from radtune_tools.enforce.move_progress import (
    Progress,
    answered,
    is_at_other_nas,
    is_due,
    next_method,
    sent,
    start_or_resume,
)
from radtune_tools.enforce.session_plan import SessionMove
from radtune_tools.radclient.output import UNWANTED, Reply

Show = Callable[[Progress], None]
"""Takes each move as something becomes of it."""


class Sender:
    """Sends the packets of one run; `problems` are events that could not be written."""

    def __init__(self, settings: Settings, sessions: SessionStore) -> None:
        """Take the settings, and the store with the moves under way."""
        self.dispatch = Dispatch(settings)
        self.problems: list[str] = []
        self._settings = settings
        self._sessions = sessions

    def send(self, moves: Sequence[SessionMove], show: Show) -> None:
        """Ask the NASes for those of these moves that are due.

        Each move is checked again and written down right before its packet leaves. So no run throws out a device that
        is where it should be, or sends a CoA a second time unknowingly.
        """
        planned = {wanted.session.key: move for wanted in moves if (move := self._due(wanted)) is not None}
        prepared = [
            self._prepare(wanted.session, move) for wanted in moves if (move := planned.get(wanted.session.key))
        ]
        left: dict[str, Move] = {}

        def confirm(each: Prepared) -> bool:
            key = each.session.key
            if self._has_changed(each.session):
                return False
            left[key] = sent(planned[key], each.method, time.time(), self._settings.moves)
            self._sessions.put_move(left[key])
            return True

        replies = self.dispatch.ask(prepared, confirm, confirm_without_ids=self._is_alone)
        for each, reply in zip(prepared, replies, strict=True):
            key = each.session.key
            if reply is UNWANTED or (key not in left and self._has_changed(each.session)):
                continue
            move = planned[key] if reply.state == "pending" else left.get(key, planned[key])
            self._note_reply(each.session, move, reply, show)

    def _due(self, wanted: SessionMove) -> Move | None:
        """Return the move as it is before it is sent.

        None if it is too early: the device may yet log in again because of an earlier CoA, or the NAS is given time to
        recover.
        """
        session, now = wanted.session, time.time()
        earlier = self._sessions.get_move(session.key)
        if earlier and earlier.after == wanted.after and not is_due(earlier, session, now, self._settings.moves):
            return None
        move = start_or_resume(earlier, session, wanted.after, wanted.decision.reason, now)
        return replace(move, client=_client_fields(session))

    def _prepare(self, session: Session, move: Move) -> Prepared:
        """Prepare the packet by the method whose turn it is; at first, by whatever fits first."""
        methods, attempts = self.dispatch.methods(session.facts), self._settings.moves.attempts
        return self.dispatch.prepare(session, next_method(move, methods, attempts) if move.method else "")

    def _note_reply(self, session: Session, move: Move, reply: Reply, show: Show) -> None:
        doubt = self._doubt(session) if reply.session_missing else ""
        if reply.session_missing and not doubt:
            self._sessions.end_here(session)
        methods = partial(self.dispatch.methods, session.facts)
        move = answered(move, reply, methods, time.time(), self._settings.moves, doubt)
        self._sessions.put_move(move)
        if reply.state == "acknowledged":
            self._sessions.put_moved(client_of(session.facts), time.time())
        self.append_event("coa", move, reply.state, session)
        if move.state == "not_enforced":
            self.append_event("not_enforced", move, move.state, session)
        show(Progress(move, move.state, self._sessions.get(move.key)))

    def _doubt(self, session: Session) -> str:
        """Return why a NAS isn't believed that it has no such session, or ''.

        Some NASes say so if they only want the session to be named otherwise.
        """
        if session.over_at > 0:
            return "accounts for it: how does it want to be told which one?"
        nas = self.dispatch.find(session.facts)
        if nas is None or self._sessions.obeyed(nas_key(session.facts)) == nas.profile:
            return ""
        if is_at_other_nas(session, self._sessions.elsewhere(session)):
            return ""
        return f"it was not seen yet to obey profile {nas.profile}, so that this proves nothing"

    def note_obeyed(self, facts: Facts) -> None:
        """Note that the NAS of these facts has obeyed: a client logged in again after its acknowledgement."""
        nas = self.dispatch.find(facts)
        if nas is not None:
            self._sessions.put_obeyed(nas_key(facts), nas.profile)

    def _has_changed(self, session: Session) -> bool:
        """Tell whether the session is over, or its device has logged in again since."""
        current = self._sessions.get(session.key)
        return current is None or current.granted_at != session.granted_at

    def _is_alone(self, prepared: Prepared) -> bool:
        """Tell whether a packet without ids can mean no other session: neither a new one nor one on another port."""
        session = prepared.session
        others = self._sessions.elsewhere(session)
        return not self._has_changed(session) and nas_key(session.facts) not in {nas_key(each.facts) for each in others}

    def by_hand(self, prepared: Sequence[Prepared], by: str) -> Iterator[tuple[Session, Reply]]:
        """Send these because `by` says so, whatever policy says of the sessions; yield what became of each.

        A move that is under way goes on from there: it waits for the device again.
        """
        settings = self._settings.moves
        for each, reply in zip(prepared, self.dispatch.ask(prepared, confirm_without_ids=self._is_alone), strict=True):
            session, now, reason = each.session, time.time(), f"by {by} by hand"
            under_way = self._sessions.get_move(session.key)
            move = under_way or Move(session.key, session.granted, session.granted, reason, "pending", now)
            # This very method isn't tried once more by itself.
            move = replace(sent(move, each.method, now, settings), tries=settings.attempts)
            move = replace(move, state=reply.state, answer=reply.answer)
            if under_way is not None and reply.state == "acknowledged":
                self._sessions.put_move(move)
            self.append_event("coa", replace(move, reason=reason), move.state, session)
            yield session, reply

    def append_event(self, kind: str, move: Move, state: str, session: Session | None) -> None:
        """Append a client event about a move. If it can't be written, that is noted, and everything else goes on."""
        fields = {
            **(_client_fields(session) if session else move.client),
            "outcome": move.after,
            "before": move.before,
            "state": state,
            "method": move.method,
            "answer": move.answer,
            "reason": move.reason,
        }
        file = self._settings.events
        try:
            append_event(file, time.time(), kind, **fields)
        except OSError as error:
            self.problems.append(f"an event is lost: {why_not_written(file, error)}")


def _client_fields(session: Session) -> dict[str, str]:
    """Return how client events name the session."""
    facts = session.facts
    return {
        "mac": facts.mac or facts.calling_station_id,
        "user": facts.user_name,
        "auth_type": facts.auth_type,
        "device": session.device_name,
        "device_id": session.device_id,
        "nas": facts.nas_identifier or facts.nas_address,
    }
