"""What a login costs the server: radtune beside other ways to look a client up. `python -m bench` from tests/."""
