"""The few records that belong to no area: idempotency keys, the clock's offset, what recording adapters kept."""
