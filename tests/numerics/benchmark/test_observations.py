"""What instruments show: means, variances, Fano factors and decays, against their formulas.

Bands are four standard errors of the sampling itself, over independent channels where channels are alike.
"""

import numpy as np
import pytest
import scipy.stats

from numerics.benchmark.observation import number_of_channels
from numerics.benchmark.observations.calcium import Calcium
from numerics.benchmark.observations.few_starts import FewStarts
from numerics.benchmark.observations.localised import Localised
from numerics.benchmark.observations.mixing import Mixing
from numerics.benchmark.observations.negative_binomial import NegativeBinomial
from numerics.benchmark.observations.poisson import Poisson
from numerics.benchmark.observations.random_subset import RandomSubset
from numerics.benchmark.observations.slow_drift import SlowDrift
from numerics.benchmark.observations.tuned import Tuned
from numerics.benchmark.observations.unknown_input import UnknownInput
from numerics.recordings import record
from theory import circuits
from theory.errors import ProblemError

CHANNELS = 60


def white(samples: int = 4000, channels: int = CHANNELS, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(1, samples, channels)) * 3.0


def four_standard_errors(per_channel: np.ndarray) -> float:
    return 4 * per_channel.std(ddof=1) / np.sqrt(per_channel.size)


class TestChannels:
    @pytest.mark.parametrize("observation", [RandomSubset(), Localised(), Localised(end=True), Tuned()])
    @pytest.mark.parametrize("fraction", [0.01, 0.25, 1.0])
    def test_single_neurons_are_seen_once_each(self, observation, fraction):
        chain = circuits.feedforward_chain(40)
        R = observation.channels(chain, fraction, np.random.default_rng(3))
        assert R.shape == (max(1, round(40 * fraction)), 40)
        assert (R.sum(axis=1) == 1).all() and (R.sum(axis=0) <= 1).all() and set(np.unique(R)) <= {0.0, 1.0}

    def test_random_subset_sees_every_neuron_equally_often(self):
        circuit, draws = circuits.uncoupled(20), 400
        seen = sum(
            RandomSubset().channels(circuit, 0.25, np.random.default_rng(seed)).sum(axis=0) for seed in range(draws)
        )
        # without replacement: counts sum to a constant, so the statistic has 19 degrees of freedom, times (1 - f)
        statistic = ((seen - draws / 4) ** 2 / (draws / 4 * (3 / 4))).sum() * 19 / 20
        assert scipy.stats.chi2.ppf(1e-3, 19) < statistic < scipy.stats.chi2.ppf(1 - 1e-3, 19)

    def test_localised_neurons_are_consecutive_and_anywhere(self):
        circuit = circuits.uncoupled(30)
        firsts = set()
        for seed in range(200):
            seen = Localised().channels(circuit, 0.2, np.random.default_rng(seed)).argmax(axis=1)
            assert (np.diff(seen) == 1).all()
            firsts.add(int(seen[0]))
        assert firsts == set(range(25))
        first = Localised(end=True).channels(circuit, 0.2, np.random.default_rng(0))
        assert first.argmax(axis=1).tolist() == [*range(6)]

    def test_tuned_subset_finds_the_neurons_that_vary_most(self):
        """Noise variances 1 to 3: in 400 samples a variance is known to 7%, and groups a factor of two apart."""
        noise = np.diag(np.r_[np.ones(30), np.full(10, 3.0)][np.random.default_rng(1).permutation(40)])
        circuit = circuits.LinearCircuit(np.zeros((40, 40)), noise=noise)
        seen = Tuned().channels(circuit, 0.25, np.random.default_rng(0)).argmax(axis=1)
        assert seen.tolist() == np.flatnonzero(np.diag(noise) == 3).tolist()
        blind = RandomSubset().channels(circuit, 0.25, np.random.default_rng(0)).argmax(axis=1)
        assert blind.tolist() != seen.tolist()

    def test_mixtures_are_orthonormal_and_see_any_direction_by_the_fraction(self):
        circuit, draws = circuits.uncoupled(50), 300
        direction = np.eye(50)[7]
        shares = []
        for seed in range(draws):
            R = Mixing().channels(circuit, 0.2, np.random.default_rng(seed))
            np.testing.assert_allclose(R @ R.T, np.eye(10), atol=1e-13)
            shares.append(((R @ direction) ** 2).sum())
        # the squared projection on a random subspace is Beta(d/2, (D - d)/2)
        assert abs(np.mean(shares) - 0.2) < 4 * scipy.stats.beta(5, 20).std() / np.sqrt(draws)
        assert scipy.stats.kstest(shares, scipy.stats.beta(5, 20).cdf).pvalue > 1e-3

    def test_number_of_channels_is_rounded_and_refused_beyond_all(self):
        assert number_of_channels(circuits.uncoupled(10), 0.001) == 1
        with pytest.raises(ProblemError, match="1.5"):
            number_of_channels(circuits.uncoupled(10), 1.5)


class TestNoise:
    def test_white_noise_has_the_stated_share_of_the_variance(self):
        signal = white()
        shown = RandomSubset().measure(signal, 1.0, 0.5, np.random.default_rng(1))
        added = (shown - signal)[0].var(axis=0)
        assert abs(added.mean() - 0.5 * signal.var(axis=(0, 1)).mean()) < four_standard_errors(added)

    def test_drift_has_the_stated_variance_and_decay(self):
        timescale, share, bin_size = 30.0, 0.2, 2.0
        signal = white(20_000)
        shown = SlowDrift(timescale, share).measure(signal, bin_size, 0.0, np.random.default_rng(1))
        drift = (shown - signal)[0]
        expected = share * signal.var(axis=(0, 1)).mean()
        variance = (drift**2).mean(axis=0)  # its mean is known to be zero
        assert abs(variance.mean() - expected) < four_standard_errors(variance)
        for lag in (1, 15, 30):
            covariance = (drift[lag:] * drift[:-lag]).mean(axis=0)
            assert abs(covariance.mean() - expected * np.exp(-lag * bin_size / timescale)) < four_standard_errors(
                covariance
            )
        first = drift[0] ** 2  # stationary from the start: chi square with 60 degrees of freedom
        assert abs(first.mean() / expected - 1) < 4 * np.sqrt(2 / CHANNELS)


class TestCounts:
    modulation, noise, bin_size = 0.5, 0.25, 2.0

    def moments(self, observation) -> tuple[np.ndarray, np.ndarray]:
        counts = observation.measure(white(8000), self.bin_size, self.noise, np.random.default_rng(2))[0]
        assert (counts == np.round(counts)).all() and counts.min() >= 0
        return counts.mean(axis=0), counts.var(axis=0, ddof=1) / counts.mean(axis=0)

    def expected(self, dispersion: float) -> tuple[float, float]:
        """Mean m, and `1 + m [(1 + dispersion) e^(g^2) - 1]`: the law of total variance with a log-normal rate."""
        mean = self.bin_size / self.noise
        return mean, 1 + mean * ((1 + dispersion) * np.exp(self.modulation**2) - 1)

    @pytest.mark.parametrize(
        ("observation", "dispersion"), [(Poisson(0.5), 0.0), (NegativeBinomial(0.5, dispersion=0.4), 0.4)]
    )
    def test_mean_and_fano_factor(self, observation, dispersion):
        mean, fano = self.moments(observation)
        expected_mean, expected_fano = self.expected(dispersion)
        # the signal's own empirical standardisation stands in for its law: an error of 1/samples, not seen here
        assert abs(mean.mean() - expected_mean) < four_standard_errors(mean)
        assert abs(fano.mean() - expected_fano) < four_standard_errors(fano) + 1e-3 * expected_fano

    def test_each_has_not_the_other_s_fano_factor(self):
        _, fano = self.moments(Poisson(0.5))
        assert abs(fano.mean() - self.expected(0.4)[1]) > 5 * four_standard_errors(fano)

    def test_infinitely_many_spikes_are_refused(self):
        with pytest.raises(ProblemError, match="infinitely many"):
            Poisson().measure(white(10), 1.0, 0.0, np.random.default_rng(0))


class TestCalcium:
    def test_white_signal_gets_the_indicator_s_decay_and_variance(self):
        """Autocovariance `var (1 - g) / (1 + g) g^k` of the first-order filter of white noise."""
        decay, bin_size = 5.0, 1.0
        g = np.exp(-bin_size / decay)
        shown = Calcium(decay).measure(white(20_000), bin_size, 0.0, np.random.default_rng(0))[0, 100:]
        for lag in (0, 1, 5, 10):
            covariance = (shown[lag:] * shown[: len(shown) - lag]).mean(axis=0)
            expected = 9.0 * (1 - g) / (1 + g) * g**lag
            assert abs(covariance.mean() - expected) < four_standard_errors(covariance)

    def test_constant_signal_is_shown_as_it_is(self):
        shown = Calcium(7.0).measure(np.full((2, 5, 3), 4.0), 1.0, 0.0, np.random.default_rng(0))
        np.testing.assert_allclose(shown, 4.0, rtol=1e-14)

    def test_filter_is_the_recursion(self):
        signal, g = white(50, 2), np.exp(-0.5 / 3)
        shown = Calcium(3.0).measure(signal, 0.5, 0.0, np.random.default_rng(0))
        c = signal[0, 0]
        for n in range(1, 50):
            c = g * c + (1 - g) * signal[0, n]
            np.testing.assert_allclose(shown[0, n], c, rtol=1e-12)


class TestInputsAndStarts:
    def test_unknown_input_is_one_direction_with_the_stated_spectrum(self):
        """All neurons move with one course of autocorrelation `exp(-t / timescale)`."""
        circuit, observation = circuits.uncoupled(30), UnknownInput(timescale=10.0, strength=0.5)
        courses = []
        for seed in range(60):
            inputs = observation.inputs(circuit, 1000, 2.0, np.random.default_rng(seed))
            assert inputs.shape == (1000, 30)
            left, sizes, _ = np.linalg.svd(inputs, full_matrices=False)
            assert sizes[1] < 1e-12 * sizes[0]
            # root mean square over neurons is 1 by construction, so this is u up to its sign
            courses.append(left[:, 0] * sizes[0] / np.sqrt(30) / 0.5)
        courses = np.array(courses)
        for lag in (0, 5, 10):
            covariance = (courses[:, lag:] * courses[:, : 1000 - lag]).mean(axis=1)
            assert abs(covariance.mean() - np.exp(-lag * 2.0 / 10.0)) < four_standard_errors(covariance)

    def test_trials_start_from_a_few_states_in_turn(self):
        circuit = circuits.symmetric_line_attractor(20, slow=50.0)
        starts = FewStarts(starts=3).start(circuit, 7, np.random.default_rng(0))
        assert starts.shape == (7, 20) and len(np.unique(starts, axis=0)) == 3
        np.testing.assert_array_equal(starts[0], starts[3])
        wide = FewStarts(3, spread=2.0).start(circuit, 7, np.random.default_rng(0))
        np.testing.assert_array_equal(2.0 * starts, wide)

    def test_starts_have_the_stationary_covariance(self):
        """Squared Mahalanobis lengths are chi square with as many degrees of freedom as neurons."""
        circuit = circuits.symmetric_line_attractor(5, slow=50.0)
        starts = FewStarts(starts=400).start(circuit, 400, np.random.default_rng(0))
        lengths = np.einsum("ti,ij,tj->t", starts, np.linalg.inv(circuit.covariance()), starts)
        assert scipy.stats.kstest(lengths, scipy.stats.chi2(5).cdf).pvalue > 1e-3


class TestCells:
    """The same observation through a cell."""

    def test_a_cell_s_trials_begin_at_its_starts(self):
        from numerics.benchmark.cell import Cell
        from tests.numerics.benchmark.small import Uncoupled

        cell = Cell(Uncoupled(), FewStarts(2), fraction=0.5, duration=60, bin_size=1.0, trials=6)
        first = cell.training().activity[:, 0]
        np.testing.assert_allclose(first[0], first[2], rtol=1e-14)
        np.testing.assert_allclose(first[1], first[5], rtol=1e-14)
        assert np.abs(first[0] - first[1]).max() > 0.1
        later = cell.training().activity[:, 5]
        assert np.abs(later[0] - later[2]).max() > 0.1  # the noise is not the same

    def test_an_input_moves_the_recording_as_the_circuit_says(self):
        """Uncoupled neurons filter the input: variance of a neuron above 1 by that of a filtered course."""
        circuit, observation = circuits.uncoupled(50), UnknownInput(timescale=50.0, strength=2.0)
        inputs = observation.inputs(circuit, 4000, 1.0, np.random.default_rng(0))
        driven = record(circuit, 4000, 1.0, inputs=inputs, seed=1).activity
        alone = record(circuit, 4000, 1.0, seed=1).activity
        response = (driven - alone)[0]  # linear: the noise drops out
        decay = np.exp(-1.0)
        z = np.zeros(50)
        for n in range(20):
            z = decay * z + (1 - decay) * inputs[n]
            np.testing.assert_allclose(response[n + 1], z, rtol=1e-9, atol=1e-12)

    def test_readme_s_observation_model_is_one(self):
        import re
        from pathlib import Path

        from numerics import benchmark
        from numerics.benchmark.cell import Cell
        from tests.numerics.benchmark.small import Uncoupled

        text = (Path(benchmark.__file__).parent / "README.md").read_text(encoding="utf-8")
        (code,) = [block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "Observation" in block]
        names = {"__name__": "readme"}
        exec(code, names)
        seen = Cell(Uncoupled(), names["Rectified"](), fraction=0.5, duration=2000).training().activity
        # half of a Gaussian is above its mean, and of the rest nothing is seen
        assert seen.min() == 0 and abs((seen == 0).mean() - 0.5) < 4 * 0.5 / np.sqrt(2000)
