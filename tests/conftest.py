"""Hypothesis for the whole suite: no deadline on shared machines, repeatable in CI."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "dcdw",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("dcdw")
