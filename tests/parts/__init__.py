"""Building blocks for tests, the demo and the benchmark: real programs wrapped, and no import of radtune itself."""
