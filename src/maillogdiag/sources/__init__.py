"""Where log text comes from: files, archives, the systemd journal, standard input."""
