"""Households: members of one family share the points of one wallet for spending; every lot stays its contributor's."""
