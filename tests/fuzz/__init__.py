"""A fuzz of the hook: random fleets, policies and requests, judged by the hook and by a model of its own."""
