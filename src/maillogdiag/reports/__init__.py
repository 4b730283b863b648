"""The report and its renderers: terminal, HTML, Markdown, JSON."""
