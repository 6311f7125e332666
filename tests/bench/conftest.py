"""Records that tests of the bench share."""

from suite_records import make_records, records, with_arrays

__all__ = ["make_records", "records", "with_arrays"]
