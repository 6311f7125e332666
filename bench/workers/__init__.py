"""Worker processes: what starts them, feeds them, limits them and clears up after them.

The coordinator has a ``lane`` for each cell that runs at a time. A lane starts a ``keeper``, a tiny
process that no estimator runs in, and the keeper starts the ``worker``, which imports what cells
need and forks a ``child`` for each of them. Who dies, is killed or hangs, the keeper ends what is
left. What a child sends is ``messages``, which are read as from a stranger.
"""
