"""The benchmarks: each compares ours with the usual way and with the limits of the machine, in one run.

Part of the source checkout only. `breadmaker bench` starts them; BENCHMARKS.md holds the last figures.
"""
