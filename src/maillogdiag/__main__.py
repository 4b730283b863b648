"""`python -m maillogdiag`."""

from maillogdiag.cli import main

main()
