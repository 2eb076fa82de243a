# SPDX-License-Identifier: EUPL-1.2
"""Expressions of $filter and $orderby, by recursive descent (OData 4.01, ABNF; 18-088, 9.3.3.5)."""

from typing import Final

from mash_sensors.model.odata.lexer import Token, tokens
from mash_sensors.model.odata.syntax import Call, Expr, Literal, Order, Path, wrong

DEEPEST: Final = 24
"""Levels of brackets."""
MOST: Final = 120
"""Operators, functions, values and paths in one expression."""
MOST_ORDERS: Final = 10

COMPARISONS: Final = ("eq", "ne", "gt", "ge", "lt", "le")
_LEVELS: Final = (("or",), ("and",), COMPARISONS, ("add", "sub"), ("mul", "div", "mod"))


def parse_filter(text: str, option: str = "$filter") -> Expr:
    """Raise Invalid (400)."""
    reader = _Reader(text, option)
    expr = reader.expression()
    reader.end()
    return expr


def parse_orderby(text: str, option: str = "$orderby") -> tuple[Order, ...]:
    """Raise Invalid (400)."""
    reader = _Reader(text, option)
    found = [reader.order()]
    while reader.took("mark", ","):
        found.append(reader.order())
    reader.end()
    if len(found) > MOST_ORDERS:
        raise wrong(option, f"nennt mehr als {MOST_ORDERS} Ordnungen", "Weniger nennen.")
    return tuple(found)


class _Reader:
    def __init__(self, text: str, option: str) -> None:
        self._option = option
        self._tokens = tokens(text, option)
        self._at = 0
        self._depth = 0
        self._met = 0

    def expression(self, level: int = 0) -> Expr:
        if level == len(_LEVELS):
            return self._unary()
        found = self.expression(level + 1)
        while (token := self._now()).kind == "name" and token.text in _LEVELS[level]:
            self._next()
            found = self._made(Call(token.text, (found, self.expression(level + 1))))
        return found

    def order(self) -> Order:
        by = self.expression()
        for word, descending in (("asc", False), ("desc", True), ("ASC", False), ("DESC", True)):
            if self.took("name", word):
                return Order(by, descending)
        return Order(by)

    def end(self) -> None:
        token = self._now()
        if token.kind != "end":
            raise self._unexpected(token, "and, or, ein Vergleich (eq, gt, …) oder das Ende")

    def took(self, kind: str, text: str) -> bool:
        token = self._now()
        if token.kind == kind and token.text == text:
            self._next()
            return True
        return False

    def _unary(self) -> Expr:
        token = self._now()
        if token.kind == "name" and token.text == "not":
            self._next()
            with self:
                return self._made(Call("not", (self._unary(),)))
        if token.kind == "mark" and token.text == "-":
            self._next()
            value = self._now()
            if value.literal is not None and type(value.literal.value) is float and value.at == token.at + 1:
                self._next()
                return self._made(Literal(-value.literal.value))
            with self:
                return self._made(Call("neg", (self._unary(),)))
        return self._operand()

    def _operand(self) -> Expr:
        token = self._next()
        if token.literal is not None:
            return self._made(token.literal)
        if token.kind == "mark" and token.text == "(":
            with self:
                found = self.expression()
            self._expect(")")
            return found
        if token.kind == "name":
            if self.took("mark", "("):
                return self._call(token)
            steps = [token.text]
            while self.took("mark", "/"):
                steps.append(self._step())
            return self._made(Path(tuple(steps)))
        raise self._unexpected(token, "eine Eigenschaft, eine Funktion oder ein Wert")

    def _call(self, token: Token) -> Expr:
        args: list[Expr] = []
        with self:
            if not self.took("mark", ")"):
                args.append(self.expression())
                while self.took("mark", ","):
                    args.append(self.expression())
                self._expect(")")
        return self._made(Call(token.text, tuple(args)))

    def _step(self) -> str:
        token = self._next()
        # A key within properties may look like a number or like true.
        if token.kind == "name" or (
            token.kind == "literal" and token.text[:1].isalnum() and "'" not in token.text
        ):
            return token.text
        raise self._unexpected(token, "der Name einer Eigenschaft")

    def _expect(self, mark: str) -> None:
        token = self._next()
        if token.kind != "mark" or token.text != mark:
            raise self._unexpected(token, f"»{mark}«")

    def _made(self, expr: Expr) -> Expr:
        self._met += 1
        if self._met > MOST:
            raise wrong(self._option, f"hat mehr als {MOST} Teile", "In mehreren Anfragen fragen.")
        return expr

    def _unexpected(self, token: Token, expected: str) -> Exception:
        there = f"»{token.text[:40]}«" if token.text else "das Ende"
        return wrong(self._option, f"hat an Zeichen {token.at} {there}", f"Dort muss stehen: {expected}.")

    def _now(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._tokens[self._at]
        if token.kind != "end":
            self._at += 1
        return token

    def __enter__(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise wrong(self._option, f"ist tiefer als {DEEPEST} Ebenen geklammert", "Flacher fragen.")

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
