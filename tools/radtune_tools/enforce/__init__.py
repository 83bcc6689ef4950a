"""Sessions that would get something else now: plan, refuse if unsafe, send, see it through.

May import: policy, radclient.
Begin with: reconcile.py.
"""
