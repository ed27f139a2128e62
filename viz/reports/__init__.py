"""Gradients and weights in tables.

gradients     `gradient_report`: the size of the gradient in every layer
watch         `Watch`: gradients and weights recorded while a model learns
sensitivity   `sensitivity`: how much every weight and input influences an output
parameters    a model's leaves by layer and unit
table         rows of text in columns
"""
