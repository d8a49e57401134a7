"""Kernels of gated units: one unit's random path, its statistics found from a population of such units.

A gated state remembers its gates' whole past, so no recursion of covariances closes. But as N grows units become
independent copies of one random process (dynamical mean-field theory, exact for tied weights):

    g^k over all times and inputs is Gaussian,   cov = s_w^2 E[m^k_t m^k_t'] + s_u^2 x_t.x'_t'/m + s_b^2

independent between k, and a gradient passes back through W^k as a Gaussian field independent of all states,

    zeta^k_s = s_w W^kT delta^k_s / sqrt(N),   cov = s_w^2 E[delta^k_s delta^k_s'],   delta^k_s = sqrt(N)/s_v dy/dg^k_s
    NTK = e_v s_v^2 E[h h'] + s_v^2 sum_k sum_{s,s'} E[delta^k_s delta'^k_s'] (e_W s_w^2 E[m m'] + e_U ... + e_b ...)

The means are taken over a population that is stepped through time, then back.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from theory.checks import count, instance
from theory.errors import UnstableSystemError
from theory.kernels.gated.fields import Field, whitened
from theory.kernels.gated.network import GatedNetwork
from theory.kernels.sequences import Sequences, checked

_LARGEST = 1e150  # whose square, in the standard errors, is still a number


@dataclass(frozen=True, eq=False)
class GatedKernels:
    """Kernels between outputs, with their sampling errors.

    Args:
        nngp: covariance of outputs, (output, output).
        ntk: neural tangent kernel, (output, output).
        nngp_error: standard errors of the above, from independent populations.
        ntk_error: theirs.
        gradients: `E (dy/dh_s)^2 N / s_v^2`, (output, s) from s = 0; 1 where s is the output's own time, nan later.
        gradients_error: theirs.
        sequence: of each output, (output,).
        time: of each output, from 1.
    """

    nngp: np.ndarray
    ntk: np.ndarray
    nngp_error: np.ndarray
    ntk_error: np.ndarray
    gradients: np.ndarray
    gradients_error: np.ndarray
    sequence: np.ndarray
    time: np.ndarray


def gated_last_time(
    network: GatedNetwork, sequences, lengths=None, units: int = 8192, populations: int = 8, seed: int = 0
) -> GatedKernels:
    """NNGP and NTK at each sequence's own last time, between all pairs of inputs.

    Regime: N to infinity at fixed T; gradient independence (see GatedNetwork). Errors fall as
    1/sqrt(units x populations); there is a bias of order 1/units, far below them.

    Cost: with K = n T fields for each preactivation, K^2 units x populations; memory some 6 K numbers a unit.

    Args:
        network: the network.
        sequences: (sequence, time, input).
        lengths: of each sequence; None if all have the full length.
        units: sampled in a population.
        populations: independent ones, which tell the error.
        seed: of the sampling.

    Raises:
        ProblemError: bad sequences, fewer units than 8 for each Gaussian variable.
        UnstableSystemError: gradients that overflow.

    >>> from theory.kernels.gated import GRU, GatedWeights
    >>> network = GatedNetwork(GRU(), (GatedWeights(1.0), GatedWeights(1.0), GatedWeights(1.5)))
    >>> found = gated_last_time(network, np.ones((1, 3, 1)), units=512)
    >>> found.ntk.shape, bool(found.ntk_error[0, 0] < 0.1 * found.ntk[0, 0])
    ((1, 1), True)

    Source: derived here; M. Chen, J. Pennington & S. Schoenholz, arXiv 1806.05394, for gates independent of states;
    G. Yang, Tensor Programs II, arXiv 2006.14548, for why the limit exists.
    """
    given = checked(sequences, lengths)
    outputs = [(i, int(length)) for i, length in enumerate(given.lengths)]
    return _kernels(network, given, outputs, units, populations, seed)


def gated_all_pairs(
    network: GatedNetwork, sequences, lengths=None, units: int = 8192, populations: int = 8, seed: int = 0
) -> GatedKernels:
    """The same for the outputs at all times, in the order (sequence, time): K = n T^2 / 2 backward fields.

    Args:
        network: the network.
        sequences: (sequence, time, input).
        lengths: of each sequence; None if all have the full length.
        units: sampled in a population.
        populations: independent ones, which tell the error.
        seed: of the sampling.

    >>> from theory.kernels.gated import MinimalGated, GatedWeights
    >>> network = GatedNetwork(MinimalGated(), (GatedWeights(1.0), GatedWeights(1.5)))
    >>> gated_all_pairs(network, np.ones((1, 3, 1)), units=512).time
    array([1, 2, 3])
    """
    given = checked(sequences, lengths)
    outputs = [(i, t) for i, length in enumerate(given.lengths) for t in range(1, int(length) + 1)]
    return _kernels(network, given, outputs, units, populations, seed)


def _kernels(network, given: Sequences, outputs, units: int, populations: int, seed: int) -> GatedKernels:
    instance(network, GatedNetwork, "network")
    units, populations = count(units, "units"), count(populations, "populations", least=2)
    randoms = np.random.default_rng(seed).spawn(populations)
    with np.errstate(over="ignore", invalid="ignore"):  # refused at the end
        drawn = [_Population(network, given, outputs, units, random).kernels() for random in randoms]
    parts = [np.stack(each) for each in zip(*drawn, strict=True)]
    nngp, ntk, gradients = (each.mean(0) for each in parts)
    errors = [each.std(0, ddof=1) / np.sqrt(populations) for each in parts]
    sequence, time = (np.array(each) for each in zip(*outputs, strict=True))
    return GatedKernels(nngp, ntk, errors[0], errors[1], gradients, errors[2], sequence, time)


class _Population:
    """Independent units along all the sequences at once: forward in time, then back from every output."""

    def __init__(self, network: GatedNetwork, given: Sequences, outputs, units: int, random):
        self.network, self.values, self.outputs = network, given.values, outputs
        self.number, self.times, _ = given.values.shape
        self.matrices = len(network.weights)
        forward, backward = self.number * self.times, sum(t for _, t in outputs)
        firsts = 1 if network.initial_state.shared else self.number
        noise = whitened(random, self.matrices * (forward + backward) + 1 + firsts, units)
        self.readout, self.first = noise[0], noise[1 : 1 + firsts]
        noise = noise[1 + firsts :]
        starts = np.arange(self.matrices)
        self.fields = [Field(noise[k * forward :][:forward]) for k in starts]
        noise = noise[self.matrices * forward :]
        self.fields_back = [Field(noise[k * backward :][:backward]) for k in starts]
        self.units = noise.shape[1]

    def kernels(self):
        """NNGP, NTK and mean squares of gradients."""
        states, partials, presynaptic = self._forward()
        deltas, betas, starts = self._backward(partials)
        network = self.network
        last = np.stack([states[t][i] for i, t in self.outputs])
        nngp = network.readout**2 * last @ last.T / self.units
        ntk = network.readout_rate * nngp
        owner, sequence, time = (np.array(each) for each in zip(*starts, strict=True))
        x = self.values[sequence, time - 1]
        gram = x @ x.T / x.shape[1]
        linked = 1.0 if network.tied else time[:, None] == time
        which = np.arange(len(self.outputs))[:, None] == owner
        for k, weights in enumerate(network.weights):
            rates, m = weights.rates, np.stack([presynaptic[k][t - 1][i] for _, i, t in starts])
            source = rates.recurrent * weights.recurrent**2 * linked * (m @ m.T) / self.units
            source = source + rates.input * weights.input**2 * gram + rates.bias * weights.bias**2
            both = (deltas[k] @ deltas[k].T) / self.units * source
            ntk = ntk + network.readout**2 * which @ both @ which.T
        first = betas[0]
        same = 1.0 if network.initial_state.shared else self._same_sequence()
        scale = network.initial_rate * network.initial_state.scale**2 * network.readout**2
        ntk = ntk + scale * same * (first @ first.T) / self.units
        gradients = np.stack([np.mean(beta**2, axis=1) for beta in betas], axis=1)
        if not (np.isfinite(ntk).all() and np.abs(ntk).max() < _LARGEST):
            raise UnstableSystemError(
                f"the kernel passes {_LARGEST:g} within {self.times} steps: squares of gradients grow too fast. Use "
                "shorter sequences, or smaller recurrent gains."
            )
        return nngp, ntk, gradients

    def _same_sequence(self):
        sequence = np.array([i for i, _ in self.outputs])
        return 1.0 * (sequence[:, None] == sequence)

    def _forward(self):
        """States from h_0, partial derivatives of every step, and what each W acts on."""
        unit, weights = self.network.unit, self.network.weights
        h = np.broadcast_to(self.network.initial_state.scale * self.first, (self.number, self.units))
        states, partials, presynaptic = [h], [], [[] for _ in weights]
        for t in range(self.times):
            g = []
            for k, each in enumerate(weights):
                m = np.asarray(unit.presynaptic(k, h, g))
                presynaptic[k].append(m)
                recurrent = each.recurrent**2 * self._overlap(presynaptic[k])
                x = self.values[:, : t + 1].swapaxes(0, 1)  # times first, as the fields are drawn
                drive = np.einsum("sim,jm->sij", x, self.values[:, t]) / x.shape[-1]
                drive = drive.reshape(-1, self.number)
                g.append(self.fields[k].extended(recurrent + each.input**2 * drive + each.bias**2) + each.bias_mean)
            partials.append(self._partials(h, g))
            h = np.asarray(unit.state(h, g))
            states.append(h)
        return states, partials, presynaptic

    def _overlap(self, vectors: list) -> np.ndarray:
        """Covariances of the last group with all groups, (all, last); with itself alone where weights are untied."""
        last = vectors[-1]
        if self.network.tied:
            return np.concatenate(vectors) @ last.T / self.units
        before = sum(len(each) for each in vectors[:-1])
        return np.concatenate([np.zeros((before, len(last))), last @ last.T / self.units])

    def _partials(self, h, g):
        """Of h_t by h and every g; of every m^j by h and the g before it."""
        unit = self.network.unit

        def of(function):
            value, back = jax.vjp(function, jnp.asarray(h), [jnp.asarray(each) for each in g])
            by_h, by_g = back(jnp.ones_like(value))
            return np.asarray(by_h), [np.asarray(each) for each in by_g]

        return of(unit.state), [of(lambda h, g, k=k: unit.presynaptic(k, h, g[:k])) for k in range(self.matrices)]

    def _backward(self, partials):
        """Gradients with respect to preactivations, one row for each (output, s), and with respect to states.

        Returns:
            deltas of each matrix (row, unit); betas by s from 0, (output, unit); and (output, sequence, s) of each row.
        """
        betas = [np.full((len(self.outputs), self.units), np.nan) for _ in range(self.times + 1)]
        for o, (_, t) in enumerate(self.outputs):
            betas[t][o] = self.readout
        deltas, starts = [[] for _ in range(self.matrices)], []
        for s in range(self.times, 0, -1):
            active = [o for o, (_, t) in enumerate(self.outputs) if t >= s]
            chosen = [self.outputs[o][0] for o in active]
            starts += [(o, i, s) for o, i in zip(active, chosen, strict=True)]
            (state_h, state_g), before = partials[s - 1]
            beta = betas[s][active]
            arriving = state_h[chosen] * beta
            zetas = {}
            for k in reversed(range(self.matrices)):
                delta = state_g[k][chosen] * beta
                for later, zeta in zetas.items():
                    delta = delta + before[later][1][k][chosen] * zeta
                deltas[k].append(delta)
                scale = self.network.weights[k].recurrent ** 2
                zetas[k] = self.fields_back[k].extended(scale * self._overlap(deltas[k]))
                arriving = arriving + before[k][0][chosen] * zetas[k]
            betas[s - 1][active] = arriving
        return [np.concatenate(each) for each in deltas], betas, starts
