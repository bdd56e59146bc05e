"""How Sphinx builds the documentation: MyST Markdown in, one static site out, nothing fetched from a network."""

from importlib.metadata import version as installed_version

project = "Billhook"
author = "The Billhook maintainers"
project_copyright = "The Billhook maintainers"
version = installed_version("billhook")
release = version
language = "en"

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
nitpicky = True
# Wire examples and console output are no programming language that Pygments would know.
highlight_language = "none"

html_theme = "furo"
html_title = f"Billhook {version}"
html_copy_source = False
html_show_sourcelink = False
