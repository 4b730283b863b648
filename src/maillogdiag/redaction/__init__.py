"""The one choke point between report and renderer that takes personal data out."""
