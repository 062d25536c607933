"""One generator, one Hypothesis profile: every run of the tests draws the same cases."""

import os

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")  # before NumPy is imported; the test processes share the cores

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings

# Drawing a picture takes a tenth of a second, and on a busy machine now and then two: no deadline.
settings.register_profile(
    "gdfigs",
    derandomize=True,
    deadline=None,
    max_examples=25,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # to shrink a failing case would draw pictures for minutes
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("gdfigs")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20250601)
