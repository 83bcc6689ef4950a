"""Sessions -> the entry under nas, profile and packet of each -> radclient -> what became of each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from radtune.config.nas_profile import Method, Profile, profile_reader
from radtune.config.settings import Nas, Settings
from radtune.config.yaml_file import signature
from radtune.errors import RadtuneError
from radtune.policy.nas_directory import NasIndex, NasList, nas_network
from radtune.policy.templates import fields_of
from radtune.records.addresses import can_be_nas, holds_no_nas
from radtune.records.device_and_client import Facts, Session
from radtune_tools.radclient.batch import Outgoing, send
from radtune_tools.radclient.output import UNWANTED, Reply
from radtune_tools.radclient.packet import CannotRenderError, Packet, render
from radtune_tools.radclient.run import check_coa_secret


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a session would be sent. Without a packet, `obstacle` says why."""

    session: Session
    method: str
    nas: Nas | None = None
    packet: Packet | None = None
    obstacle: str = ""

    def __str__(self) -> str:
        if self.packet is None:
            return f"nothing: {self.obstacle}"
        return f"{self.method}: {self.packet.kind} to {self.packet.address} port {self.packet.port}"


class Dispatch:
    """The entries under nas of some settings, with their profiles."""

    def __init__(self, settings: Settings) -> None:
        """Take the settings; profiles are read when they are needed."""
        self._settings = settings
        self._entries = {nas.name: nas for nas in settings.nas}
        self._index = NasIndex([NasList(nas.name, nas.nas) for nas in settings.nas])
        self._profile = profile_reader(settings.policy_context)
        self._secrets: dict[str, tuple[tuple[int, ...], str]] = {}

    def find(self, facts: Facts) -> Nas | None:
        """Return the entry that names the NAS of these facts most exactly."""
        names = self._index.lists_of(facts.nas_address, facts.nas_identifier)
        return self._entries[names[0]] if names else None

    def profile(self, nas: Nas) -> Profile:
        """Return the profile of an entry with the methods it picks; raises ConfigurationError, NotPermittedError."""
        return self._profile(nas.profile).picking(nas.methods)

    def methods(self, facts: Facts) -> list[str]:
        """Return the methods that fit a session with these facts, in the profile's order; raises as `profile` does."""
        nas = self.find(facts)
        if nas is None:
            return []
        profile = self.profile(nas)
        fields, methods = fields_of(facts, profile.mac), profile.methods
        return [
            name
            for name in profile.method_names()
            if any(_fits(profile, method, fields) for method in methods if method.name == name)
        ]

    def prepare(self, session: Session, method: str = "") -> Prepared:
        """Return what this session would be sent by this method, or '': by the first of its profile that fits it."""
        nas = self.find(session.facts)
        if nas is None:
            return Prepared(session, method, obstacle=self._unknown(session.facts))
        try:
            profile = self.profile(nas)
        except RadtuneError as error:
            return Prepared(session, method, nas, obstacle=str(error))
        if fault := self._secret_fault(nas):
            return Prepared(session, method, nas, obstacle=fault)
        return prepare_with(profile, nas, session, method)

    def _secret_fault(self, nas: Nas) -> str:
        """Return what is wrong with the secret of an entry, or ''; the file is read again only when it is another."""
        now = signature(nas.secret_file)
        known, fault = self._secrets.get(nas.name, (None, ""))
        if known != now:
            try:
                _check_secret(nas)
                fault = ""
            except RadtuneError as error:
                fault = str(error)
            self._secrets[nas.name] = now, fault
        return fault

    def ask(
        self,
        prepared: Sequence[Prepared],
        leaves: Callable[[Prepared], bool] = lambda _: True,
        *,
        still: Callable[[Session], bool],
    ) -> list[Reply]:
        """Send these; return what became of each, in their order.

        `leaves` is asked right before the packet of a session leaves; where it says no, nothing is sent, and the reply
        is UNWANTED. Many packets take their time.

        A NAS that has no such session is asked a second time without the ids, which may be out of date, if `still` says
        right before that the session is the same as it was: without ids, a new one would be meant as well. Whatever is
        wrong with an entry, its secret or its profile is the reply `pending`, and keeps no other waiting. Raises what
        `leaves` and `still` do.
        """
        replies = self._send(prepared, leaves)
        again = [
            (index, bare)
            for index, reply in enumerate(replies)
            if reply.session_missing and (bare := self._without_ids(prepared[index])) is not None
        ]
        seconds = self._send([bare for _, bare in again], lambda bare: still(bare.session))
        for (index, _), reply in zip(again, seconds, strict=True):
            if reply is not UNWANTED:
                replies[index] = reply
        return replies

    def _send(self, prepared: Sequence[Prepared], leaves: Callable[[Prepared], bool]) -> list[Reply]:
        """Send these, once what would be the same packet for several sessions, such as two ports that it can't name."""
        groups: dict[Outgoing, list[int]] = {}
        for index, each in enumerate(prepared):
            if each.nas is not None and each.packet is not None:
                groups.setdefault(Outgoing(each.packet, each.nas.secret_file, each.nas.rate), []).append(index)
        outgoing, unwanted = list(groups), set[int]()

        def leaving(places: Sequence[int]) -> set[int]:
            wanted = set()
            for place in places:
                group = groups[outgoing[place]]
                left = [index for index in group if leaves(prepared[index])]
                unwanted.update(set(group) - set(left))
                wanted |= {place} if left else set()
            return wanted

        sent = dict(zip(outgoing, send(outgoing, leaving), strict=True))
        replies = {index: sent[each] for each, group in groups.items() for index in group}
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

    def _unknown(self, facts: Facts) -> str:
        where = " or ".join(filter(None, (facts.nas_address, facts.nas_identifier)))
        said = f" (its packets come from there; it says {facts.nas_claimed})" if facts.nas_claimed else ""
        return f"no entry under nas in {self._settings.file} names {where}{said}"


def prepare_with(profile: Profile, nas: Nas, session: Session, method: str = "") -> Prepared:
    """Return what this session would be sent with this profile, whatever its entry's secret."""
    chosen = _choose(profile, session.facts, method)
    if isinstance(chosen, str):
        picked = ", as picked by the entry's methods" if nas.methods else ""
        return Prepared(session, method, nas, obstacle=f"profile {profile.name}{picked}: {chosen}")
    found, pairs = chosen
    address = nas.coa_address or session.facts.nas_address
    if fault := _address_fault(nas, session.facts):
        return Prepared(session, found.name, nas, obstacle=f"{fault}; give {nas.name} a coa_address")
    packet = Packet(found.packet, address, nas.port or profile.port, pairs)
    return Prepared(session, found.name, nas, packet)


def _address_fault(nas: Nas, facts: Facts) -> str:
    """Return why a packet would not reach the NAS, or ''. An entry that names loopback means it."""
    where, address = facts.nas_identifier or facts.nas_address, facts.nas_address
    if nas.coa_address:
        return ""
    if not address:
        return f"{where} shows no address"
    if can_be_nas(address) or any(
        network is not None and holds_no_nas(network) for network in map(nas_network, nas.nas)
    ):
        return ""
    if facts.nas_claimed:
        return f"{where} says that it is {facts.nas_claimed}, and its packets come from {address}"
    return f"{where} says that it is {address}, which can't be its address"


def _fits(profile: Profile, method: Method, fields: Mapping[str, str]) -> bool:
    try:
        render(profile, method, fields)
    except CannotRenderError:
        return False
    return True


def _choose(profile: Profile, facts: Facts, name: str) -> tuple[Method, tuple[tuple[str, str], ...]] | str:
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
            _check_secret(nas)
        except RadtuneError as error:
            yield error


def _check_secret(nas: Nas) -> None:
    check_coa_secret(nas.secret_file, f"the CoA secret of {nas.name}")
