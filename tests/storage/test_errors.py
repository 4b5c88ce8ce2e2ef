"""Every error of storage has one base."""

from __future__ import annotations

from importlib import import_module
from pkgutil import walk_packages

import storage
from storage.errors import StorageError


def test_every_error_has_the_base_of_the_package() -> None:
    modules = [
        import_module(one.name)
        for one in walk_packages(storage.__path__, "storage.")
        if not one.name.startswith("storage.migrations")
    ]
    errors = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Exception) and value.__module__.startswith("storage.")
    }

    assert len(errors) > 20
    assert [one.__name__ for one in errors if not issubclass(one, StorageError)] == []
