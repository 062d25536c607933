"""The figures of "From flow to descent" show what the page says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdfigs import bounds
from tests.shown import facts, shown

ROUNDING = 1e-12
"""A few operations in double precision on numbers of size 1."""


class TestAmplification:
    @given(largest=st.floats(2.1, 6))
    def test_each_curve_is_its_factor(self, largest: float) -> None:
        series = shown("amplification", largest=largest)
        z = series["flow"].x
        np.testing.assert_allclose(series["forward"].y, abs(1 - z), rtol=ROUNDING, atol=ROUNDING)
        np.testing.assert_allclose(series["backward"].y * (1 + z), 1, rtol=ROUNDING)
        np.testing.assert_allclose(np.log(series["flow"].y), -z, rtol=ROUNDING, atol=ROUNDING)

    def test_descent_beats_the_flow_up_to_the_crossing_and_never_after(self) -> None:
        series = shown("amplification")
        z, crossing = series["flow"].x, series["crossing"].x[0]
        faster = series["forward"].y < series["flow"].y
        np.testing.assert_array_equal(faster, (z > 0) & (z < crossing))

    def test_the_crossing_is_marked_where_the_curves_meet(self) -> None:
        marked = shown("amplification")["crossing"]
        x, y = marked.x[0], marked.y[0]
        assert (x, y) == pytest.approx((1.2785, 0.2785), abs=5e-5)  # the digits that the page quotes
        assert abs(1 - x) == pytest.approx(y, rel=ROUNDING)
        assert np.exp(-x) == pytest.approx(y, rel=ROUNDING)
        assert facts("amplification")["crossing"] == x

    def test_the_limit_of_stability_is_drawn_at_one_and_crossed_at_two(self) -> None:
        series = shown("amplification")
        assert set(series["stability"].y) == {1.0}
        z = series["forward"].x
        np.testing.assert_array_equal(series["forward"].y[1:] < 1, z[1:] < bounds.largest_step(1.0))

    def test_a_range_that_hides_the_loss_of_stability_is_refused(self) -> None:
        with pytest.raises(ValueError, match="largest must exceed 2"):
            shown("amplification", largest=2.0)
