"""The page that walks through a graph: `viz.step` writes it.

trace      the graph as data: frontiers, names, numbers, where everything lies
places     what dot says about where boxes and arrows go
document   one HTML file of it, which no label can break out of
page.html, page.css, *.js   what the browser shows; plain, and joined unchanged
"""
