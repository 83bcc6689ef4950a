"""A hook that answers as a test tells it, and notes how it was asked; it stands in for radtune.server.hook.

`config { settings = <directory> }` names the directory: `answers.json` gives the answers of each question, one for each
time it is asked and the last one from then on; `calls.jsonl` takes a line for each call.
"""

import json
from pathlib import Path
from typing import Any

import radiusd

Lists = dict[str, Any]

DIRECTORY = Path(radiusd.config["settings"])
ANSWERS, CALLS = DIRECTORY / "answers.json", DIRECTORY / "calls.jsonl"


def instantiate(_lists: Lists | None) -> int:
    return int(radiusd.RLM_MODULE_OK)


def detach(_lists: Lists | None) -> int:
    return int(radiusd.RLM_MODULE_OK)


def authorize(lists: Lists) -> Any:
    return _answer("authorize", lists)


def post_auth(lists: Lists) -> Any:
    return _answer("post_auth", lists)


def accounting(lists: Lists) -> Any:
    return _answer("accounting", lists)


def _answer(section: str, lists: Lists) -> Any:
    asked = [value for name, value in lists["config"] or () if name == "Radtune-Question"]
    question = asked[-1] if asked else section
    before = [json.loads(line)["question"] for line in CALLS.read_text().splitlines()]
    with CALLS.open("a") as file:
        file.write(json.dumps({"section": section, "question": question, "lists": lists}) + "\n")
    if question == "refused":
        return int(radiusd.RLM_MODULE_NOOP)
    answers = json.loads(ANSWERS.read_text()).get(question, ["allow"])
    kind, _, value = answers[min(before.count(question), len(answers) - 1)].partition(" ")
    if kind == "raise":
        raise RuntimeError("told to raise")
    codes = {"deny": radiusd.RLM_MODULE_REJECT, "fail": radiusd.RLM_MODULE_FAIL, "noop": radiusd.RLM_MODULE_NOOP}
    if kind in codes:
        return int(codes[kind])
    if section == "authorize":
        return int(radiusd.RLM_MODULE_UPDATED), {"config": (("Auth-Type", ":=", "Accept"),)}
    return int(radiusd.RLM_MODULE_UPDATED), {"reply": _vlan(value)}


def _vlan(vlan: str) -> tuple[tuple[str, str, str], ...]:
    if not vlan:
        return ()
    return (
        ("Tunnel-Type:0", ":=", "VLAN"),
        ("Tunnel-Medium-Type:0", ":=", "IEEE-802"),
        ("Tunnel-Private-Group-Id:0", ":=", vlan),
    )
