"""The steps at Microsoft before a tenant can be linked, in words."""

from collections.abc import Mapping

from radtune_tools.graph.signin import READ_DEVICES, READ_ENTRA_DEVICES
from radtune_tools.link.consent import redirect_uri

PORTALS: Mapping[str, str] = {
    "global": "https://entra.microsoft.com",
    "gcc-high": "https://portal.azure.us",
    "dod": "https://portal.azure.us",
    "china": "https://portal.azure.cn",
}
"""By cloud. https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud"""
CONSENTING_ROLE = "Privileged Role Administrator"


def permissions(*, entra_changes: bool) -> tuple[str, ...]:
    """Return the least application permissions of Microsoft Graph that radtune works with."""
    return (READ_DEVICES, READ_ENTRA_DEVICES) if entra_changes else (READ_DEVICES,)


def registration_steps(cloud: str, port: int, *, entra_changes: bool) -> list[str]:
    """Return the steps of an app registration, a line each."""
    wanted = " and ".join(permissions(entra_changes=entra_changes))
    return [
        f"1. {PORTALS[cloud]}: App registrations, New registration. Any name;",
        "   accounts in this organizational directory only.",
        f"   Redirect URI: platform Web, {redirect_uri(port)}",
        "2. API permissions, Add a permission, Microsoft Graph, Application permissions:",
        f"   {wanted}. User.Read, which stands there already, isn't needed: remove it.",
        "3. Certificates & secrets: make a client secret and copy its Value, which is shown once (not the Secret ID);",
        "   or upload a certificate, or add a federated credential.",
        "4. Overview: copy Application (client) ID.",
    ]


def identity_steps(*, entra_changes: bool) -> list[str]:
    """Return the steps that give a managed identity its permissions, a line each; no portal has a page for that."""
    steps = [
        "Assign the permissions to the machine's managed identity, in PowerShell,",
        "with the identity's Object (principal) ID in $id:",
        "  Connect-MgGraph -Scopes Application.Read.All, AppRoleAssignment.ReadWrite.All",
        "  $graph = Get-MgServicePrincipal -Filter \"appId eq '00000003-0000-0000-c000-000000000000'\"",
    ]
    for permission in permissions(entra_changes=entra_changes):
        steps += [
            f"  $role = $graph.AppRoles | Where-Object Value -eq {permission}",
            "  New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $id -PrincipalId $id -ResourceId $graph.Id"
            " -AppRoleId $role.Id",
        ]
    return steps
