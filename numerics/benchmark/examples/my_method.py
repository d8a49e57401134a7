import numpy as np


class MyMethod:
    def fit(self, data, seed):
        self.mean = data.activity.mean(axis=(0, 1))
        x = data.activity - self.mean  # (trial, time, channel)
        before, after = x[:, :-1].reshape(-1, data.neurons), x[:, 1:].reshape(-1, data.neurons)
        self.A = np.linalg.lstsq(before, after, rcond=None)[0]
        self.noise = np.linalg.cholesky(np.cov(after - before @ self.A, rowvar=False).reshape(2 * (data.neurons,)))
        return self

    def simulate(self, history, steps, inputs=None, pulse=None, samples=1, seed=0):
        state = history[-1] - self.mean + (0 if pulse is None else pulse)
        path = []
        for kicks in np.random.default_rng(seed).normal(size=(steps, samples, len(self.mean))):
            state = state @ self.A + kicks @ self.noise.T
            path.append(self.mean + state)
        return np.stack(path, axis=1)  # (sample, step, channel)
