"""radtune-web: a page for the network team and the help desk. Imports radtune and radtune_tools; nothing imports it."""
