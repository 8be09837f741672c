"""Capacity (容量): pools of places, who holds them, and the one way to take and to free them.

One engine for event places, workshop slots and limited drops. A pool is a row of counters; every change of it is one
conditional UPDATE, so that it can never hold more than its size, whoever is at it.
"""
