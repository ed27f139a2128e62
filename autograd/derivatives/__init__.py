"""Derivatives of functions, of every order.

transforms    grad, value_and_grad, jacobian, hessian, jvp, vjp, hvp, gradients
linearize     the linear map of a recorded graph at its point
sparsity      Jacobians and Hessians with many zeros, in a few passes
trees         numbers nested in lists, tuples, dicts and arrays
"""

from autograd.derivatives.transforms import (
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)

__all__ = ["grad", "gradients", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]
