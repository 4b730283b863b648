"""Engines: ways to spread the reading of sources over cores and machines; the report stays that of one process."""
