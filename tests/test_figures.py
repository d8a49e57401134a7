"""Figures draw, from shrunken experiments, and nothing is computed or drawn twice."""

import dataclasses

import numpy as np
import pytest

from numerics.claims.integrator_outlier import integrator_problem
from numerics.experiment import Experiment
from paper_figures import gallery
from paper_figures.figure import Figure


class Losses(Figure):
    """A figure of a few seconds."""

    name, title, paper, caption, runtime = "losses", "Losses fall", "none", "Losses of networks.", "1 s"

    def experiments(self, scale):
        return [Experiment(integrator_problem(0.4, 0.1), 4, seeds=2, training_time=4.0, records=9, step_size=0.1)]

    def draw(self, scale, store):
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots()
        (networks,) = (experiment.run(store, progress=False) for experiment in self.experiments(scale))
        axes.plot(networks.training_time, networks.loss.T + 0.01 * np.arange(2))
        return figure


@pytest.fixture
def small(monkeypatch):
    """Every experiment of the figures at width 16 at most, with two seeds and coarse steps."""
    original = Experiment.__init__

    def shrunken(self, *arguments, **options):
        original(self, *arguments, **options)
        object.__setattr__(self, "width", min(self.width, 16))
        object.__setattr__(self, "seeds", min(self.seeds, 2))
        if self.problem.learning_rule.chosen_step_size() is None:
            object.__setattr__(self, "step_size", min(self.step_size or 0.05, 0.05))

    monkeypatch.setattr(Experiment, "__init__", shrunken)
    assert dataclasses.is_dataclass(Experiment)


def test_figures_are_found():
    names = {figure.name for figure in gallery.every_figure()}
    assert {"integrator_outlier", "recurrent_spectrum", "integrator_loss"} <= names


def test_gallery_draws_once_and_then_finds_everything(tmp_path, monkeypatch):
    monkeypatch.setattr(gallery, "every_figure", lambda: [Losses()])
    draw_twice(tmp_path, ("losses",))


@pytest.mark.full
def test_every_figure_is_drawn_once_and_then_found(small, tmp_path):
    draw_twice(tmp_path, tuple(figure.name for figure in gallery.every_figure()))


def draw_twice(tmp_path, names):
    first, second = [], []
    page = gallery.make_figures("quick", tmp_path, names, first.append)
    text = page.read_text(encoding="utf-8")
    for name in names:
        assert (tmp_path / f"{name}.png").stat().st_size > 10_000
        assert (tmp_path / f"{name}.pdf").exists()
        assert f'src="{name}.png"' in text
        assert any(line.startswith(f"{name}: done") for line in first)
    gallery.make_figures("quick", tmp_path, names, second.append)
    assert any("all found" in line for line in second)
    assert all(f"{name}: up to date" in second for name in names)
    assert not list(tmp_path.glob(".*part"))
