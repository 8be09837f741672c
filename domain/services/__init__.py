"""What a member asks of a store or of the brand (owner services): stores, slots, appointments and service orders.

One spine for all kinds with inner steps by kind, one availability engine, one history that the member can read. The
word "service" is never meant technically here.
"""
