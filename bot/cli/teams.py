"""`okra team on NAME`, `okra team off NAME`, `okra team list`: teams join one by one."""

from __future__ import annotations



