"""Whether a server runs, and judges by the policy that is in the file."""

from collections.abc import Iterable
from pathlib import Path

from radtune.config.settings import Settings
from radtune.errors import StoreAccessError
from radtune.installation import SERVER
from radtune.records.states import PolicyState
from radtune.server.state_file import Said, last_word, read_states

RESTART = f"run: systemctl restart {SERVER}"


def said_of(settings: Settings) -> list[Said]:
    """Return what the servers say that run, or the one that ended last; raises StoreAccessError."""
    try:
        said = read_states(settings.store)
    except FileNotFoundError:
        return []
    except OSError as error:
        advice = "run as the server's user"
        raise StoreAccessError(f"{settings.store}: can't be looked into ({error.strerror}); {advice}") from error
    last = last_word(said)
    return [each for each in said if each.alive is not False] or ([last] if last else [])


def policy_states(settings: Settings) -> list[PolicyState]:
    """Return by which policies the servers judge, or by which the last one did; raises StoreAccessError."""
    return [each.state.policy for each in said_of(settings) if each.state]


def none_runs(said: Iterable[Said]) -> str:
    """Return why no client could log in again, by what `said_of` returns: no server runs. '' where one may run."""
    if any(each.alive is not False for each in said):
        return ""
    return f"no {SERVER} runs with radtune and this store, so whoever is moved could not log in again; {RESTART}"


def other_policy(states: Iterable[PolicyState], fingerprint: str, file: Path) -> str:
    """Return how the policy that a server said it judges by differs from the file's, or ''."""
    for state in states:
        if state.fingerprint == fingerprint:
            continue
        if state.problem:
            return f"the server could not read {file} again and judges by the one before: {state.problem}"
        return (
            f"the server still judges by another policy than {file}, or by other sites or profiles; it reads the "
            "policy again at its next requests, and settings.yaml when it is restarted"
        )
    return ""
