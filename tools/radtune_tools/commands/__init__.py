"""One file for each subcommand: plain functions, explicit arguments in, an exit code out."""
