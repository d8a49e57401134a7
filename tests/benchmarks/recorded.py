"""Speed of recordings, and of theory for large circuits."""

import time
from collections.abc import Callable

import numpy as np

from numerics.recordings import stream
from theory import circuits
from theory.partial_observation import markov_divergence_rate, markov_student

NEURONS, SAMPLES, LARGE, LARGEST = 100, 200_000, 1000, 2000
OBSERVED = (1, 20)


def rows(seconds: Callable) -> list[tuple[str, ...]]:
    """Lines of the table: sampling a recording, and the Markov student of a large circuit."""
    matrix = np.ones((LARGE, LARGE))
    gemm = 2 * LARGE**3 / seconds(lambda: matrix @ matrix)
    chain = circuits.feedforward_chain(NEURONS, skip=0.5, rotated=True)
    chain.covariance()
    sampling = seconds(lambda: sum(len(piece) for piece in stream(chain, SAMPLES, 1.0)))
    operations = 3 * 2.0 * NEURONS**2 * SAMPLES  # colouring the noise, and every step twice

    def student():
        return markov_student(circuits.non_normal_line_attractor(LARGE, 10.0), range(50)).timescales()

    solving = seconds(student, 1)
    identifying = [
        seconds(lambda d=d: markov_divergence_rate(circuits.feedforward_chain(LARGE, 1.0, rotated=True), range(d)), 1)
        for d in OBSERVED
    ]
    # an inversion, which costs one product, two for the source, and three for each of 15 doublings
    products = 1 + 2 + 3 * 15
    return [
        (
            f"recording of {NEURONS} neurons",
            f"{1e9 * sampling / SAMPLES / NEURONS:.0f} ns a sample and neuron",
            f"{operations / 1e9:.0f} Gflop at {operations / sampling / gemm:.2f} of the machine's matrix-product rate, "
            "and as many normal numbers as samples",
            f"{SAMPLES * NEURONS / sampling / 1e6:.0f} million samples x neurons a second (bar: 10)",
        ),
        (
            f"Markov student of {LARGE} neurons, circuit and covariance included",
            f"{solving:.1f} s",
            f"about {products * 2 * LARGE**3 / 1e9:.0f} Gflop at {products * 2 * LARGE**3 / solving / gemm:.2f} of the "
            "machine's matrix-product rate",
            "bar: 10 s",
        ),
        (
            f"divergence rate of {LARGE} neurons from the student of {' and '.join(map(str, OBSERVED))}, all included",
            f"{' and '.join(f'{taken:.1f}' for taken in identifying)} s",
            "the covariance as above, then one product and two factorisations for each of 8 to 14 doublings",
            "bar: 10 s",
        ),
        accuracy(LARGEST),
    ]


def accuracy(neurons: int) -> tuple[str, ...]:
    """A line: residual and error of the covariance of a far from normal circuit whose covariance is known."""
    circuit = circuits.null_low_rank(neurons, rank=10, gain=100.0)
    begin = time.perf_counter()
    S = circuit.covariance()
    taken = time.perf_counter() - begin
    # B^2 = 0: S = I + (B + B^T)/2 + B B^T/2
    B = circuit.recurrence
    expected = np.eye(neurons) + (B + B.T + B @ B.T) / 2
    error = np.abs(S - expected).max() / np.abs(expected).max()
    return (
        f"covariance of {neurons} neurons, far from normal",
        f"{taken:.1f} s",
        f"residual {circuit.residual():.0e} of |F| |S|",
        f"error {error:.0e} of its largest entry, against the closed form",
    )
