"""A small community in which everything that may hide a text occurs, and what each reader may see of it.

``world.py`` makes it, ``oracle.py`` says from the rows alone who may see what, ``asking.py`` makes every operation that
shows posts or comments from the schema.
"""
