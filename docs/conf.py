"""How the documentation is built: `make docs`. Nothing is fetched, and every warning is an error."""

import sys
from pathlib import Path

from tenantstore import __version__

# Our own extension is found from the checkout, as the tests find it.
sys.path.insert(0, str(Path(__file__).parents[1]))

project = "tenantstore"
release = version = __version__
copyright = "the tenantstore authors, MIT licence"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton", "docs._ext.pages", "docs._ext.links"]
exclude_patterns = ["_*"]
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3

# A reference that leads nowhere is an error, except to what other projects document.
nitpicky = True
nitpick_ignore_regex = [("py:.*", r"(?!tenantstore\b).*")]

autodoc_member_order = "bysource"
# The parameters of a function and the fields of a record are a line each.
maximum_signature_line_length = 180
add_module_names = False

# Quotes stay as they are written.
smartquotes_action = "D"

# What is copied of a session is what was typed.
copybutton_prompt_text = r"\$ |> "
copybutton_prompt_is_regexp = True

html_theme = "furo"
html_title = "tenantstore"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_copy_source = html_show_sourcelink = False
