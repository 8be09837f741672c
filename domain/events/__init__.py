"""Events (活动): gatherings that members find, register for, pay with points, and take part in.

Owns occurrences with their ticket tiers, registrations with every change of them, and who comes along. Places are
capacity's, points are those of the points area; events holds and captures both in one transaction.
"""
