"""JSON Schemas of what is written for grantgraph, and of what it writes for programs.

What the code has a table for (keys, words, types, enumerations) is taken from there. The rest is written down here
once, in parts that several schemas share. `scripts/build_schemas.py` makes files of them that stand by themselves.
"""
