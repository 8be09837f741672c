"""Points (积分): wallets, an exact ledger, and the rules by which interactions earn."""
