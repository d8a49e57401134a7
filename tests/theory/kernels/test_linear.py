"""Closed forms of linear networks, by the recursion, by quadrature, by the series and by Monte Carlo."""

import numpy as np
import pytest
from scipy.integrate import quad

from tests.theory.kernels.test_last_time import FULL, NETWORKS
from theory.errors import ProblemError
from theory.kernels import (
    Erf,
    Identity,
    InitialState,
    LazySpectrum,
    Rates,
    RecurrentLayer,
    RecurrentNetwork,
    all_pairs,
    exponential_norm,
    fastest_lag,
    finite_width_ntk,
    is_learnable,
    lag_rates,
    lag_rates_standard,
    lag_responses,
    laplace_kernel,
    linear_kernels,
    resolvent_kernel,
    response_covariance,
    response_kernel,
)


class TestDiscrete:
    @pytest.mark.parametrize(
        "network",
        [
            RecurrentNetwork(RecurrentLayer(Identity(), 0.9, 1.1, 0.3), readout=1.3),
            RecurrentNetwork(
                RecurrentLayer(Identity(), 1.2, 0.7, 0.3, InitialState(0.8), Rates(0.3, 1.5, 2.0, 0.7)),
                readout=0.7,
                readout_rate=0.4,
                readout_mean=0.5,
            ),
        ],
    )
    def test_closed_form_is_the_recursion(self, network):
        found = linear_kernels(network, FULL[0], FULL[1, :4])
        expected = all_pairs(network, FULL[:1], None, FULL[1:2, :4])
        np.testing.assert_allclose(found.nngp, expected.nngp[0, :, 0], rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(found.ntk, expected.ntk[0, :, 0], rtol=1e-12, atol=1e-14)

    def test_rates_are_the_kernel_of_a_pulse_diagonal_in_lag(self):
        pulse = np.zeros((1, 6, 1))
        pulse[0, 0] = 1.0
        kernel = all_pairs(RecurrentNetwork(RecurrentLayer(Identity(), 0.9, 1.1), readout=0.8), pulse).matrices().ntk
        np.testing.assert_allclose(kernel, np.diag(lag_rates(np.arange(6), 0.9, 0.8, 1.1)), rtol=1e-13, atol=1e-15)

    def test_rates_of_weights_trained_themselves_are_the_engines_at_other_rates(self):
        W, C, F = 0.7, 1.3, 0.6
        layer = RecurrentLayer(Identity(), np.sqrt(W), np.sqrt(F), rates=Rates(1 / W, 1 / F))
        pulse = np.zeros((1, 5, 1))
        pulse[0, 0] = 1.0
        kernel = all_pairs(RecurrentNetwork(layer, np.sqrt(C), 1 / C), pulse).matrices().ntk
        np.testing.assert_allclose(np.diag(kernel), lag_rates_standard(np.arange(5), W, C, F), rtol=1e-13)

    @pytest.mark.parametrize("gain", [0.3, 0.81, 0.817, 0.9, 0.95, 0.99])
    def test_fastest_lag_is_where_the_rates_are_largest(self, gain):
        rates = lag_rates(np.arange(500), gain)
        assert fastest_lag(gain) == np.argmax(rates)
        assert (np.diff(rates) <= 0).all() == (gain**2 <= 2 / 3)

    def test_lags_are_learned_each_on_its_own(self):
        rates, target, step = lag_rates(np.arange(4), 0.9), np.array([1.0, -0.5, 0.3, 0.0]), 1e-4
        response = np.full(4, 0.2)
        for _ in range(5000):  # gradient descent with the kernel of lags
            response = response - step * rates / 2 * (response - target)
        np.testing.assert_allclose(lag_responses(np.full(4, 0.2), target, rates, [0.5], 2)[0], response, atol=1e-4)

    def test_finite_width_bias_is_that_of_tied_networks_and_rejected_for_untied(self):
        """Monte Carlo at N = 32, T = 4: the analytic kernel is off where t - t' is even and not 0."""
        from tests.numerics.test_wide_networks import drawn_kernels

        network = RecurrentNetwork(RecurrentLayer(Identity(), 0.9))
        untied = RecurrentNetwork(RecurrentLayer(Identity(), 0.9, tied=False))
        sequence, width, draws = np.ones((1, 3, 1)), 32, 400
        predicted = finite_width_ntk(network, sequence[0], sequence[0], width)
        limit = all_pairs(network, sequence).matrices().ntk
        found = drawn_kernels(network, sequence, width, draws)[1]
        error = found.std(0) / np.sqrt(draws)
        gap = np.abs(found.mean(0) - predicted)
        assert (gap < 4 * error + 20 / width**2 * np.diag(limit).max()).all()
        bias = predicted - limit
        assert bias[0, 2] > 0 and bias[0, 1] == 0.0
        # along the pulse's own lags the bias is seen, and not with untied weights
        pulse = np.array([[[1.0], [0.0], [0.0]]])
        lag = finite_width_ntk(network, pulse[0], pulse[0], width)[0, 2]
        assert lag == pytest.approx(2 * 0.81 / width)
        for drawn, expected in ((network, lag), (untied, 0.0)):
            each = drawn_kernels(drawn, pulse, width, 1600)[1][:, 0, 2]
            spread = np.std(each) / np.sqrt(len(each))
            assert np.mean(each) == pytest.approx(expected, abs=3.5 * spread)
            assert spread < lag / 4

    def test_finite_width_average_in_running_sums_is_the_double_sum_over_powers(self):
        random, width, s_w = np.random.default_rng(0), 13, 0.9
        x, y = random.normal(size=(7, 2)), random.normal(size=(9, 2))
        C = 1.1**2 * x @ y.T / 2 + 0.3**2
        c = {
            (a, b): float(a == b) + (min(a, b) + 1) / width * (a != b and (a - b) % 2 == 0)
            for a in range(9)
            for b in range(9)
        }
        expected = np.zeros(C.shape)
        for p in range(7):
            for q in range(9):
                paths = 2 * c[p, q]
                for a in range(p):
                    for b in range(q):  # to first order in 1/N
                        own, other = c[a, b], c[p - 1 - a, q - 1 - b]
                        paths += own * other if own >= 1 or other >= 1 else 0.0
                expected[p:, q:] += s_w ** (p + q) * paths * C[: 7 - p, : 9 - q]
        found = finite_width_ntk(RecurrentNetwork(RecurrentLayer(Identity(), s_w, 1.1, 0.3), 1.2), x, y, width)
        np.testing.assert_allclose(found, 1.2**2 * expected, rtol=1e-12)

    def test_what_has_no_closed_form_is_refused(self):
        with pytest.raises(ProblemError, match="linear"):
            linear_kernels(NETWORKS["erf"], FULL[0], FULL[1])
        with pytest.raises(ProblemError, match="linear"):
            finite_width_ntk(RecurrentNetwork(RecurrentLayer(Erf(), 1.0)), FULL[0], FULL[1], 8)
        with pytest.raises(ProblemError, match="gain"):
            fastest_lag(1.0)
        with pytest.raises(ProblemError, match="lags"):
            lag_rates([-1], 0.5)


class TestContinuous:
    @pytest.mark.parametrize("gain", [0.0, 0.5, 0.95])
    def test_kernels_in_time_have_the_laplace_transform(self, gain):
        t, weights = np.polynomial.laguerre.laggauss(60)
        for p, q in ((1.0, 2.0), (2.5, 1.5)):
            left, right = (weights * np.exp(-(r - 1) * t) for r in (p, q))
            found = left @ response_covariance(t, t, gain) @ right
            assert found == pytest.approx(float(resolvent_kernel(p, q, gain)), rel=1e-6)
            found = left @ response_kernel(t, t, gain, 0.7, 1.3) @ right
            assert found == pytest.approx(float(laplace_kernel(p, q, gain, 0.7, 1.3)), rel=1e-6)

    def test_kernel_is_that_of_large_random_networks(self):
        random, width, gain, p, q = np.random.default_rng(0), 400, 0.6, 0.3, 0.1
        A = gain * random.normal(size=(width, width)) / np.sqrt(width) - np.eye(width)
        left, right = (np.linalg.inv(r * np.eye(width) - A) for r in (p, q))
        found = np.trace(left.T @ right) / width
        assert found == pytest.approx(float(resolvent_kernel(p, q, gain)), rel=0.03)

    def test_norm_and_threshold_from_the_series(self):
        n = np.arange(4000)
        for rate in (0.55, 1.2):
            series = np.sum(((1 - rate) / 0.5) ** (2 * n))
            assert exponential_norm(rate, 0.5) == pytest.approx(series, rel=1e-12)
        assert is_learnable(0.51, 0.5) and is_learnable(1.49, 0.5)
        assert not is_learnable(0.5, 0.5) and not is_learnable(1.51, 0.5)


class TestLazySpectrum:
    def test_eigenfunctions_are_orthonormal_and_the_kernel_acts_on_them_by_its_eigenvalues(self):
        spectrum = LazySpectrum(0.7)
        nodes, weights = np.polynomial.legendre.leggauss(400)
        t, weights = 40 * (nodes + 1), 40 * weights
        psi = spectrum.eigenfunctions(t, 5)
        np.testing.assert_allclose((psi * weights) @ psi.T, np.eye(5), atol=1e-10)
        acted = (psi * weights) @ response_covariance(t, t, 0.7)
        np.testing.assert_allclose(acted, spectrum.eigenvalues(5)[:, None] * psi, atol=1e-10)

    def test_coefficients_are_those_of_the_exponential(self):
        spectrum = LazySpectrum(0.7)
        for n in range(3):
            found = quad(lambda t, n=n: spectrum.eigenfunctions([t], n + 1)[n, 0] * np.exp(-0.3 * t), 0, 80)[0]
            assert spectrum.coefficients(0.3, 3)[n] == pytest.approx(found, abs=1e-9)

    @pytest.mark.parametrize("rate", [0.1, 0.3, 0.5, 0.8])
    def test_loss_starts_at_the_targets_power_and_ends_in_the_power_law(self, rate):
        spectrum = LazySpectrum(0.7)
        assert spectrum.loss(rate, [0.0])[0] == pytest.approx(1 / (4 * rate), rel=1e-12)
        period = 1 / spectrum.ratio  # ripples are periodic in ln s
        losses = spectrum.loss(rate, 1e6 * np.array([1.0, period]))
        slope = -np.diff(np.log(losses))[0] / np.log(period)
        assert slope == pytest.approx(spectrum.exponent(rate), rel=1e-3)

    def test_reference_exponents_and_that_one_is_the_threshold(self):
        spectrum = LazySpectrum(0.7)
        found = [spectrum.exponent(rate) for rate in (0.1, 0.3, 0.5, 0.8)]
        np.testing.assert_allclose(found, [0.315, 1.0, 1.937, 3.205], atol=6e-4)
        for gain in (0.2, 0.7, 0.9):
            assert LazySpectrum(gain).exponent(1 - gain) == pytest.approx(1.0, rel=1e-12)
        assert spectrum.exponent(spectrum.first_rate) == np.inf

    def test_with_all_weights_trained_the_power_law_is_capped_near_two(self):
        """Kernels on nodes, slopes over one period of the ripples; the readout alone has the formula's."""
        spectrum, rates = LazySpectrum(0.7), (0.1, 0.3, 0.8)
        nodes, weights = np.polynomial.legendre.leggauss(500)
        t, weights = 30 * (nodes + 1) ** 2, 60 * weights * (nodes + 1)  # up to 120, denser at 0
        root, period = np.sqrt(weights), 1 / spectrum.ratio
        slopes = []
        for kernel in (response_covariance(t, t, 0.7), response_kernel(t, t, 0.7)):
            values, vectors = np.linalg.eigh(root[:, None] * kernel * root)
            squares = (vectors.T @ (root[:, None] * np.exp(-np.outer(t, rates)))) ** 2
            losses = [np.exp(-2 * np.maximum(values, 0.0) * s) @ squares for s in (1e4, 1e4 * period)]
            slopes.append(np.log(losses[0] / losses[1]) / np.log(period))
        readout, everything = slopes
        np.testing.assert_allclose(readout, [spectrum.exponent(rate) for rate in rates], rtol=2e-3)
        np.testing.assert_allclose(everything[:2], readout[:2], rtol=0.1)
        assert 1.9 < everything[2] < 2.3 < readout[2]

    def test_loss_is_gradient_flow_of_the_readout(self):
        """The same flow, discretised: impulse responses on nodes, the kernel's matrix exponential."""
        spectrum = LazySpectrum(0.7)
        nodes, weights = np.polynomial.legendre.leggauss(200)
        t, weights = 30 * (nodes + 1), 30 * weights
        root = np.sqrt(weights)
        values, vectors = np.linalg.eigh(root[:, None] * response_covariance(t, t, 0.7) * root)
        target = vectors.T @ (root * np.exp(-0.4 * t))
        for s in (1.0, 30.0):
            found = np.sum(target**2 * np.exp(-2 * values * s)) / 2
            assert spectrum.loss(0.4, [s])[0] == pytest.approx(found, rel=1e-6)
