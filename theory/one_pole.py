"""One pole learned under other rules: where decay, missing credit, momentum and signs lead it."""

import math

import numpy as np
import scipy.optimize

from theory.checks import count, positive
from theory.errors import DivergedError, ProblemError

# The loss of one pole with residue a and rate c against exp(-c* t) is L = a^2/(4c) - a/(c + c*) + 1/(4 c*). Its Hessian
# at the solution (1, c*) is [[1/(2 c*), -1/(4 c*^2)], [-1/(4 c*^2), 1/(4 c*^3)]], of determinant 1/(16 c*^4).


def slopes(a: float, c: float, teacher_rate: float) -> tuple[float, float]:
    """(dL/da, dL/dc) of one pole with residue a and rate c against `exp(-c* t)`, under white noise.

    >>> slopes(1.0, 0.2, teacher_rate=0.2)
    (0.0, 0.0)
    """
    return a / (2 * c) - 1 / (c + teacher_rate), a / (c + teacher_rate) ** 2 - a**2 / (4 * c**2)


def decay_shift(teacher_rate: float, recurrent: float = 0.0, input: float = 0.0, readout: float = 0.0) -> tuple:
    """How weight decay moves the residue and the rate of the pole that is learned, to first order in the decay.

        dc = -4 m c*^2 + 8 mu_W c*^3 (1 - c*),    da = -4 m c* + 4 mu_W c*^2 (1 - c*),    m = sqrt(mu_u mu_v)

    Proof: at given a, read-in and readout are free to share it, and the least of `(mu_u alpha^2 + mu_v beta^2)/2` with
    alpha beta = a is `m a`; the recurrence costs `mu_W (1 - c)^2 / 2`. The minimum of L plus that penalty moves by
    minus the inverse Hessian of L times the penalty's gradient, (m, -mu_W (1 - c*)).

    Decay of all weights alike *lengthens* the memory: dc = -4 mu c*^2 [1 - 2 c* (1 - c*)] < 0. A smaller residue is
    made up for by a longer response. Decay of the recurrence alone shortens it, twice as much as if the residue could
    not adjust.

    In a dense network of more than one unit that pole is stable only if all weights decay alike: the error that decay
    leaves drives silent units at a rate of order mu (`theory.transverse`), and weights that do not decay give way. For
    c* = .4 decay of the recurrence alone is left at the rate .14 mu, that of read-in and readout alone at .5 mu, by
    networks that learn to amplify with what costs nothing.

    Args:
        teacher_rate: c*, below 1.
        recurrent, input, readout: mu of each kind of weights.

    Returns:
        (da, dc).

    >>> tuple(round(shift, 6) for shift in decay_shift(0.2, recurrent=0.01, input=0.01, readout=0.01))
    (-0.00672, -0.001088)

    Source: derived here.
    """
    c, m = positive(teacher_rate, "teacher_rate"), math.sqrt(input * readout)
    return (
        -4 * m * c + 4 * recurrent * c**2 * (1 - c),
        -4 * m * c**2 + 8 * recurrent * c**3 * (1 - c),
    )


def decayed_pole(teacher_rate: float, recurrent: float = 0.0, input: float = 0.0, readout: float = 0.0) -> tuple:
    """The residue and rate at which one pole comes to rest under weight decay: of the loss with its penalty.

    Args:
        teacher_rate: c*, below 1.
        recurrent, input, readout: mu of each kind of weights.

    Returns:
        (a, c).

    Raises:
        DivergedError: no minimum near the teacher: decay so strong that nothing is learned.

    >>> tuple(round(value, 4) for value in decayed_pole(0.2, recurrent=0.01, input=0.01, readout=0.01))
    (0.9933, 0.1989)
    """
    rate, m = positive(teacher_rate, "teacher_rate"), math.sqrt(input * readout)

    def balance(point):
        of_a, of_c = slopes(*point, rate)
        return of_a + m, of_c - recurrent * (1 - point[1])

    found = scipy.optimize.root(balance, (1.0, rate), tol=1e-14)
    a, c = found.x
    if not (np.abs(balance(found.x)).max() < 1e-10 and a > 0 and c > 0):
        raise DivergedError(f"under decay of {recurrent:g}, {input:g} and {readout:g} no pole near {rate:g} is kept.")
    return float(a), float(c)


def ignoring_recurrence_end(teacher_rate: float, residue: float, rate: float = 1.0, imbalance: float = 0.0) -> float:
    """The rate c at which a rule that ignores recurrence (`IgnoringRecurrence`) leaves the pole.

    The rule replaces dL/dc by -a dL/da, so that everything stands still on the nullcline `a = 2c/(c + c*)`: a line of
    false solutions. On the way there

        c + sqrt(4 a^2 + delta^2)/4    is conserved (c + a/2 from a balanced start)

    for dc/ds = a dL/da and da/ds = -sqrt(4 a^2 + delta^2) dL/da, with delta = |u|^2 - |v|^2. The end is where that
    curve meets the line. In matrices `W + W^T - V^T V` is conserved, at every width and for every loss.

    Args:
        teacher_rate: c*.
        residue, rate, imbalance: a, c and delta at the start.

    >>> round(ignoring_recurrence_end(0.2, residue=0.01), 4)
    0.3613

    Source: derived here.
    """
    teacher = positive(teacher_rate, "teacher_rate")
    start = rate + math.sqrt(4 * residue**2 + imbalance**2) / 4

    def beyond(c):
        return c + math.sqrt(4 * (2 * c / (c + teacher)) ** 2 + imbalance**2) / 4 - start

    return float(scipy.optimize.brentq(beyond, 1e-15, start, xtol=1e-15))


def truncated_drift(rate: float, teacher_rate: float, window: float, imbalance_ratio: float = 1.0) -> float:
    """How fast truncated back-propagation moves a wrong rate towards the teacher's, for a short window K.

        dc/ds = a (1 - a) K^2 (beta^2/alpha^2 + 1/2),    a = 2c/(c + c*)

    on the line where the readout is at its best. Proof: expand the window's integrals in K. With
    F = a/(2c) - 1/(c + c*), the readout moves at -alpha F, the read-in at K beta (1 - a), the rate at
    `a [F K + (1 - a) K^2 / 2]`. Product and line are kept if the readout follows the read-in, which takes
    F = K (1 - a) beta^2/alpha^2.

    The drift falls as K^2 at any given balance, but the balance drifts at first order, `d(beta/alpha)/ds = 2 K (a - 1)
    (beta/alpha)^2`: where the memory is still too short (a > 1) the readout takes over, and the drift gains speed.
    A rule that truncates the recurrent gradient alone has 1/2 in place of the bracket.

    Args:
        rate: c.
        teacher_rate: c*.
        window: K, short of both time constants.
        imbalance_ratio: beta/alpha, of the norms of readout and read-in.

    >>> round(truncated_drift(0.4, teacher_rate=0.2, window=0.1), 6)
    -0.006667

    Source: derived here.
    """
    rate, teacher = positive(rate, "rate"), positive(teacher_rate, "teacher_rate")
    a = 2 * rate / (rate + teacher)
    return a * (1 - a) * positive(window, "window") ** 2 * (imbalance_ratio**2 + 0.5)


def heavy_ball_rate(escape_rate: float, friction: float, step_size: float = 0.0) -> float:
    """The rate at which a heavy ball leaves a plateau that gradient flow leaves at a given escape rate.

        k = (-friction + sqrt(friction^2 + 4 r)) / 2,    the positive root of k^2 + friction k = r

    A small weight x has dL/dx = -r x, so x'' + friction x' = r x. In steps of size h its factor a step is the larger
    root of `z^2 - (2 - friction h + r h^2) z + 1 - friction h = 0`, and the rate ln(z)/h.

    What momentum gains is counted in steps: with a learning rate eta = h^2 gradient descent leaves at r eta a step, the
    heavy ball at k sqrt(eta). With strong friction that is r eta / (friction sqrt(eta)), the learning rate divided by
    one minus the momentum; with little it is sqrt(r eta), and the slowest plateaus gain most.

    Args:
        escape_rate: r, under gradient flow.
        friction: per unit of training time.
        step_size: h; 0 for the limit of small steps.

    >>> round(heavy_ball_rate(0.01, friction=1.0), 5), round(heavy_ball_rate(0.01, friction=0.0), 5)
    (0.0099, 0.1)
    """
    r, friction = positive(escape_rate, "escape_rate"), positive(friction, "friction", allow_zero=True)
    h = positive(step_size, "step_size", allow_zero=True)
    if h == 0:
        return (-friction + math.sqrt(friction**2 + 4 * r)) / 2
    middle = 1 + (r * h**2 - friction * h) / 2
    return math.log(middle + math.sqrt(middle**2 - 1 + friction * h)) / h


def sign_descent_speeds(width: int, step_size: float, recurrent_rate: float = 1.0, vector_rate: float = 1.0) -> tuple:
    """How far one step of sign descent moves the eigenvalue of W and the norm of read-in and readout, at width N.

        eigenvalue: N eta,    |u|, |v|: eta sqrt(N)

    Proof: the gradient of the recurrence of one learned pole has rank one, x y^T, so its signs are sign(x) sign(y)^T, a
    matrix of rank one and norm N; the signs of a vector have norm sqrt(N). Once the motion exceeds the initial weights,
    read-in, readout and recurrence are along the signs themselves, and norms and eigenvalue grow by those amounts.

    Dynamics that do not depend on N need the recurrence at rate 1/N and read-in and readout at 1/sqrt(N):
    `GroupRates(SignDescent(eta), recurrent=1/N, input=N**-0.5, readout=N**-0.5)`.

    Args:
        width: N.
        step_size: eta.
        recurrent_rate, vector_rate: the rates of `GroupRates`.

    Returns:
        (of the eigenvalue, of the norms).

    >>> sign_descent_speeds(100, 1e-3)
    (0.1, 0.01)
    """
    width, step_size = count(width, "width"), positive(step_size, "step_size")
    return width * step_size * recurrent_rate, math.sqrt(width) * step_size * vector_rate


def adam_speed(ratio: float, beta_1: float = 0.9, beta_2: float = 0.999) -> float:
    """Adam's step, in units of its step size, while a weight's gradient changes by the same factor at every step.

        (1 - beta_1) / (1 - beta_1/ratio) x sqrt( (1 - beta_2/ratio^2) / (1 - beta_2) )

    from the geometric series of m and sqrt(v), once they have forgotten where they started. A gradient that keeps its
    size, ratio 1, moves a weight by the step size, as signs do. One that grows, on leaving a plateau, moves it by more:
    v is held down by the smaller gradients of the last 1/(1 - beta_2) steps. One that fades, near a solution, moves it
    by less; where `ratio^2 <= beta_2` the running square no longer follows, and steps fade with the gradient.

    Args:
        ratio: of successive gradients, above the root of beta_2, and above beta_1.
        beta_1, beta_2: of `Adam`.

    Raises:
        ProblemError: a gradient that fades faster than its running square.

    >>> [round(adam_speed(ratio), 3) for ratio in (0.9996, 1.0, 1.001, 1.01)]
    [0.449, 1.0, 1.715, 4.176]

    Source: derived here.
    """
    if ratio**2 <= beta_2 or ratio <= beta_1:
        raise ProblemError(
            f"a gradient that is multiplied by {ratio:g} at every step fades faster than its running means, which keep "
            f"{beta_1:g} of themselves and {beta_2:g} of the square: the steps fade with it."
        )
    mean = (1 - beta_1) / (1 - beta_1 / ratio)
    return mean * math.sqrt((1 - beta_2 / ratio**2) / (1 - beta_2))


def ornstein_uhlenbeck_overlap(c: float, d: float, correlation_time: float) -> float:
    """`f(c, d) = E h_c h_d`, of two leaky units of rates c and d that hear the same Ornstein-Uhlenbeck input.

        f(c, d) = k (c + d + 2k) / [2 (c + d)(c + k)(d + k)],    k = 1/tau

    (1/(c + d) under white noise). The loss of one pole is `f(c,c) a^2/2 - f(c,c*) a + f(c*,c*)/2`, so the plateau of a
    dense network that has learned nothing is left at the rate f(1, c*) by read-in and readout each: input that is slow
    against the leak drives little of what fast weights could learn from, and learning starts late.

    Args:
        c, d: rates.
        correlation_time: tau.

    >>> round(ornstein_uhlenbeck_overlap(1.0, 0.2, 2.0), 4), round(ornstein_uhlenbeck_overlap(1.0, 0.2, 1e-9), 4)
    (0.4365, 0.8333)

    Source: derived here.
    """
    k = 1.0 / positive(correlation_time, "correlation_time")
    if min(c, d) <= 0:
        raise ProblemError(f"rates must be positive; got {c:g} and {d:g}.")
    return k * (c + d + 2 * k) / (2 * (c + d) * (c + k) * (d + k))
