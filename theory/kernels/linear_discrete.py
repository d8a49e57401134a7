"""Linear networks in discrete time, in closed form: kernels, and what lags white-noise flow learns first."""

import math

import numpy as np

from theory.checks import positive, real_array
from theory.errors import ProblemError
from theory.kernels.activations import Identity
from theory.kernels.last_time import Kernels
from theory.kernels.recurrent_network import RecurrentNetwork


def linear_kernels(network: RecurrentNetwork, sequence, other) -> Kernels:
    """NNGP and NTK of a linear network between the outputs along two different input sequences, in closed form.

    With phi the identity D = 1, and the recursion is a sum over the lag j by which an input lies back:

        NNGP(t,t') = s_v^2 sum_{j < min(t,t')} s_w^{2j} C(t-j,t'-j) + delta_tt' s_v^2 s_w^{2t} s_h^2
        NTK(t,t')  = s_v^2 sum_{j < min(t,t')} s_w^{2j} [(e_v + j e_W) C + e_U C_u + e_b s_b^2](t-j,t'-j)
                     + delta_tt' s_v^2 s_w^{2t} s_h^2 (e_v + t e_W + e_h),      C = C_u + s_b^2,  C_u = s_u^2 x.x'/m

    since each of the j recurrent steps between the input and the output contributes one derivative with respect to W,
    the input's own step one with respect to U (or b), and the readout one: `j + 2` at rates 1.

    Cost: O(T T') after the products of inputs: each diagonal is a running sum.

    Args:
        network: one linear layer with tied weights.
        sequence: (time, input).
        other: (other time, input); a different input (initial states of their own count as independent).

    Returns:
        Kernels (time, other time).

    Raises:
        ProblemError: another activation, stacked or untied layers.

    >>> from theory.kernels import RecurrentLayer
    >>> linear = RecurrentNetwork(RecurrentLayer(Identity(), recurrent=0.5))
    >>> linear_kernels(linear, [[1.0], [0.0], [0.0]], [[1.0], [0.0], [0.0]]).ntk.diagonal()
    array([2.  , 0.75, 0.25])

    Source: derived here; M. Emami et al., arXiv 2101.07833, for the impulse response.
    """
    layer = network.layers[0]
    if len(network.layers) > 1 or not isinstance(layer.activation, Identity) or not layer.tied:
        raise ProblemError("the closed form holds for one linear layer with tied weights; use all_pairs.")
    x, y = np.asarray(real_array(sequence, "sequence", 2)), np.asarray(real_array(other, "other", 2))
    w, rates = layer.recurrent**2, layer.rates
    scale, mean = network.readout**2, 1 + network.readout_mean**2
    driven, bias = layer.input**2 * x @ y.T / x.shape[1], layer.bias**2
    first = layer.initial_state.scale**2 * layer.initial_state.shared
    nngp, ntk = np.zeros(driven.shape), np.zeros(driven.shape)
    longest = min(driven.shape)
    for j in range(longest):  # the input j steps back
        reached = driven[: driven.shape[0] - j, : driven.shape[1] - j]
        covariance = reached + bias
        nngp[j:, j:] += mean * w**j * covariance
        trained = j * rates.recurrent * covariance + rates.input * reached + rates.bias * bias
        ntk[j:, j:] += w**j * (network.readout_rate * covariance + mean * trained)
    t = np.arange(1, longest + 1)
    left = w**t * first
    nngp[t - 1, t - 1] += mean * left
    ntk[t - 1, t - 1] += left * (network.readout_rate + mean * (t * rates.recurrent + rates.initial_state))
    return Kernels(scale * nngp, scale * ntk)


def lag_rates(lags, gain: float, readout: float = 1.0, read_in: float = 1.0) -> np.ndarray:
    """Rates `rho_j = s_v^2 s_u^2 (j + 2) s_w^{2j}` at which the impulse response is learned at each lag j.

    Under white-noise input the kernel of impulse responses is diagonal: `f_j = V W^j U` and `f_k` involve different
    powers of W, whose average overlap tr(W^j W^kT)/N vanishes for j != k. So gradient flow of
    `L = 1/(2m) sum_j |f_j - f*_j|^2` learns each lag on its own, `df_j/ds = -(rho_j/m)(f_j - f*_j)` (`lag_responses`).

    The ratio `rho_{j+1}/rho_j = s_w^2 (j + 3)/(j + 2)` falls with j, so the bias is towards short lags throughout if it
    is at most 1 at j = 0: s_w^2 <= 2/3. Beyond, `fastest_lag` is learned first. It is a bias in lag, hardly in
    frequency.

    Args:
        lags: whole numbers from 0 on.
        gain: s_w, below 1 for a stable network.
        readout: s_v.
        read_in: s_u.

    >>> lag_rates([0, 1, 2], gain=0.5)
    array([2.  , 0.75, 0.25])

    Source: derived here, NTK parameterisation; M. Emami et al., arXiv 2101.07833.
    """
    lags = np.asarray(lags)
    if lags.dtype.kind not in "iu" or (lags < 0).any():
        raise ProblemError(f"lags must be whole numbers from 0 on; got {lags!r}.")
    gain = positive(gain, "gain", allow_zero=True)
    scale = positive(readout, "readout") ** 2 * positive(read_in, "read_in") ** 2
    return scale * (lags + 2) * gain ** (2.0 * lags)


def lag_rates_standard(lags, recurrent: float, readout: float, read_in: float) -> np.ndarray:
    """The same where the weights themselves are trained: `rho_j = nu_C (j nu_F + nu_W) nu_W^{j-1} + nu_F nu_W^j`.

    Weights W ~ N(0, nu_W/n), readout C ~ N(0, nu_C/n), read-in F ~ N(0, nu_F/n), all at one rate: U contributes nu_C
    nu_W^j, each of j factors W contributes `nu_C nu_F nu_W^{j-1}`, the readout nu_F nu_W^j.

    Args:
        lags: whole numbers from 0 on.
        recurrent: nu_W.
        readout: nu_C.
        read_in: nu_F.

    >>> lag_rates_standard([0, 1], recurrent=0.25, readout=1.0, read_in=1.0)
    array([2. , 1.5])

    Source: M. Emami et al., arXiv 2101.07833.
    """
    lags = np.asarray(lags)
    if lags.dtype.kind not in "iu" or (lags < 0).any():
        raise ProblemError(f"lags must be whole numbers from 0 on; got {lags!r}.")
    W, C, F = positive(recurrent, "recurrent"), positive(readout, "readout"), positive(read_in, "read_in")
    return C * (lags * F + W) * W ** (lags - 1.0) + F * W**lags


def fastest_lag(gain: float) -> int:
    """The lag that is learned first: the first `j >= (3 s_w^2 - 2)/(1 - s_w^2)`, 0 for s_w^2 <= 2/3.

    Where two lags are learned equally fast, the shorter.

    Args:
        gain: s_w, below 1.

    >>> fastest_lag(0.8), fastest_lag(0.9)
    (0, 3)
    """
    gain = positive(gain, "gain", allow_zero=True)
    if gain >= 1:
        raise ProblemError(f"gain = {gain:g}: from 1 on rates grow with the lag without bound.")
    return max(0, math.ceil((3 * gain**2 - 2) / (1 - gain**2)))


def lag_responses(initial, target, rates, training_times, inputs: int = 1) -> np.ndarray:
    """The impulse response at each lag while learning: `f_j(s) = f*_j + (f_j(0) - f*_j) exp(-rho_j s/m)`.

    Args:
        initial: f_j(0), (lag,).
        target: f*_j, (lag,).
        rates: rho_j of `lag_rates`, (lag,).
        training_times: s.
        inputs: m.

    Returns:
        (training time, lag).

    >>> lag_responses([0.0], [1.0], [2.0], [0.0, np.log(2.0) / 2])[:, 0]
    array([0. , 0.5])
    """
    initial, target, rates, times = (
        np.asarray(real_array(each, name, 1))
        for each, name in zip(
            (initial, target, rates, training_times), ("initial", "target", "rates", "training_times"), strict=True
        )
    )
    return target + (initial - target) * np.exp(-np.outer(times, rates) / inputs)


def finite_width_ntk(network: RecurrentNetwork, sequence, other, width: int) -> np.ndarray:
    """The average NTK of a tied linear network of finite width, up to order 1/N.

    With unit-variance weights over the root of N, `c_ab = E tr(W^a W^bT)/N`, where

        c_ab = delta_ab + (min(a,b) + 1)/N [a != b, a - b even] + O(N^-2)
        E Theta(t,t') = s_v^2 sum_{p<t, q<t'} s_w^{p+q} C(t-p,t'-q) [2 c_pq + sum_{a+a'=p-1, b+b'=q-1} c_ab c_a'b']

    The first c_pq is from the readout, the second from the input weights; each pair of factors W in the two paths
    contributes the product of what lies before and after it. To this order the bracket is `p + 2` at p = q and
    `(m + 1)(m + 2)/N`, m = min(p, q), where p - q is even: two times m + 1 from the c_pq, and from each of the two
    products of one exact and one corrected factor 1 + 2 + ... + m = m (m + 1)/2. Tied weights meet themselves along
    paths that differ by an even number of steps: untied ones have no such term at this order.

    Cost: O(T T'): running sums along diagonals for m, along rows and columns for |p - q|.

    Regime: N well above T^2: the N^-2 terms grow fast with the lag (10/N^2 at p = q = 3).

    Args:
        network: one linear tied layer, all rates 1, states that start at zero.
        sequence: (time, input).
        other: (other time, input).
        width: N.

    Returns:
        (time, other time).

    >>> from theory.kernels import RecurrentLayer
    >>> linear = RecurrentNetwork(RecurrentLayer(Identity(), recurrent=0.5))
    >>> pulse = [[1.0], [0.0], [0.0]]
    >>> finite_width_ntk(linear, pulse, pulse, width=100)[0, 2]      # s_w^2 (2 c_02 + 0) = 0.25 * 2/100
    np.float64(0.005)

    Source: derived here; checked by Monte Carlo.
    """
    layer = network.layers[0]
    if len(network.layers) > 1 or not isinstance(layer.activation, Identity) or not layer.tied:
        raise ProblemError("the finite-width average holds for one linear layer with tied weights.")
    rates = layer.rates
    if (rates.recurrent, rates.input, rates.bias, network.readout_rate) != (1.0, 1.0, 1.0, 1.0):
        raise ProblemError("the finite-width average is for all rates 1.")
    if layer.initial_state.scale or network.readout_mean:
        raise ProblemError("the finite-width average is for states that start at zero and a readout of mean zero.")
    x, y = np.asarray(real_array(sequence, "sequence", 2)), np.asarray(real_array(other, "other", 2))
    C = layer.input**2 * x @ y.T / x.shape[1] + layer.bias**2
    s, overlap = layer.recurrent**2, np.zeros((3, *C.shape))
    for t in range(len(C)):  # sums over m of (1, m + 1, (m + 1)(m + 2)/2) s^m C(t - m, t' - m), along the diagonals
        total = C[t]
        for sums in overlap:
            if t:
                total = total + np.pad(s * sums[t - 1, :-1], (1, 0))
            sums[t] = total
    found = overlap[0] + overlap[1]  # equal powers: (m + 2) s^m
    for axis in (0, 1):  # powers that differ by 2, 4, ...: 2/N of the last sum, a geometric series in the difference
        further = np.zeros((2 + C.shape[axis], C.shape[1 - axis]))
        source = np.moveaxis(overlap[2], axis, 0)
        for t in range(C.shape[axis]):
            further[t + 2] = s * (source[t] + further[t])
        found += 2 / width * np.moveaxis(further[:-2], 0, axis)
    return network.readout**2 * found
