"""The steps of the derivations are identities, and nothing in them is idle."""

import ast
import copy
import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from sympy import Rational, simplify, sin, sympify
from sympy.core.function import AppliedUndef

from gdfigs.claims import Claim, claims

CLAIMS = [claim for claim in claims().values() if claim.identities]
each = pytest.mark.parametrize("claim", CLAIMS, ids=[claim.id for claim in CLAIMS])
OTHER = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}


@each
def test_every_expression_is_zero(claim: Claim) -> None:
    assert claim.identities is not None
    expressions = claim.identities()
    assert expressions
    assert [simplify(x) for x in expressions] == [0] * len(expressions)


def disturbed(derivation: Any) -> Iterator[tuple[str, Any]]:
    """The derivation with one of its numbers raised by 1, one minus sign dropped, one sum for a difference, one product
    for a quotient, or the other way round; once for each, with its source."""
    (whole,) = ast.parse(inspect.getsource(derivation)).body
    assert isinstance(whole, ast.FunctionDef)
    whole.decorator_list = []
    for n in range(len(list(ast.walk(whole)))):
        function = copy.deepcopy(whole)
        match list(ast.walk(function))[n]:
            case ast.Constant(value=int(value)) as number if not isinstance(value, bool):
                number.value = value + 1
            case ast.BinOp(op=op) as operation if type(op) in OTHER:
                operation.op = OTHER[type(op)]()
            case ast.UnaryOp(op=ast.USub()) as negative:
                negative.op = ast.UAdd()
            case _:
                continue
        source = ast.unparse(function)
        scope = dict(derivation.__globals__)
        exec(source, scope)
        yield source, scope["_"]


def vanishes(x: Any) -> bool:
    """Whether an expression is 0. Where it is not, its value for one function at one point shows it in no time."""
    value = sympify(x)
    for f in value.atoms(AppliedUndef):
        value = value.subs(f, sum(sin((n + 2) * argument) for n, argument in enumerate(f.args))).doit()
    point = {symbol: Rational(7 * n + 5, 3 * n + 11) for n, symbol in enumerate(sorted(value.free_symbols, key=str))}
    value = value.subs(point).evalf()
    if value.is_number and not (value.is_finite and abs(value) < 1e-6):
        return False
    return simplify(x) == 0


def expressions(derivation: Any) -> list[Any]:
    """Its expressions, or one that is not 0: a disturbed derivation need not be one at all."""
    try:
        return list(derivation())
    except Exception:
        return [1]


@each
def test_it_fails_with_any_number_sign_or_operation_changed(claim: Claim) -> None:
    assert claim.identities is not None
    zero = set(claim.identities())
    idle, tried = [], 0
    for source, derivation in disturbed(claim.identities):
        tried += 1
        if all(x in zero or vanishes(x) for x in expressions(derivation)):
            idle.append(source)
    assert tried
    assert not idle, "\n\n".join(idle)
