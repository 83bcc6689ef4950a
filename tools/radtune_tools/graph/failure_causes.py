"""The causes of failed requests to Microsoft, in few words and without secrets."""

import json
import re
from typing import Any


def is_about_certificates(error: Exception) -> bool:
    """Tell whether the certificate is at fault: another try doesn't mend that."""
    return "certificate" in str(error).lower()


def cause(error: Exception) -> str:
    """Return the innermost cause of an error in few words."""
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
    """Return the URL up to its host, and '' if it names none: the rest can be a secret."""
    # Before 1.29, msal writes the port that https has anyway.
    named = re.match(r"[^/?#]*//[^/?#]*", url)
    return named[0].removesuffix(":443") if named else ""


def graph_message(body: Any) -> str:
    """Return the words of a Graph error; Intune packs them into JSON inside the message, sometimes twice."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "no explanation"
    message = str(error.get("message") or error.get("code") or "no explanation")
    for _ in range(3):
        try:
            inner = json.loads(message)
        except ValueError:
            break
        if not isinstance(inner, dict) or not (inner.get("Message") or inner.get("message")):
            break
        message = str(inner.get("Message") or inner.get("message"))
    return message
