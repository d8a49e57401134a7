"""Teachers: the systems that students imitate. Each is one small file; copy one to add your own."""

from theory.teachers.damped_oscillator import damped_oscillator as damped_oscillator
from theory.teachers.delay_line import delay_line as delay_line
from theory.teachers.leaky_integrator import leaky_integrator as leaky_integrator
from theory.teachers.state_space import state_space as state_space
from theory.teachers.sum_of_exponentials import sum_of_exponentials as sum_of_exponentials

__all__ = ["damped_oscillator", "delay_line", "leaky_integrator", "state_space", "sum_of_exponentials"]
