"""Moves to their NASes, each written down right before its packet leaves, and with what became of it."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from radtune.config.settings import Settings
from radtune.errors import RadtuneError
from radtune.records.device_and_client import Facts, Session
from radtune.records.session_key import client_of, nas_key
from radtune.records.states import Move
from radtune.stores.sessions import SessionStore
from radtune_tools.enforce.closed_loop import answered, is_at_other_nas, is_due, next_method, sent, taken_up
from radtune_tools.enforce.dispatch import Dispatch, Prepared
from radtune_tools.enforce.move_events import MoveEvents
from radtune_tools.enforce.plan import SessionMove
from radtune_tools.enforce.progress import Progress, Show
from radtune_tools.radclient.output import UNWANTED, Reply


class Sender:
    """What sends the packets of one run."""

    def __init__(self, settings: Settings, sessions: SessionStore, events: MoveEvents) -> None:
        """Take the settings, the store with the moves under way, and the events that tell of them."""
        self.dispatch = Dispatch(settings)
        self._moves = settings.moves
        self._sessions = sessions
        self._events = events

    def methods(self, facts: Facts) -> Callable[[], list[str]]:
        """Return what tells the methods that fit a session; none where its entry or profile can't be used."""

        def methods() -> list[str]:
            try:
                return self.dispatch.methods(facts)
            except RadtuneError:
                return []

        return methods

    def send(self, moves: Sequence[SessionMove], show: Show) -> None:
        """Ask the NASes for those of these moves that are due.

        Each move is looked at again and written down right before its packet leaves, so that no run throws out a device
        that is where it should be, or sends a CoA a second time unknowingly.
        """
        planned: dict[str, Move] = {}
        prepared = []
        for wanted in moves:
            move = self._due(wanted)
            if move is not None:
                planned[move.key] = move
                prepared.append(self._prepare(wanted.session, move))
        leaving: dict[str, Move] = {}

        def leaves(each: Prepared) -> bool:
            key = each.session.key
            if self.has_changed(each.session):
                return False
            leaving[key] = sent(planned[key], each.method, time.time(), self._moves)
            self._sessions.put_move(leaving[key])
            return True

        for each, reply in zip(prepared, self.dispatch.ask(prepared, leaves, still=self._is_alone), strict=True):
            key = each.session.key
            if reply is UNWANTED or (each.packet is None and self.has_changed(each.session)):
                continue
            move = planned[key] if reply.state == "pending" else leaving.get(key, planned[key])
            self._note_reply(each.session, move, reply, show)

    def _prepare(self, session: Session, move: Move) -> Prepared:
        """Prepare the packet by the method whose turn it is; at first, by whatever fits first."""
        method = next_method(move, self.methods(session.facts)(), self._moves.attempts) if move.method else ""
        return self.dispatch.prepare(session, method)

    def _note_reply(self, session: Session, move: Move, reply: Reply, show: Show) -> None:
        doubt = self._doubt(session) if reply.session_missing else ""
        if reply.session_missing and not doubt:
            self._forget(session)
        move = answered(move, reply, self.methods(session.facts), time.time(), self._moves, doubt)
        self._sessions.put_move(move)
        if reply.state == "acknowledged":
            self._sessions.put_moved(client_of(session.facts), time.time())
        self._events.append("coa", move, reply.state, session)
        if move.state == "not_enforced":
            self._events.append("not_enforced", move, move.state, session)
        show(Progress(move, move.state, self._sessions.get(move.key)))

    def _doubt(self, session: Session) -> str:
        """Return why a NAS isn't believed that it has no such session, or ''.

        Some say so where they only want to be told otherwise which session is meant.
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

    def _forget(self, session: Session) -> None:
        """Take a session for over that the NAS doesn't have; not the one that has begun while it was asked."""
        self._sessions.end_here(session)

    def has_changed(self, session: Session) -> bool:
        """Tell whether the session is over, or its device has logged in again since."""
        current = self._sessions.get(session.key)
        return current is None or current.granted_at != session.granted_at

    def _is_alone(self, session: Session) -> bool:
        """Tell whether a packet without ids can mean no other session: neither a new one nor one on another port."""
        others = self._sessions.elsewhere(session)
        return not self.has_changed(session) and not any(_same_nas(each, session) for each in others)

    def _due(self, wanted: SessionMove) -> Move | None:
        """Return the move as it stands before it is sent.

        None where the session has changed since the plan was made, and where it is not time to send it: the device may
        still be answering to an earlier CoA by logging in again, or the NAS is given time to recover.
        """
        session, now = wanted.session, time.time()
        if self.has_changed(session):
            return None
        earlier = self._sessions.get_move(session.key)
        if earlier is not None and earlier.after == wanted.after and not is_due(earlier, session, now, self._moves):
            return None
        return taken_up(earlier, session, wanted.after, wanted.decision.reason, now)

    def by_hand(self, prepared: Sequence[Prepared], by: str) -> Iterator[tuple[Session, Reply]]:
        """Send these because `by` says so, whatever policy says of the sessions; yield what became of each.

        A move that is under way goes on from there: it waits for the device again.
        """
        for each, reply in zip(prepared, self.dispatch.ask(prepared, still=self._is_alone), strict=True):
            session, now, reason = each.session, time.time(), f"by {by} by hand"
            under_way = self._sessions.get_move(session.key)
            move = Move(session.key, session.granted, session.granted, reason, "pending", now)
            move = sent(under_way or move, each.method, now, self._moves)
            # This very method isn't tried once more by itself.
            move = replace(move, state=reply.state, answer=reply.answer, tries=self._moves.attempts)
            if under_way is not None and reply.state == "acknowledged":
                self._sessions.put_move(move)
            self._events.append("coa", replace(move, reason=reason), move.state, session)
            yield session, reply


def _same_nas(session: Session, other: Session) -> bool:
    return nas_key(session.facts) == nas_key(other.facts)
