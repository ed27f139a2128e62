"""Figures of matplotlib, which show themselves in a notebook.

training   `plot_history`, `plot_gradient_flow`
decision   `plot_decision`: a model's decisions over the plane
weights    `plot_weights`
figure     a figure without pyplot
"""
