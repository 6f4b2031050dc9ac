"""Every module of the house stands on a named floor of pyproject.toml; `make check` holds the imports between floors."""

import re
import tomllib

import pytest

from config.tests.processes import ROOT

PACKAGES = ("config", "customer_data", "desk", "flows", "offline_payments", "paynow_integration")


def floors_of(package: str) -> list[str]:
    """The names on the floors of one package, brackets off."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract.get("containers") == [package])
    return [name for layer in layers for name in re.findall(r"\w+", layer)]


def modules_of(package: str) -> list[str]:
    folder = ROOT / package
    files = [path.stem for path in folder.glob("*.py") if path.stem != "__init__"]
    return sorted(files + [path.parent.name for path in folder.glob("*/__init__.py")])


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_stands_on_a_floor(package: str) -> None:
    homeless = set(modules_of(package)) - set(floors_of(package))
    assert not homeless, f"Give {sorted(homeless)} a place among the floors of {package} in pyproject.toml."


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_stands_on_two_floors(package: str) -> None:
    names = floors_of(package)
    assert len(names) == len(set(names))
