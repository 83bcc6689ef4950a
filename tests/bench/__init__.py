"""What radtune costs, beside the same work done otherwise: `python -m bench` from tests/, see docs/performance.md."""
