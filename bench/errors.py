"""Why a run may stop before its end, through no fault of a cell."""


class RunStopped(Exception):
    """The run cannot go on; what is finished is kept, and the same command goes on later."""


class WorkerFailed(RunStopped):
    """No worker process could be started."""


class NoSpace(RunStopped):
    """A worker found no space to write to."""


class ClusterLost(RunStopped):
    """The cluster cannot be used, or is gone."""
