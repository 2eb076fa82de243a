# SPDX-License-Identifier: EUPL-1.2
"""CARPLIB's file format becomes a problem that is solved; what is missing is said."""

import pytest

from mash_winter.gateways.tour_solver import Budget, solve
from mash_winter.model.routing.carplib import Unreadable, read
from mash_winter.model.routing.checker import violations

# Made up: a square with a diagonal; two of its sides fit into one tour.
TEXT = """ NOMBRE : square
 COMENTARIO : UB=35, LB=30
 VERTICES : 4
 ARISTAS_REQ : 4
 ARISTAS_NOREQ : 1
 VEHICULOS : 2
 CAPACIDAD : 10
 TIPO_COSTES_ARISTAS : EXPLICITOS
 COSTE_TOTAL_REQ : 20
 LISTA_ARISTAS_REQ :
 ( 1, 2)   coste 5   demanda 5
 ( 2, 3)   coste 5   demanda 5
 ( 3, 4)   coste 5   demanda 5
 ( 4, 1)   coste 5   demanda 5
 LISTA_ARISTAS_NOREQ :
 ( 1, 3)   coste 7
 DEPOSITO :   1
"""


def test_a_file_is_a_problem() -> None:
    instance = read(TEXT)
    assert (instance.name, instance.bound) == ("square", 35)
    assert [task.salt for task in instance.problem.tasks] == [5] * 4
    assert len(instance.problem.roads.arcs) == 10
    plan = solve(instance.problem, Budget(seconds=20, iterations=100))
    assert violations(instance.problem, plan) == []
    # Two tours of two sides, each back along the diagonal; one side out and back would cost more.
    assert plan.seconds == 2 * (5 + 5 + 7)


@pytest.mark.parametrize(
    ("comment", "bound"), [("3625. (cota superior)", 3625), ("OPT=1870", 1870), ("nothing", None)]
)
def test_the_bound_is_the_comments_own(comment: str, bound: int | None) -> None:
    assert read(TEXT.replace("UB=35, LB=30", comment)).bound == bound


@pytest.mark.parametrize(
    ("gone", "word"),
    [("CAPACIDAD", "CAPACIDAD"), ("DEPOSITO", "DEPOSITO"), ("demanda", "demand"), ("( 3, 4)", "as many")],
)
def test_what_is_missing_is_said(gone: str, word: str) -> None:
    with pytest.raises(Unreadable, match=word):
        read(TEXT.replace(gone, "x"))
