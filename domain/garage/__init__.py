"""Which cars exist, and who may say "mine" and since when.

Owns vehicles and their VINs, and bindings with their proofs. Everything that concerns a person is cut by time. Service
orders belong to services; what the car reports and what it may be asked to do join this area later.
"""
