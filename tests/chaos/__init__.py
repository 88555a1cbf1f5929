"""Chaos: a running system is broken at random moments under load, and its records are held against the phones.

    make chaos               every fault; tests/chaos/results.json
    make chaos QUICK=1       the same with fewer calls, in under five minutes
    python -m tests.chaos --fault kill --fault hang --seed 7 --calls 1000

Each fault is a module of `tests.chaos.faults`. `crowd` makes the load (sipp), `judge` compares what the phones saw with
the database and with Asterisk's own channel log (CEL), `run` puts one fault together, `report` prints the table.
"""
