"""Sphinx's settings. `scripts/build_docs.py` lays out the pages, and calls Sphinx."""

project = "grantgraph"
extensions = ["myst_parser"]
nitpicky = True
smartquotes = False

myst_heading_anchors = 4

html_theme = "furo"
html_title = "grantgraph"
html_show_copyright = False
html_copy_source = False
html_show_sourcelink = False
highlight_language = "none"

pygments_style = "default"
pygments_dark_style = "monokai"
