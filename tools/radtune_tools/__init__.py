"""The radtune command: everything that talks to Intune, to NASes and to people."""
