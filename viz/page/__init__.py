"""The page that walks through a graph.

step       `step`: the page in a file
trace      a scene as data: frontiers, names, numbers, where everything lies
places     where dot puts boxes and arrows
document   one HTML file of it all, which no label can break out of
page.html, page.css, *.js   what the browser shows; plain, and joined unchanged
"""
