"""The request of a session to its NAS: its entry under nas, its profile, its packet, and the reply by radclient."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, cached_property

from radtune.config.nas_profile import Method, Profile, profile_reader
from radtune.config.settings import Nas, Settings
from radtune.config.yaml_file import signature
from radtune.dataclass import dataclass, replace
from radtune.errors import RadtuneError
from radtune.policy.nas_directory import NasIndex, NasList, nas_network
from radtune.policy.templates import Pairs, fields_of
from radtune.records.addresses import can_be_nas, holds_no_nas
from radtune.records.device_and_client import Facts, Session
from radtune_tools.radclient.batch import Outgoing, send
from radtune_tools.radclient.output import UNWANTED, Reply
from radtune_tools.radclient.packet import CannotRenderError, Packet, render
from radtune_tools.radclient.run import check_coa_secret


@dataclass(frozen=True)
class Prepared:
    """The packet that a session would be sent. If there is none, `obstacle` says why."""

    session: Session
    method: str
    nas: Nas | None = None
    packet: Packet | None = None
    obstacle: str = ""

    @cached_property
    def key(self) -> str:
        """The key of the session."""
        return self.session.key

    def __str__(self) -> str:
        if self.packet is None:
            return f"nothing: {self.obstacle}"
        return f"{self.method}: {self.packet.kind} to {self.packet.address} port {self.packet.port}"


Confirm = Callable[[Sequence[Prepared]], Sequence[bool]]
"""Takes packets right before they leave; tells of each whether it is still to be sent."""


class NasRequests:
    """The entries under nas of some settings, with their profiles; both are read when they are needed."""

    def __init__(self, settings: Settings) -> None:
        """Take the settings."""
        self._settings = settings
        self._entries = {nas.name: nas for nas in settings.nas}
        self._index = NasIndex([NasList(nas.name, nas.nas) for nas in settings.nas])
        self._profile = profile_reader(settings.policy_context)
        self._secrets: dict[str, tuple[tuple[int, ...], str]] = {}
        self._found: dict[tuple[str, str], Nas | None] = {}

    def find(self, facts: Facts) -> Nas | None:
        """Return the entry that names the NAS of these facts most exactly."""
        nas = facts.nas_address, facts.nas_identifier
        if nas not in self._found:
            names = self._index.lists_of(*nas)
            self._found[nas] = self._entries[names[0]] if names else None
        return self._found[nas]

    def profile(self, nas: Nas) -> Profile:
        """Return the profile of an entry with the methods it picks; raises ConfigurationError, NotPermittedError."""
        return self._profile(nas.profile).picking(nas.methods)

    def methods(self, facts: Facts) -> list[str]:
        """Return the methods that fit a session with these facts, in the profile's order; none if there is a fault."""
        nas = self.find(facts)
        try:
            profile = self.profile(nas) if nas else None
        except RadtuneError:
            profile = None
        names = profile.method_names() if profile else []
        return [name for name in names if profile and not isinstance(_choose(profile, facts, name), str)]

    def prepare(self, session: Session, method: str = "") -> Prepared:
        """Return what this session would be sent by this method, or '': by the first of its profile that fits it."""
        facts = session.facts
        nas = self.find(facts)
        if nas is None:
            where = " or ".join(filter(None, (facts.nas_address, facts.nas_identifier)))
            said = f" (its packets come from there; it says {facts.nas_claimed})" if facts.nas_claimed else ""
            missing = f"no entry under nas in {self._settings.files} names {where}{said}"
            return Prepared(session, method, obstacle=missing)
        try:
            profile = self.profile(nas)
        except RadtuneError as error:
            return Prepared(session, method, nas, obstacle=str(error))
        if fault := self._secret_fault(nas):
            return Prepared(session, method, nas, obstacle=fault)
        return prepare_with(profile, nas, session, method)

    def _secret_fault(self, nas: Nas) -> str:
        """Return what is wrong with the secret of an entry, or ''; its file is read again only if it has changed."""
        now = signature(nas.secret_file)
        if nas.name not in self._secrets or self._secrets[nas.name][0] != now:
            try:
                check_secret(nas)
                fault = ""
            except RadtuneError as error:
                fault = str(error)
            self._secrets[nas.name] = now, fault
        return self._secrets[nas.name][1]

    def ask(
        self,
        prepared: Sequence[Prepared],
        confirm: Confirm = lambda leaving: [True] * len(leaving),
        *,
        confirm_without_ids: Confirm,
    ) -> list[Reply]:
        """Send these; return what became of each, in their order.

        A packet that `confirm` is against is not sent, and its reply is UNWANTED. If a NAS has no such session, its ids
        may be out of date, and it is asked a second time without them. That packet would mean a new session as well, so
        `confirm_without_ids` is asked first. A fault of an entry, its secret or its profile is the reply `pending`.
        Raises what the two raise.
        """
        replies = self._send(prepared, confirm)
        again = [
            (index, bare)
            for index, reply in enumerate(replies)
            if reply.session_missing and (bare := self._without_ids(prepared[index])) is not None
        ]
        seconds = self._send([bare for _, bare in again], confirm_without_ids)
        for (index, _), reply in zip(again, seconds, strict=True):
            if reply is not UNWANTED:
                replies[index] = reply
        return replies

    def _send(self, prepared: Sequence[Prepared], confirm: Confirm) -> list[Reply]:
        """Send these; one packet, if it is the same for several sessions, such as two ports that it can't name."""
        groups: dict[Outgoing, list[int]] = {}
        for index, each in enumerate(prepared):
            if each.nas is not None and each.packet is not None:
                groups.setdefault(Outgoing(each.packet, each.nas.secret_file, each.nas.rate), []).append(index)
        outgoing, unwanted = list(groups), set[int]()

        def confirm_packets(places: Sequence[int]) -> set[int]:
            leaving = [(place, index) for place in places for index in groups[outgoing[place]]]
            confirmed = confirm([prepared[index] for _, index in leaving])
            unwanted.update(index for (_, index), wanted in zip(leaving, confirmed, strict=True) if not wanted)
            return {place for (place, _), wanted in zip(leaving, confirmed, strict=True) if wanted}

        replies = {
            index: reply
            for each, reply in zip(outgoing, send(outgoing, confirm_packets), strict=True)
            for index in groups[each]
        }
        replies |= dict.fromkeys(unwanted, UNWANTED)
        return [
            replies[index] if index in replies else Reply("pending", f"not sent: {each.obstacle}")
            for index, each in enumerate(prepared)
        ]

    def _without_ids(self, prepared: Prepared) -> Prepared | None:
        facts = replace(
            prepared.session.facts, acct_session_id="", acct_multi_session_id="", audit_session_id="", framed_ip=""
        )
        bare = self.prepare(replace(prepared.session, facts=facts), prepared.method)
        if bare.packet is None or bare.packet == prepared.packet:
            return None
        return replace(bare, session=prepared.session)


def prepare_with(profile: Profile, nas: Nas, session: Session, method: str = "") -> Prepared:
    """Return what this session would be sent with this profile, whatever its entry's secret."""
    chosen = _choose(profile, session.facts, method)
    if isinstance(chosen, str):
        picked = ", as picked by the entry's methods" if nas.methods else ""
        return Prepared(session, method, nas, obstacle=f"profile {profile.name}{picked}: {chosen}")
    found, pairs = chosen
    if fault := _address_fault(nas, session.facts):
        return Prepared(session, found.name, nas, obstacle=f"{fault}; give {nas.name} a coa_address")
    address = nas.coa_address or session.facts.nas_address
    return Prepared(session, found.name, nas, Packet(found.packet, address, nas.port or profile.port, pairs))


def _address_fault(nas: Nas, facts: Facts) -> str:
    """Return why a packet would not reach the NAS, or ''. An entry that names loopback means it."""
    where, address = facts.nas_identifier or facts.nas_address, facts.nas_address
    if nas.coa_address:
        return ""
    if not address:
        return f"{where} shows no address"
    if can_be_nas(address) or _means_loopback(nas.nas):
        return ""
    if facts.nas_claimed:
        return f"{where} says that it is {facts.nas_claimed}, and its packets come from {address}"
    return f"{where} says that it is {address}, which can't be its address"


@cache
def _means_loopback(texts: tuple[str, ...]) -> bool:
    """Tell whether one of the networks of an entry is one in which no NAS elsewhere can be."""
    return any(holds_no_nas(network) for text in texts if (network := nas_network(text)) is not None)


def _choose(profile: Profile, facts: Facts, name: str) -> tuple[Method, Pairs] | str:
    """Return the method of this name (or '': any) that fits the session, with its attributes; or why there is none."""
    fields, reasons = fields_of(facts, profile.mac), []
    for method in profile.methods:
        if name in ("", method.name):
            try:
                return method, render(profile, method, fields)
            except CannotRenderError as error:
                reasons.append(str(error))
    return "; ".join(reasons) or f"has no method {name}, but {', '.join(profile.method_names())}"


def unusable_secrets(settings: Settings) -> Iterator[RadtuneError]:
    """Yield why the CoA secret of an entry under `nas` can't be used, for each that can't."""
    for nas in settings.nas:
        try:
            check_secret(nas)
        except RadtuneError as error:
            yield error


def check_secret(nas: Nas) -> None:
    """Raise what `check_coa_secret` raises for the secret of an entry."""
    check_coa_secret(nas.secret_file, f"the CoA secret of {nas.name}")
