"""The servers that run, and whether they judge by the policy that is in the file."""

from collections.abc import Iterable
from pathlib import Path

from radtune.config.settings import Settings
from radtune.errors import StoreAccessError
from radtune.installation import SERVER
from radtune.records.moves_and_states import PolicyState
from radtune.server.state_file import ReadState, last_ended, read_states

RESTART = f"run: systemctl restart {SERVER}"


def running_servers(settings: Settings) -> list[ReadState]:
    """Return the state files of the servers that run or may run, or else of the last one; raises StoreAccessError."""
    try:
        files = read_states(settings.store)
    except FileNotFoundError:
        return []
    except OSError as error:
        advice = "run as the server's user"
        raise StoreAccessError(f"{settings.store}: can't be looked into ({error.strerror}); {advice}") from error
    last = last_ended(files)
    return [each for each in files if each.alive is not False] or ([last] if last else [])


def policy_states(settings: Settings) -> list[PolicyState]:
    """Return the policies in force in the servers, or else in the last one; raises StoreAccessError."""
    return [each.state.policy for each in running_servers(settings) if each.state]


def no_server(settings: Settings) -> str:
    """Return the sentence that no server runs; '' if one may run. Without one no client could log in again.

    Raises StoreAccessError.
    """
    if any(each.alive is not False for each in running_servers(settings)):
        return ""
    return f"no {SERVER} runs with radtune and this store, so whoever is moved could not log in again; {RESTART}"


def policy_mismatch(states: Iterable[PolicyState], fingerprint: str, file: Path) -> str:
    """Return how the policy that a server judges by differs from the file's, or ''."""
    other = next((state for state in states if state.fingerprint != fingerprint), None)
    if other is None:
        return ""
    if other.problem:
        return f"the server could not read {file} again and judges by the one before: {other.problem}"
    return (
        f"the server still judges by another policy than {file}, or by other sites or profiles. It reads a "
        "changed policy at its next requests; if settings.yaml or settings.d has changed, restart it"
    )
