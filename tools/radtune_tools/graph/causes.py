"""What went wrong between radtune and Microsoft, in few words and without secrets."""

import re
from typing import Any


def is_about_certificates(error: Exception) -> bool:
    """Tell whether it's a matter of trust, which another try doesn't mend, and not a connection that broke."""
    return "certificate" in str(error).lower()


def cause(error: Exception) -> str:
    """Return what is wrong in few words: the innermost cause, not the pools and retries around it."""
    inner: Any = error
    for _ in range(8):
        deeper = [getattr(inner, "reason", None), *reversed(getattr(inner, "args", ()))]
        found = next((each for each in deeper if isinstance(each, Exception)), None)
        if found is None:
            break
        inner = found
    # urllib3 begins with the object that was to connect, in one way before 2.0 and in another since.
    said = re.sub(r"^\w+\(host=[^()]*\): ", "", str(inner).rpartition(">: ")[2])
    return without_secrets(said or repr(inner))


def without_secrets(text: str) -> str:
    """Return the text without what may be a secret in it: the password in a URL, a token."""
    secrets = r"""(?<=//)\S*(?=@)|(?<=\bBearer ).*|\beyJ[\w.-]+|(?<="access_token":)\s*"[^"]*\""""
    return re.sub(secrets, "…", text, flags=re.DOTALL)


def host_of(url: str) -> str:
    """Return the URL up to its host: what is behind that can be a secret."""
    # Before 1.29, msal writes the port that https has anyway.
    return "/".join(url.split("/", 3)[:3]).removesuffix(":443")
