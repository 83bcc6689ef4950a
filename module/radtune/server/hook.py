"""The functions that FreeRADIUS calls: the only file that knows radiusd. Exact builtins in and out, fail closed.

rlm_python3 (src/modules/rlm_python3/rlm_python3.c, 3.2.1) takes results by exact type: a tuple of int code and dict of
tuples of str. Anything else is dropped without a word or turns into another answer, so nothing else is built here.
"""

import time
import traceback
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from time import perf_counter_ns

import radiusd  # made by FreeRADIUS in its own process

from radtune.dictionary.attribute import escaped
from radtune.errors import RadtuneError
from radtune.request.attributes import PairList, read_written
from radtune.server.instance import ModuleInstance
from radtune.server.questions import Answer, Question
from radtune.text import printable

Lists = dict[str, PairList]
Result = int | tuple[int, dict[str, tuple[tuple[str, str, str], ...]]]

_QUESTIONS: dict[str, dict[str, Question]] = {
    "authorize": {"mab": "mab", "certificate": "certificate"},
    "post_auth": {"inner": "inner", "login": "login"},
}
"""The questions of each section."""
_CODES = {
    "allow": int(radiusd.RLM_MODULE_UPDATED),
    "deny": int(radiusd.RLM_MODULE_REJECT),
    "noop": int(radiusd.RLM_MODULE_NOOP),
}
REMEMBERED = 1000
"""Replies that are remembered as the server takes them; a policy gives few."""

_instances: list[ModuleInstance] = []


def _log(level: int, message: str) -> None:
    for line in message.splitlines():
        radiusd.radlog(level, f"radtune: {printable(line)}")  # radlog takes no NUL and no lone surrogate


def instantiate(_lists: Lists | None = None) -> int:
    """Load settings, policy and stores. Anything but -1 would let FreeRADIUS up to 3.2.8 start without them."""
    file = radiusd.config.get("settings", "")
    if not file:
        _log(radiusd.L_ERR, "mods-available/radtune: config { settings = ... } is missing")
        return -1
    if _instances and _instances[0].settings_file != Path(file):
        # Both would be answered by the policy of the one that was loaded last.
        first = _instances[0].settings_file
        _log(radiusd.L_ERR, f"{file}: this server has loaded radtune with {first}; one server can have one policy")
        return -1
    detach()
    try:
        instance = ModuleInstance(
            Path(file), lambda message: _log(radiusd.L_ERR, message), lambda message: _log(radiusd.L_INFO, message)
        )
        instance.start(time.time())
    except RadtuneError as error:
        _log(radiusd.L_ERR, f"the server can't start:\n{error}")
        return -1
    except Exception:  # noqa: BLE001  # FreeRADIUS would start the server with whatever passes through here
        _log(radiusd.L_ERR, f"bug in instantiate, the server can't start:\n{traceback.format_exc()}")
        return -1
    _instances.append(instance)
    _log(radiusd.L_INFO, f"{file}: {instance.summary()}")
    return int(radiusd.RLM_MODULE_OK)


def detach(_lists: Lists | None = None) -> int:
    """Close the stores."""
    while _instances:
        instance = _instances.pop()
        instance.stop(time.time())
        instance.close()
    return int(radiusd.RLM_MODULE_OK)


def authorize(lists: Lists) -> Result:
    """Answer the questions `mab` and `certificate`."""
    return _guarded("authorize", lists, _answer)


def post_auth(lists: Lists) -> Result:
    """Answer the questions `inner` and `login`; write down what another module has `refused`."""
    return _guarded("post_auth", lists, _answer)


def accounting(lists: Lists) -> Result:
    """Keep the session alive or end it. Never refuses: accounting has no refusal, and the NAS would only repeat it."""
    return _guarded("accounting", lists, _account)


def _guarded(section: str, lists: Lists, call: Callable[[str, Lists, ModuleInstance], tuple[str, Result]]) -> Result:
    """Call it with the instance, measure how long it takes, and return its result."""
    began = perf_counter_ns()
    if not _instances:
        _log(radiusd.L_ERR, f"{section}: nothing is loaded; see the messages of the server's start")
        return int(radiusd.RLM_MODULE_FAIL)
    try:
        instance = _instances[0]
        question, result = call(section, lists, instance)
    except Exception:  # noqa: BLE001  # a bug must be refused as a failure, and be seen as what it is
        bug = traceback.format_exc()
        _log(radiusd.L_ERR, f"bug in {section}, the request is refused; please report this:\n{bug}")
        _instances[0].failed(section, time.time())
        return int(radiusd.RLM_MODULE_FAIL)
    if question:
        instance.took(question, perf_counter_ns() - began)
    return result


def _account(_section: str, lists: Lists, instance: ModuleInstance) -> tuple[str, Result]:
    known = instance.account(lists.get("request"), time.time())
    return "accounting", int(radiusd.RLM_MODULE_OK if known else radiusd.RLM_MODULE_NOOP)


def _answer(section: str, lists: Lists, instance: ModuleInstance) -> tuple[str, Result]:
    """Return the question, '' for none, and the result."""
    state, request, config = lists.get("session-state"), lists.get("request"), lists.get("config")
    word = ""
    for name, value in config or ():
        if name == "Radtune-Question":
            word = value
    question = _QUESTIONS[section].get(word)
    if question is not None:
        return word, _result(instance.answer(question, state, request, config, now=time.time()))
    if section == "post_auth" and word == "refused":
        return "denied", _refused(state, request, config, instance)
    _log(radiusd.L_ERR, f"{section}: Radtune-Question is {word!r}; call radtune through policy.d/radtune")
    return "", int(radiusd.RLM_MODULE_FAIL)


def _refused(state: PairList, request: PairList, config: PairList, instance: ModuleInstance) -> Result:
    instance.refused(state, request, config, now=time.time())
    # Given back, for the server's own line about the login is still to come.
    pairs = tuple((name, "+=", _in_quotes(raw)) for name, raw in read_written(config))
    return int(radiusd.RLM_MODULE_NOOP), {"request": pairs}


def _in_quotes(raw: bytes) -> str:
    """Write bytes as the server reads them, which is as if in double quotes; only strings need escapes."""
    return "".join(chr(byte) if 0x20 <= byte < 0x7F and byte != 0x5C else f"\\{byte:03o}" for byte in raw)


def _result(answer: Answer) -> Result:
    lists: dict[str, tuple[tuple[str, str, str], ...]] = {}
    if answer.reply:
        lists["reply"] = _reply(answer.reply)
    if answer.config:
        lists["config"] = tuple([(name, ":=", value) for name, value in answer.config])
    if answer.why:
        # The server's own line about the login shows it: Login incorrect (radtune: ...).
        lists["request"] = (("Module-Failure-Message", ":=", f"radtune: {escaped(printable(answer.why))}"),)
    return _CODES[answer.verdict], lists


@lru_cache(REMEMBERED)
def _reply(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str, str], ...]:
    """Return name, operator and value: the first of an attribute replaces what is there, the next ones are added."""
    names = [name for name, _ in pairs]
    return tuple(
        (name, "+=" if name in names[:index] else ":=", escaped(value)) for index, (name, value) in enumerate(pairs)
    )
