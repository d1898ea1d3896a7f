"""The kill matrix: one run for each place at which worker, simulator or server can be killed, judged by the ledger.

``make chaos`` plays all of them, ``python -m chaos --only ROW`` one. See `chaos.rows` for what a place is.
"""
