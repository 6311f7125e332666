"""The resumable store of records and arrays."""
