"""`python -m grantgraph`."""

from grantgraph.cli import main

main()
