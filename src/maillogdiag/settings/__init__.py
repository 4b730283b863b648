"""Applications' settings files: file → settings → contradictions. Passwords are never kept.

`reading` leads the whole way; nothing is imported here, since most runs read no settings.
"""
