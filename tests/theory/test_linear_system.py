"""Linear systems against SciPy, quadrature over lags and over frequencies, and what they refuse."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
import scipy.signal

from tests.theory.systems import (
    CONTINUOUS,
    DISCRETE,
    EPSILON,
    QUADRATURE_ERROR,
    TIMES,
    integral_over_lags,
    matrices,
    name_of,
    random_system,
    responses,
    transfers,
)
from theory import LinearSystem, Modes
from theory.checks import count, positive, real_array
from theory.errors import ProblemError, UnstableSystemError

in_both_times = pytest.mark.parametrize("time", TIMES, ids=name_of)
inner_product = jax.jit(lambda one, other: one.inner_product(other))


@pytest.fixture(params=TIMES, ids=name_of)
def system(request):
    """Five states, two inputs, three outputs."""
    return random_system(1, 5, 2, 3, request.param)


@pytest.fixture
def other(system):
    """Another with the same inputs and outputs, and three states."""
    return random_system(2, 3, 2, 3, system.time)


class TestImpulseResponse:
    LAGS = {
        "continuous": {
            "even": np.linspace(0.0, 12.0, 41),
            "uneven": np.array([1e-6, 0.1, 0.3, 0.35, 2.0, 17.0, 17.5]),
        },
        "discrete": {"even": np.arange(41), "uneven": np.array([1, 2, 5, 6, 30])},
    }

    @pytest.mark.parametrize("grid", ["even", "uneven"])
    def test_equals_scipys_exponential_or_numpys_power(self, system, grid):
        lags = self.LAGS[system.time.name][grid]
        power = {
            CONTINUOUS: lambda A, lag: scipy.linalg.expm(A * lag),
            DISCRETE: np.linalg.matrix_power,
        }[system.time]
        A, B, C = (np.asarray(matrix) for matrix in matrices(system))
        expected = np.stack([C @ power(A, lag) @ B for lag in lags])
        found = system.impulse_response(lags)
        assert found.shape == (lags.size, 3, 2)
        # rounding of a few dozen products of numbers of order one
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e3 * EPSILON)

    def test_of_a_long_run_keeps_its_digits(self):
        # steps that no decimal writes exactly must not be rounded before they are added up
        lags = np.linspace(0.0, 1000.0, 3001)
        system = LinearSystem([[-1e-3, 1.0], [-1.0, -1e-3]], [[1.0], [0.0]], [[1.0, 0.0]])
        expected = np.exp(-1e-3 * lags) * np.cos(lags)
        found = system.impulse_response(lags)[:, 0, 0]
        # 3000 products, each of rounding eps, and lags of rounding 1000 eps
        np.testing.assert_allclose(found, expected, rtol=0, atol=2e4 * EPSILON)

    def test_of_a_fast_mode_at_a_late_lag_has_died_out(self):
        system = LinearSystem(np.diag([-100.0, -50.0]), np.ones((2, 1)), np.ones((1, 2)))
        np.testing.assert_array_equal(system.impulse_response([0.0, 1e4])[:, 0, 0], [2.0, 0.0])

    def test_of_a_growing_system_exists(self):
        system = LinearSystem(np.diag([0.5, 0.25]), np.ones((2, 1)), np.ones((1, 2)))
        found = system.impulse_response([0.0, 4.0])[:, 0, 0]
        np.testing.assert_allclose(found, [2.0, np.exp(2) + np.exp(1)], rtol=1e2 * EPSILON)

    def test_is_that_of_scipys_simulated_impulse(self, system):
        lags = self.LAGS[system.time.name]["even"]
        A, B, C = (np.asarray(matrix) for matrix in matrices(system))
        found = system.impulse_response(lags)
        for k in range(2):
            state_space = (A, B[:, [k]], C, np.zeros((3, 1)))
            if system.time == CONTINUOUS:
                expected = np.stack(
                    [scipy.signal.impulse((A, B[:, [k]], C[[j]], 0.0), T=lags)[1] for j in range(3)],
                    axis=1,
                )
            else:  # SciPy counts steps from the impulse: lag k of ours acts k + 1 steps later
                expected = scipy.signal.dimpulse((*state_space, 1), n=lags.size + 1)[1][0][1:]
            np.testing.assert_allclose(found[:, :, k], expected, rtol=0, atol=1e4 * EPSILON)

    @pytest.mark.parametrize("lags", [[], [[0.0, 1.0]], [-1.0, 0.0], [0.0, 2.0, 1.0], [0.0, 1.0, 1.0]])
    def test_refuses_lags_that_do_not_increase_from_zero(self, system, lags):
        with pytest.raises(ProblemError, match="lags must be"):
            system.impulse_response(lags)

    def test_refuses_broken_steps_in_discrete_time(self):
        system = random_system(1, 5, 2, 3, DISCRETE)
        np.testing.assert_array_equal(system.impulse_response([0.0, 2.0]), system.impulse_response([0, 2]))
        with pytest.raises(ProblemError, match="whole numbers of steps"):
            system.impulse_response([0.0, 0.5])


class TestTransferFunction:
    def test_is_the_laplace_or_z_transform_of_the_impulse_response(self, system):
        if system.time == CONTINUOUS:
            points = np.array([0.0, 0.7, 0.2 + 2.0j, 0.3 - 0.5j])
        else:
            points = np.array([1.0, 1.5, -1.2 + 0.3j, 1.1j])

        def transformed(lags):
            if system.time == CONTINUOUS:
                waves = np.exp(-points * lags[:, None])
            else:
                waves = points ** -(lags[:, None] + 1.0)
            return waves[:, :, None, None] * responses(system, lags)[:, None]

        expected = integral_over_lags(transformed, system.time, 120.0)
        # the poles at -0.3 (or 0.7) leave exp(-0.3 x 120) (or 0.7^60 = 5e-10) beyond the last lag
        atol = {"continuous": 1e-13, "discrete": 1e-8}[system.time.name]
        np.testing.assert_allclose(system.transfer_function(points), expected, rtol=0, atol=atol)

    def test_at_real_frequencies_is_scipys_frequency_response(self):
        frequencies = np.array([0.0, 0.1, 0.9, 2.5])
        for time, oracle in (
            (CONTINUOUS, scipy.signal.freqresp),
            (DISCRETE, lambda system, w: scipy.signal.dfreqresp((*system, 1), w)),
        ):
            system = random_system(3, 4, 1, 1, time)
            # with a feedthrough of one, SciPy's polynomials have no leading zeros to stumble over
            direct = tuple(np.asarray(matrix) for matrix in (*matrices(system), [[1.0]]))
            expected = oracle(direct, frequencies)[1] - 1
            found = system.frequency_response(frequencies)[:, 0, 0]
            # the coefficients of SciPy's polynomials keep some 12 digits
            np.testing.assert_allclose(found, expected, rtol=1e-10)


class TestInnerProduct:
    def test_equals_quadrature_of_impulse_responses(self, system, other):
        def integrand(lags):
            return np.sum(responses(system, lags) * responses(other, lags), axis=(1, 2))

        expected = integral_over_lags(integrand, system.time)
        assert float(inner_product(system, other)) == pytest.approx(expected, abs=10 * QUADRATURE_ERROR)

    def test_equals_the_integral_over_frequencies_divided_by_two_pi(self, system, other):
        # continuous time: the map w = tan(angle / 2) makes the integrand smooth and periodic, as it is in
        # discrete time; then an even sum converges as mu^points, mu the mapped pole's modulus, below 0.9
        angles = 2 * np.pi * (np.arange(400) + 0.5) / 400
        if system.time == CONTINUOUS:
            points, weights = 1j * np.tan(angles / 2), (1 + np.tan(angles / 2) ** 2) / 2
        else:
            points, weights = np.exp(1j * angles), 1.0

        products = transfers(system, points) * transfers(other, points).conj()
        expected = np.mean(weights * products.sum(axis=(1, 2)))
        assert abs(expected.imag) < 1e-12  # rounding
        assert float(inner_product(system, other)) == pytest.approx(expected.real, abs=1e-12)

    def test_is_symmetric(self, system, other):
        forward, backward = inner_product(system, other), inner_product(other, system)
        assert float(forward) == pytest.approx(float(backward), rel=1e-12)  # rounding

    def test_of_exponentials_is_one_over_the_sum_of_their_rates(self):
        slow, fast = (LinearSystem([[-rate]], [[1.0]], [[1.0]]) for rate in (0.05, 2.5))
        assert float(inner_product(slow, fast)) == pytest.approx(1 / 2.55, rel=1e-14)  # rounding


@in_both_times
class TestUnderTransformations:
    """A system may be built inside jit and vmap, and differentiated through."""

    @staticmethod
    def norm(time):
        return lambda A, B, C: LinearSystem(A, B, C, time=time).norm()

    def test_vmapped_and_jitted_construction_gives_the_norm_of_each(self, time):
        systems = [random_system(seed, 3, 2, 3, time) for seed in (4, 5, 6)]
        stacked = (jnp.stack(group) for group in zip(*map(matrices, systems), strict=True))
        found = jax.jit(jax.vmap(self.norm(time)))(*stacked)
        energies = [
            integral_over_lags(lambda lags, one=one: np.sum(responses(one, lags) ** 2, (1, 2)), time)
            for one in systems
        ]
        np.testing.assert_allclose(found, np.sqrt(energies), rtol=10 * QUADRATURE_ERROR)

    def test_shapes_are_checked_while_tracing(self, time):
        with pytest.raises(ProblemError, match="A must be square"):
            jax.jit(self.norm(time))(jnp.ones((3, 2)), jnp.ones((3, 1)), jnp.ones((1, 3)))


class TestStability:
    @pytest.mark.parametrize(
        ("time", "A", "margin"),
        [
            (CONTINUOUS, [[-0.2, 5.0], [0.0, -1.0]], 0.2),
            (CONTINUOUS, [[-0.1, 1.0], [-1.0, -0.1]], 0.1),
            (CONTINUOUS, [[0.3]], -0.3),
            (CONTINUOUS, [[0.0]], 0.0),
            (DISCRETE, [[0.0, 0.8], [-0.8, 0.0]], 0.2),
            (DISCRETE, [[-0.9, 3.0], [0.0, 0.1]], 0.1),
            (DISCRETE, [[-1.5]], -0.5),
            (DISCRETE, [[1.0]], 0.0),
        ],
        ids=str,
    )
    def test_margin_is_the_distance_of_the_least_stable_pole(self, time, A, margin):
        n = len(A)
        system = LinearSystem(A, np.ones((n, 1)), np.ones((1, n)), time=time)
        assert system.margin() == pytest.approx(margin, abs=10 * EPSILON)
        assert system.is_stable() == (margin > 0)

    def test_poles_are_the_roots_of_the_denominator(self, system):
        one = [np.asarray(m) for m in (system.A, system.B[:, :1], system.C[:1])]
        expected = scipy.signal.StateSpace(*one, [[1.0]]).poles
        # roots of a polynomial, well apart: they keep most of the digits of its coefficients
        np.testing.assert_allclose(np.sort_complex(system.poles()), np.sort_complex(expected), rtol=1e-10)

    def test_poles_that_are_known_are_not_computed(self):
        # a Jordan block's eigenvalues, computed, are off by the square root of the rounding error
        poles = (-0.5, -0.5 - 1e-9)
        system = LinearSystem(
            [[-0.5, 1.0], [1e-18, -0.5]],
            np.ones((2, 1)),
            np.ones((1, 2)),
            modes=Modes(poles=poles, residues=(1.0, 1.0)),
        )
        assert tuple(system.poles()) == poles

    @pytest.mark.parametrize(
        ("time", "A", "pole"),
        [
            (CONTINUOUS, np.diag([-1.0, 0.25]), "0.25"),
            (CONTINUOUS, np.zeros((1, 1)), "0"),
            (CONTINUOUS, np.array([[0.5, 2.0], [-2.0, 0.5]]), r"0.5[+-]2j"),
            (DISCRETE, np.diag([0.3, -1.125]), "-1.125"),
        ],
        ids=str,
    )
    def test_unstable_system_is_refused_with_its_pole_and_the_way_out(self, time, A, pole):
        system = LinearSystem(A, np.ones((len(A), 1)), np.ones((1, len(A))), time=time, name="our system")
        said = rf"our system has a pole at {pole} .*{time.name} time.*FiniteWindow"
        stable = LinearSystem(-0.5 * np.eye(len(A)), system.B, system.C, time=time)
        for refused in (
            lambda: system.require_stable("it"),
            lambda: system.norm(),
            lambda: system.inner_product(stable),
            lambda: stable.inner_product(system),
        ):
            with pytest.raises(UnstableSystemError, match=said):
                refused()

    def test_stable_system_is_not_refused(self, system):
        system.require_stable("it")


class TestRefusals:
    GOOD = {"A": [[-1.0, 0.0], [0.0, -2.0]], "B": [[1.0], [1.0]], "C": [[1.0, 1.0]]}

    @pytest.mark.parametrize(
        ("name", "value", "said"),
        [
            ("A", [[-1.0, 0.0]], r"A must be square; its shape is \(1, 2\)"),
            ("A", -np.eye(3), r"A is 3 x 3, so B needs 3 rows .*\(2, 1\) and C has shape \(1, 2\)"),
            ("B", [[1.0]], r"B needs 2 rows .* B has shape \(1, 1\)"),
            ("C", [[1.0]], r"C 2 columns.* C has shape \(1, 1\)"),
            ("A", -1.0, r"A has 0 axes \(shape \(\)\); it needs 2"),
            ("B", [1.0, 1.0], r"B has 1 axes \(shape \(2,\)\); it needs 2"),
            ("C", np.ones((1, 1, 2)), r"C has 3 axes"),
            ("A", np.zeros((0, 0)), r"A is empty \(shape \(0, 0\)\)"),
            ("B", np.zeros((2, 0)), r"B is empty"),
            ("C", [[1.0, np.nan]], r"C has 1 entries .*not finite.*nan.* at index \(0, 1\)"),
            ("A", [[np.inf, 0.0], [-np.inf, 1.0]], r"A has 2 entries.*\(inf\) at index \(0, 0\)"),
            ("B", jnp.array([[1.0], [jnp.nan]]), r"B has 1 entries.*at index \(1, 0\)"),
            ("A", [[-1.0, 1j], [0.0, -1.0]], r"A is complex.*damped_oscillator"),
            ("C", jnp.array([[1j, 0.0]]), r"C is complex"),
            ("B", [["a"], ["b"]], r"B must hold numbers"),
            ("B", None, r"B must hold numbers"),
            ("A", [[1.0, 2.0], [3.0]], r"A is not a rectangular array"),
        ],
        ids=lambda case: case if isinstance(case, str) else "",
    )
    def test_matrix_that_is_no_real_finite_matrix_of_its_shape(self, name, value, said):
        with pytest.raises(ProblemError, match=said):
            LinearSystem(**{**self.GOOD, name: value})

    def test_whole_and_single_precision_numbers_become_float64(self):
        system = LinearSystem([[-1, 0], [0, -2]], np.ones((2, 1), "float32"), jnp.ones((1, 2), int))
        assert {matrix.dtype for matrix in matrices(system)} == {np.dtype("float64")}

    @pytest.mark.parametrize("time", [type(DISCRETE), "discrete"], ids=str)
    def test_time_that_is_no_time(self, time):
        with pytest.raises(ProblemError, match="time"):
            LinearSystem(**self.GOOD, time=time)

    def test_inner_product_of_different_shapes_names_both(self):
        one, other = random_system(1, 2, 2, 3), random_system(1, 2, 3, 2)
        with pytest.raises(ProblemError, match="2 and 3, .* has 3 and 2"):
            one.inner_product(other)

    def test_inner_product_across_times_names_both(self):
        one, other = random_system(1, 2), random_system(1, 2, time=DISCRETE)
        with pytest.raises(ProblemError, match="continuous time, .* discrete time"):
            one.inner_product(other)


def test_system_prints_its_name_and_sizes():
    text = str(LinearSystem([[-1.0]], [[1.0, 1.0]], [[1.0]], name="an integrator"))
    assert text == "an integrator: 1 states, 2 inputs, 1 outputs, continuous time"


@in_both_times
def test_response_to_a_mode_is_the_inner_product_with_it(time):
    system, pole = random_system(7, 4, 2, 3, time), {CONTINUOUS: -0.4, DISCRETE: 0.6}[time]

    def weighted(lags):
        mode = np.exp(pole * lags) if time == CONTINUOUS else pole**lags
        return responses(system, lags) * mode[:, None, None]

    found = time.response_to_mode(*matrices(system), pole)
    np.testing.assert_allclose(found, integral_over_lags(weighted, time), rtol=0, atol=10 * QUADRATURE_ERROR)


def test_timescale_is_the_lag_at_which_a_mode_has_fallen_to_one_over_e():
    assert np.exp(-0.2 * CONTINUOUS.timescale(-0.2)) == pytest.approx(1 / np.e, rel=1e-14)  # rounding
    assert 0.8 ** DISCRETE.timescale(0.8) == pytest.approx(1 / np.e, rel=1e-14)


class TestChecks:
    def test_positive_returns_a_python_float_or_says_the_number(self):
        for given, number in ((2, 2.0), (np.float32(0.5), 0.5), (jnp.array(0.25), 0.25)):
            assert positive(given, "rate") == number
            assert type(positive(given, "rate")) is float
        with pytest.raises(ProblemError, match="rate = 0, but it must be more than zero"):
            positive(0.0, "rate")
        with pytest.raises(ProblemError, match="rate = -1.5, but it must be zero or more"):
            positive(-1.5, "rate", allow_zero=True)
        assert positive(0, "rate", allow_zero=True) == 0.0
        for wrong in (np.nan, np.inf, 1j, "fast", [1.0], None):
            with pytest.raises(ProblemError, match="rate"):
                positive(wrong, "rate")

    def test_count_returns_an_int_or_says_the_number(self):
        assert count(np.int32(3), "width") == 3 and type(count(np.int64(3), "width")) is int
        with pytest.raises(ProblemError, match="width = 0, but it must be at least 1. Since so."):
            count(0, "width", because="Since so.")
        for wrong in (True, 2.0, "3", None):
            with pytest.raises(ProblemError, match="width must be a whole number"):
                count(wrong, "width")

    def test_traced_arrays_are_checked_for_shape_and_passed_on(self):
        found = jax.jit(lambda x: real_array(x, "x", 1))(jnp.array([1.0, jnp.nan]))
        assert np.isnan(found[1])
        with pytest.raises(ProblemError, match="x has 1 axes"):
            jax.jit(lambda x: real_array(x, "x", 2))(jnp.ones(2))
