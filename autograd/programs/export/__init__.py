"""A program in other languages: `source` writes text, `jax` makes a function of JAX."""
