"""The invented people, firms, institutions and products of `world.yaml`, read once and frozen.

The vendors judge by it (a register knows these firms, a face check these people), the phone shows
its persons, and the seeding command of the product reads the same file for its sample data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

WORLD_FILE = Path(__file__).with_name("world.yaml")


class WorldError(Exception):
    """The file does not say what a world must say; the text names the entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    key: str
    name: str
    phone: str
    id_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enterprise:
    """`status` is Tencent's normalised OperatingStatus ("1" open, "4" revoked).

    `synced` False: the register's weekly copy does not hold the firm yet.
    """

    uscc: str
    name: str
    legal_rep: Person
    status: str
    address: str
    region_code: str
    kind: str
    capital: str
    established_on: date
    period: str
    scope: str
    authority: str
    industry: str
    synced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    key: str
    name: str
    region_codes: tuple[str, ...]
    address: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Institution:
    key: str
    name: str
    short_name: str
    kind: str
    region_codes: tuple[str, ...]
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    institution: str
    name: str
    summary: str
    rate_min_bp: int
    rate_max_bp: int
    amount_min_fen: int
    amount_max_fen: int
    term_min_months: int
    term_max_months: int
    guarantee_methods: tuple[str, ...]
    tags: tuple[str, ...]
    purposes: str
    features: str
    description: str
    repayment: str
    prepayment: str
    eligibility: tuple[str, ...]
    materials: tuple[str, ...]
    region_codes: tuple[str, ...]
    published_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    login: str
    name: str
    phone: str
    roles: tuple[str, ...]
    institution: str | None
    branch: str | None
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    persons: tuple[Person, ...]
    enterprises: tuple[Enterprise, ...]
    institutions: tuple[Institution, ...]
    products: tuple[Product, ...]
    staff: tuple[Staff, ...]
    demo: Mapping[str, Any]

    def person(self, key: str) -> Person | None:
        return next((one for one in self.persons if one.key == key), None)

    def person_by_phone(self, phone: str) -> Person | None:
        return next((one for one in self.persons if one.phone == phone), None)

    def person_by_identity(self, name: str, id_number: str) -> Person | None:
        wanted = (name, id_number.upper())
        return next((one for one in self.persons if (one.name, one.id_number) == wanted), None)

    def enterprise(self, uscc: str) -> Enterprise | None:
        return next((one for one in self.enterprises if one.uscc == uscc.upper()), None)

    def enterprise_by_name(self, name: str) -> Enterprise | None:
        return next((one for one in self.enterprises if one.name == name), None)


def load(path: Path = WORLD_FILE) -> World:
    """Raises WorldError when a key is missing, unknown or refers to nobody."""
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        persons = tuple(Person(**row) for row in tree["persons"])
        by_key = {person.key: person for person in persons}
        return World(
            persons=persons,
            enterprises=tuple(
                Enterprise(**{**row, "legal_rep": by_key[row["legal_rep"]]})
                for row in tree["enterprises"]
            ),
            institutions=tuple(_institution(row) for row in tree["institutions"]),
            products=tuple(Product(**_with_tuples(row)) for row in tree["products"]),
            staff=tuple(_staff(row) for row in tree["staff"]),
            demo=tree.get("demo") or {},
        )
    except (KeyError, TypeError) as problem:
        raise WorldError(f"{path.name} is not a world: {problem}") from problem


def _with_tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}


def _institution(row: Mapping[str, Any]) -> Institution:
    branches = tuple(Branch(**_with_tuples(branch)) for branch in row["branches"])
    return Institution(**{**_with_tuples(row), "branches": branches})


def _staff(row: Mapping[str, Any]) -> Staff:
    return Staff(**{"institution": None, "branch": None, **_with_tuples(row)})
