"""Media: what members upload. A ticket for an upload, the original in a store of objects, renditions without metadata.

An asset belongs to who uploaded it and is shown through its holder (a post, a comment), to which a higher area attaches
it. This area records no interactions: the area that attaches does.
"""
