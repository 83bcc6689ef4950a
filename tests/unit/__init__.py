"""Tests of the module's and the command's own code: no network, no files but those in temporary directories."""
