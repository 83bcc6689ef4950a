"""What the application signs in with: a client secret, or a certificate with its key."""

from radtune.secret import read_secret
from radtune.settings import Intune
from radtune_tools.certificate_file import thumbprint


def credential(intune: Intune) -> str | dict[str, str]:
    """Return the credential as msal takes it.

    Raises ConfigurationError or NotPermittedError where a file is missing, not what it should be, or open to others.
    """
    if intune.client_secret_file is not None:
        return read_secret(intune.client_secret_file, "the client secret")
    if intune.certificate_file is None or intune.private_key_file is None:
        raise AssertionError("settings have either a secret or a certificate")
    key = read_secret(intune.private_key_file, "the private key")
    return {"private_key": key, "thumbprint": thumbprint(intune.certificate_file, intune.private_key_file, key)}
