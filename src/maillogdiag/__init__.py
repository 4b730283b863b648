"""maillogdiag: why a self-hosted server's email isn't arriving, and what exactly to change."""
