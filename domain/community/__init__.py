"""Members publish, talk and follow in circles; moderators keep it lawful and fair; every act is an interaction.

Owns circles, posts, comments, reactions, their exact counters, feeds and the one visibility predicate
(``community.can_see``), and what moderation has done to them.
"""
