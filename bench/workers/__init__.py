"""Worker processes: start them, send them cells, limit them, end them and all that they started.

The coordinator has a ``worker_slot`` for each cell that runs at a time. A slot starts a
``supervisor``, a small process in which no estimator runs, and the supervisor starts the
``worker``, which imports what cells need and forks a ``child`` for each of them. Whichever of them
dies, is killed or hangs, the supervisor ends the others. ``messages`` from a child are
treated as untrusted input.
"""
