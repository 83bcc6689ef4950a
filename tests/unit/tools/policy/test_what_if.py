"""Whether a login that nobody has made proves the user that it names."""

from dataclasses import replace

import pytest

from radtune.records.device_and_client import Facts
from radtune_tools.policy.what_if import WhatIf
from unit.samples import MAC, by_mac, certificate

NAME = "host/laptop-1"
PEAP = Facts(auth_type="peap", inner_type="eap-mschapv2", user_name="host/other", user_verified=True)


@pytest.mark.parametrize(
    ("facts", "what_if", "verified"),
    [
        (certificate(), WhatIf(user=NAME), False),
        (certificate(), WhatIf(user=NAME, auth_type="eap-ttls"), False),
        (certificate(), WhatIf(user=NAME, auth_type="peap"), False),
        (certificate(), WhatIf(user=NAME, auth_type="teap"), False),
        (certificate(), WhatIf(user=NAME, auth_type="eap-ttls", inner_type="pap"), True),
        (certificate(), WhatIf(user=NAME, auth_type="peap", inner_type="eap-mschapv2"), True),
        (certificate(), WhatIf(user=NAME, auth_type="peap", inner_type="eap-tls"), False),
        (
            certificate(),
            WhatIf(user=NAME, auth_type="eap-ttls", attributes=(("Radtune-Inner-Type", "MSCHAPv2"),)),
            True,
        ),
        (by_mac(), WhatIf(user=NAME), False),
        *((by_mac(), WhatIf(user=NAME, auth_type=word), True) for word in ("pap", "chap", "mschap", "eap-md5")),
        (by_mac(), WhatIf(user=MAC, auth_type="pap"), False),
        (PEAP, WhatIf(user=NAME), True),
        (PEAP, WhatIf(ssid="Corp"), True),
        (PEAP, WhatIf(auth_type="eap-tls"), False),
        (replace(PEAP, user_verified=False), WhatIf(ssid="Corp"), False),
    ],
)
def test_a_user_is_proved_by_a_password_as_the_server_takes_it(facts: Facts, what_if: WhatIf, verified: bool) -> None:
    assert what_if.login(facts, ()).user_verified == verified
