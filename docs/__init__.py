"""The documentation: pages in Markdown, and what draws and measures for them."""
