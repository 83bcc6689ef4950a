"""The whole story on one machine, with real parts."""
