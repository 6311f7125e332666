"""Its tests are run where it is installed."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("idbench_example") else ["tests"]
