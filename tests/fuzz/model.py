"""What a client must get, read from the manual alone: no line of this is shared with the module.

`Company` holds plain values: devices as dictionaries, the policy as the operator's file says it. `Company.answer` reads
a request as FreeRADIUS passes it on, and returns what the client must get.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fuzz.fleet import Fleet, Found
from fuzz.labels import OF_THE_CLIENT, OF_THE_DEVICE, Device, Truth, listed, on_list, seconds, states
from fuzz.request import Client, Pairs, id_texts, printed, read

UNTOLD = ("ambiguous", "stale", "unavailable")
MEANS = ["device_id", "entra_id", "serial", "name", "mac"]


@dataclass(frozen=True)
class Answer:
    """What the server is told: `noop`, `deny`, or `allow` with a VLAN or none."""

    verdict: str
    vlan: str = ""


@dataclass
class Company:
    """A fleet, a policy, the sites and the time. `synced`: when the tenant was; None: the store is gone."""

    devices: list[Device]
    policy: dict[str, Any]
    sites: dict[str, list[str]]
    now: float
    synced: float | None

    def answer(self, question: str, pairs: Pairs, auth_types: Iterable[str] = ()) -> Answer:
        """Return what the client must get."""
        client = read(pairs, question, tuple(auth_types))
        if question == "mab" and client.auth_type != "mab":
            return Answer("noop")
        allowed, vlan = self.judge(client, self.find(client))
        if not allowed:
            return Answer("deny")
        return Answer("noop") if question == "inner" else Answer("allow", vlan if question == "login" else "")

    def find(self, client: Client) -> Found:
        """Return which device the client is."""
        if self.synced is None:
            return Found("unavailable")
        return Fleet(self.devices).find(client, self.policy.get("identify_by", MEANS))

    def possible(self, question: str, pairs: Pairs, auth_types: Iterable[str] = ()) -> set[Answer]:
        """Return every answer that a client may get whose request can't be read for certain.

        It may be any device that anything in the request names, or none; where its certificate has an id, none but
        those that the ids name.
        """
        client = read(pairs, question, tuple(auth_types))
        text = "\n".join(f"{value}\n{printed(value)}" for _, value in pairs).lower()
        names = ("id", "entra_id", "serial", "name", "user")
        named = [each for each in self.devices if any(each[key] and each[key].lower() in text for key in names)]
        named += [each for each in self.devices if client.mac in each["macs"]]
        ids = [found_id for name in id_texts(client.certificate) for found_id in name] if client.certificate else []
        fleet = Fleet(self.devices)
        if ids:
            named = [*fleet.named("id", ids), *fleet.named("entra_id", ids)]
        named = fleet.with_hardware(named)
        states = [Found("unavailable")] if self.synced is None else [Found("not_enrolled"), Found("ambiguous")]
        if self.synced is not None:
            states += [Found("found", each, by) for each in named for by in (*MEANS, "user")]
        answers = {Answer("deny"), Answer("noop")}
        for found in states:
            for found.conflict in (False, True):
                allowed, vlan = self.judge(client, found)
                if allowed:
                    answers.add(Answer("allow", vlan if question == "login" else ""))
        return answers

    def judge(self, client: Client, found: Found) -> tuple[bool, str]:
        """Return whether the client is let in, and its VLAN."""
        state = self.state(found)
        barred = False
        for rule in self.policy["rules"]:
            truth = conjunction([self.term(term, client, found, state) for term in rule["match"]])
            allows = rule["policy"] == "allow"
            if truth and (not allows or not barred or self._names(rule["match"], state)):
                return self.give(rule, client)
            barred = barred or (truth is None and not allows)
        failure = self.policy.get("on_failure", {}).get(state)
        if type(failure) is dict and "last_known" in failure:
            failure = failure.get("otherwise")
        if failure is not None:
            return self.give(failure, client)
        return (False, "") if barred else self.give(self.policy["default"], client)

    def state(self, found: Found) -> str:
        """Return the compliance state that counts."""
        if self.synced is None:
            return "unavailable"
        age = self.now - self.synced
        if not -300 <= age <= seconds(self.policy.get("stale_after", "24h")):
            failure = self.policy.get("on_failure", {}).get("stale")
            believed = seconds(failure["last_known"]) if type(failure) is dict and "last_known" in failure else 0
            return str(found.device["compliance"]) if found.device and 0 <= age <= believed else "stale"
        return str(found.device["compliance"]) if found.device else found.state

    def _names(self, terms: list[Any], state: str) -> bool:
        """Tell whether the rule says outright that it is for this state."""
        for term in terms:
            if type(term) is dict:
                if "any" in term and self._names(term["any"], state):
                    return True
                if "not" in term and type(term["not"]) is dict and self._twice(term["not"], state):
                    return True
            elif state in states(self.policy["labels"][term].get("mdm_compliance", [])):
                return True
        return False

    def _twice(self, term: dict[str, Any], state: str) -> bool:
        return "not" in term and self._names([term["not"]], state)

    def give(self, rule: Any, client: Client) -> tuple[bool, str]:
        """Return what a rule, or what stands in the place of one, gives at this NAS."""
        if rule == "deny" or rule["policy"] == "deny":
            return False, ""
        vlans = [self.policy["labels"][name]["vlan"] for name in rule.get("assign", ())]
        if not vlans:
            return True, ""
        if type(vlans[0]) is not dict:
            return True, str(vlans[0])
        vlan = vlans[0]["sites"].get(self.site(client), vlans[0].get("default"))
        return (False, "") if vlan is None else (True, str(vlan))

    def site(self, client: Client) -> str:
        """Return the site of the client's NAS, or ''."""
        return next((name for name, nases in self.sites.items() if on_list(nases, client.nas)), "")

    def term(self, term: Any, client: Client, found: Found, state: str) -> Truth:
        """Tell whether a term of a rule holds."""
        if type(term) is str:
            ((kind, value),) = self.policy["labels"][term].items()
            return self.label(kind, value, client, found, state)
        if "not" in term:
            inner = self.term(term["not"], client, found, state)
            return None if inner is None else not inner
        answers = [self.term(each, client, found, state) for each in term["any"]]
        return True if True in answers else None if None in answers else False

    def label(self, kind: str, value: Any, client: Client, found: Found, state: str) -> Truth:
        """Tell whether a label holds."""
        if kind == "mdm_compliance":
            return state in states(value)
        if kind == "identity_conflict":
            return None if state in ("stale", "unavailable") else found.conflict is value
        if kind in OF_THE_CLIENT:
            return OF_THE_CLIENT[kind](value, client, self.site(client), self.now)
        if state in UNTOLD:
            return None
        if kind == "matched_by":
            return found.by in listed(value)
        device = found.device
        return device is not None and OF_THE_DEVICE[kind](value, device, self.now)


def conjunction(answers: list[Truth]) -> Truth:
    """Return whether all hold."""
    return False if False in answers else None if None in answers else True
