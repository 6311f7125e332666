"""Errors that stop a run before its end, through no fault of a cell."""


class RunStopped(Exception):
    """The run cannot go on; finished cells are saved, and the same command resumes it."""


class WorkerFailed(RunStopped):
    """No worker process could be started."""


class NoSpace(RunStopped):
    """A worker found no space to write to."""


class ClusterLost(RunStopped):
    """The cluster cannot be used, or is gone."""
