"""Whether a disk is really full, where somebody says so."""

from __future__ import annotations

import errno
import os

import psutil

#: Bytes below which a file system counts as full, and of the smallest one that is looked at:
#: those of firmware variables are smaller, and always nearly full.
_LEAST, _SMALLEST = 2**16, 2**20


def is_full(error: OSError) -> bool:
    """Whether an error says that there is no space, and a file system that can be written has none.

    An estimator may raise such an error of its own accord, which says nothing of the disks. Quotas
    cannot be looked at: those are believed.
    """
    if error.errno == errno.EDQUOT:
        return True
    return error.errno == errno.ENOSPC and any(
        _no_space(place.mountpoint) for place in psutil.disk_partitions(all=True)
    )


def _no_space(place: str) -> bool:
    try:
        facts = os.statvfs(place)
    except OSError:
        return False
    if facts.f_flag & os.ST_RDONLY or facts.f_blocks * facts.f_frsize < _SMALLEST:
        return False
    inodes_gone = facts.f_files > 0 and facts.f_favail == 0
    return inodes_gone or facts.f_bavail * facts.f_frsize < _LEAST
