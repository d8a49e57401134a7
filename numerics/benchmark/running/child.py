"""The program in which a method from a file runs: reads the task, fits, answers, writes.

It imports nothing but NumPy, so that it costs little in every cell, unless the method itself asks for more.
"""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np


class Data:
    """The numbers of a `numerics.recordings.Recording`; anything else of one is made when asked for."""

    def __init__(self, activity: np.ndarray, bin_size: float, inputs: np.ndarray | None):
        self.activity, self.bin_size, self.inputs = activity, bin_size, inputs
        self.trials, self.samples, self.neurons = activity.shape
        self.duration = self.trials * self.samples * bin_size

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        from numerics.recordings import Recording

        return getattr(Recording(self.activity, self.bin_size, self.inputs), name)


def main() -> None:
    """Of the folder with the task, the file with the method and its class, which are the arguments."""
    folder, file, name = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    task = json.loads((folder / "task.json").read_text())
    with np.load(folder / "train.npz") as train:
        data = Data(train["activity"], task["bin_size"], train["inputs"] if "inputs" in train else None)
    fitted = _class_of(file, name)().fit(data, task["seed"])
    rollouts = {}
    with np.load(folder / "queries.npz") as asked:
        for group, size in task["groups"].items():
            history, pulse, seed = (asked[f"{group}_{part}"] for part in ("history", "pulse", "seed"))
            rollouts[group] = np.stack(
                [
                    fitted.simulate(
                        history[n],
                        size["steps"],
                        pulse=pulse[n] if pulse[n].any() else None,
                        samples=size["samples"],
                        seed=task["seed"] + int(seed[n]),
                    )
                    for n in range(size["queries"])
                ]
            )
    np.savez(folder / "rollouts.npz", **rollouts)
    for what, method in (("claim", "claim"), ("interval", "timescale_interval")):
        told = getattr(fitted, method)() if hasattr(fitted, method) else None
        if told is not None:
            plain = told if isinstance(told, dict) else [float(end) for end in told]
            (folder / f"{what}.json").write_text(json.dumps(plain, default=float))


def _class_of(file: str, name: str):
    specification = importlib.util.spec_from_file_location("method_under_test", file)
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return getattr(module, name)


if __name__ == "__main__":
    main()
