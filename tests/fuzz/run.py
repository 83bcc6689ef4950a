"""Judges random requests by the hook and by the model, and keeps where they differ."""

import shutil
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from random import Random
from types import ModuleType, SimpleNamespace
from unittest.mock import patch

import yaml

from fuzz.company import NOW, SITES, make_company
from fuzz.model import Answer, Company
from fuzz.request import Pairs
from fuzz.traffic import make_hostile, make_request
from radtune.records.device_and_client import Device
from radtune.records.moves_and_states import SyncState
from radtune.stores.devices import DeviceStore
from unit.fake_radiusd import FakeRadiusd, Outcome, call

PER_COMPANY = 500
"""Requests for each fleet and policy."""
HOSTILE = 0.4
"""How many of them have something in them that nobody sends by accident."""
HOOK = "radtune.server.hook"
REJECT, OK, NOOP, UPDATED = 0, 2, 7, 8


@dataclass
class Report:
    """What was judged: `seen` counts the answers by the kind of request, `problems` say where hook and model differ."""

    seen: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def summary(self) -> str:
        """Return what was judged, in a few lines."""
        lines = [f"{count:8} {what}" for what, count in sorted(self.seen.items())]
        return "\n".join([*lines, f"{sum(self.seen.values())} requests, {len(self.problems)} problems"])


def fuzz(count: int, seed: int) -> Report:
    """Judge `count` requests; the same seed makes the same ones."""
    report = Report()
    with tempfile.TemporaryDirectory() as directory:
        for number in range(-(-count // PER_COMPANY)):
            _judge_world(Path(directory), f"{seed}/{number}", min(PER_COMPANY, count - number * PER_COMPANY), report)
    return report


def _judge_world(directory: Path, seed: str, count: int, report: Report) -> None:
    random = Random(seed)  # noqa: S311  # repeatable, not secret
    company = make_company(random)
    with _server(directory, company) as (hook, radiusd):
        for _ in range(count):
            question, pairs, auth_types = make_request(random, company)
            hostile = random.random() < HOSTILE
            if hostile:
                pairs = make_hostile(random, company, pairs)
            given, problem = _ask(hook, question, pairs, auth_types)
            report.seen[f"{'hostile' if hostile else 'regular'} {question}: {given.verdict}"] += 1
            if "bug in" in radiusd.messages():
                problem = radiusd.messages()
            problem = problem or (_too_much if hostile else _differs)(company, question, pairs, auth_types, given)
            if problem:
                report.problems.append(f"seed {seed}: {problem}\n  {question} {auth_types} {pairs}\n  {company.policy}")
            radiusd.logged.clear()


@contextmanager
def _server(directory: Path, company: Company) -> Iterator[tuple[ModuleType, FakeRadiusd]]:
    """Give the hook as it is after the start of a server with this fleet and policy."""
    shutil.rmtree(directory / "store", ignore_errors=True)
    sites = [{"name": name, "nas": nas} for name, nas in SITES.items()]
    settings = {"store": "store", "events": "events.jsonl", "policy": "policy.yaml", "sites": sites}
    (directory / "settings.yaml").write_text(yaml.safe_dump(settings))
    (directory / "policy.yaml").write_text(yaml.safe_dump(company.policy, sort_keys=False))
    (directory / "store").mkdir()
    with (
        closing(DeviceStore(directory / "store/devices", create=True, timeout=1.0)) as store,
        store.publishing() as new,
    ):
        for device in company.devices:
            new.put(Device(**device))
        new.synced(SyncState(company.devices[0]["tenant"], whole_at=int(company.synced or NOW)))
    radiusd = FakeRadiusd({"settings": str(directory / "settings.yaml")})
    with patch.dict(sys.modules, radiusd=radiusd):
        sys.modules.pop(HOOK, None)
        hook = import_module(HOOK)
        hook.time = SimpleNamespace(time=lambda: NOW)  # type: ignore[attr-defined]  # of the hook alone
        if hook.instantiate(None) != OK:
            raise RuntimeError(f"the hook doesn't start:\n{radiusd.messages()}\n{company.policy}")
        if company.synced is None:
            shutil.rmtree(directory / "store/devices")
        try:
            yield hook, radiusd
        finally:
            hook.detach(None)


def _ask(hook: ModuleType, question: str, pairs: Pairs, auth_types: tuple[str, ...]) -> tuple[Answer, str]:
    """Return what the hook says, and what is wrong with how it says it."""
    function = hook.authorize if question in ("mab", "certificate") else hook.post_auth
    config = [*(("Auth-Type", each) for each in auth_types), ("Radtune-Question", question)]
    try:
        outcome = call(function, request=pairs, config=config)
    except Exception:  # noqa: BLE001  # whatever passes through is a finding
        return Answer("deny"), traceback.format_exc()
    return _read(outcome)


def _read(outcome: Outcome) -> tuple[Answer, str]:
    verdict = {REJECT: "deny", NOOP: "noop", UPDATED: "allow"}.get(outcome.code)
    if verdict is None:
        return Answer("deny"), f"the code {outcome.code}"
    vlans = outcome.values("reply", "Tunnel-Private-Group-Id:0")
    return Answer(verdict, vlans[0] if vlans else ""), "" if len(vlans) < 2 else f"several VLANs: {vlans}"


def _differs(company: Company, question: str, pairs: Pairs, auth_types: tuple[str, ...], given: Answer) -> str:
    """Say where a request that means one thing got another answer than the model's."""
    right = company.answer(question, pairs, auth_types)
    return "" if given == right else f"the hook says {given}, the model {right}"


def _too_much(company: Company, question: str, pairs: Pairs, auth_types: tuple[str, ...], given: Answer) -> str:
    """Say where a hostile request got what nothing that is in it may get."""
    possible = company.possible(question, pairs, auth_types)
    return "" if given in possible else f"the hook says {given}, and no more is possible than {possible}"
