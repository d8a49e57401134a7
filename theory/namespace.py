"""The functions an architecture needs, for arrays and for SymPy matrices alike."""

import jax.numpy as jnp
import sympy


def _elementwise(function):
    return staticmethod(lambda matrix: matrix.applyfunc(function))


class _Symbolic:
    """For SymPy matrices; a weight of shape (n,) is a column of n symbols."""

    exp, cos, sin, sqrt = map(_elementwise, (sympy.exp, sympy.cos, sympy.sin, sympy.sqrt))
    square = _elementwise(lambda x: x**2)
    reciprocal = _elementwise(lambda x: 1 / x)
    eye = staticmethod(sympy.eye)
    multiply = staticmethod(sympy.matrix_multiply_elementwise)

    @staticmethod
    def plus(matrix, number):
        return matrix.applyfunc(lambda x: x + number)

    @staticmethod
    def constants(values):
        return sympy.Matrix([int(value) for value in values])

    @staticmethod
    def diag(column):
        return sympy.diag(*column)

    @staticmethod
    def stack(*columns):
        return sympy.Matrix.vstack(*columns)

    @staticmethod
    def scaled_rows(column, matrix):
        return sympy.diag(*column) @ matrix

    @staticmethod
    def solve(A, B):
        return A.inv() @ B

    @staticmethod
    def block(rows):
        return sympy.Matrix.vstack(*(sympy.Matrix.hstack(*row) for row in rows))


class _Numeric:
    """For arrays."""

    exp, cos, sin, sqrt, square, reciprocal = jnp.exp, jnp.cos, jnp.sin, jnp.sqrt, jnp.square, jnp.reciprocal
    eye, multiply, plus, constants, diag, block = jnp.eye, jnp.multiply, jnp.add, jnp.asarray, jnp.diag, jnp.block
    solve = jnp.linalg.solve

    @staticmethod
    def stack(*vectors):
        return jnp.concatenate(vectors)

    @staticmethod
    def scaled_rows(vector, matrix):
        return vector[:, None] * matrix


def namespace(values):
    """The functions for that kind of matrix: `exp`, `diag`, `solve`, ..., by the same names for both.

    With them an architecture that is written once makes arrays to train and expressions to derive equations from.

    >>> float(namespace(jnp.ones(2)).exp(jnp.zeros(2))[0])
    1.0
    >>> namespace(sympy.Matrix([0])).exp(sympy.Matrix([0]))
    Matrix([[1]])
    """
    return _Symbolic if isinstance(values, sympy.MatrixBase) else _Numeric
