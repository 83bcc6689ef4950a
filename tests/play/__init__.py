"""A running server with a simulated Intune, to play with."""
