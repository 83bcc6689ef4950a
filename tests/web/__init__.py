"""radtune-web as people use it: the real process, and a real browser."""
