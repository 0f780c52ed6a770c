"""The fixtures and options of the pytest plugin, from where they are defined."""

import inspect
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from docs._ext.markdown import code, fence, page, plain, table
from tenantstore.testing import plugin


@dataclass(frozen=True)
class Fixture:
    """What there is to say of one."""

    name: str
    scope: str
    gives: str
    text: str


@dataclass
class Options:
    """Takes what the plugin gives to pytest's parser."""

    options: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    settings: dict[str, tuple[str, str, Any]] = field(default_factory=dict)

    def getgroup(self, *_: str) -> "Options":
        return self

    def addoption(self, name: str, **told: Any) -> None:
        self.options[name] = told

    def addini(self, name: str, help: str, type: str, default: Any) -> None:  # pytest's names
        self.settings[name] = (help, type, default)


def fixtures() -> Iterator[Fixture]:
    """All of the plugin, in the order of their modules."""
    for module in plugin._FIXTURES:
        for name, value in vars(import_module(f"tenantstore.testing.fixtures.{module}")).items():
            if name.startswith("ts_"):
                function = inspect.unwrap(value)
                gives = inspect.formatannotation(inspect.signature(function).return_annotation)
                yield Fixture(name, value._fixture_function_marker.scope, _given(gives), inspect.getdoc(function) or "")


def options() -> Options:
    """What it adds to pytest's command line and configuration."""
    told = Options()
    plugin.pytest_addoption(told)  # type: ignore[arg-type]
    return told


def _given(annotation: str) -> str:
    """What the test gets of a fixture that yields."""
    annotation = annotation.strip("'\"")
    return annotation.removeprefix("Iterator[").removesuffix("]") if annotation.startswith("Iterator[") else annotation


def pages() -> Iterator[tuple[str, str]]:
    """The one page with its name."""
    told = options()
    yield (
        "pytest/index",
        page(
            "The pytest plugin",
            "`python -m pip install 'tenantstore[test,embedded]'` brings it. A run that uses no fixture of it starts"
            " nothing.",
            "## Fixtures",
            fence("{eval-rst}", "\n\n".join(map(_fixture, fixtures()))),
            "## Options of the command line",
            fence("{program} pytest", ""),
            *(_option(name, given) for name, given in told.options.items()),
            "## Options of the configuration",
            fence("toml", _configuration(told)),
            table(
                ("option", "what", "type", "default"),
                [
                    (code(name), _sentence(text), type_, code(str(default)))
                    for name, (text, type_, default) in told.settings.items()
                ],
            ),
        ),
    )


def _fixture(fixture: Fixture) -> str:
    body = "\n".join(f"   {line}".rstrip() for line in fixture.text.splitlines())
    scope = "" if fixture.scope == "function" else f"\n\n   Once for each {fixture.scope}."
    return f".. py:data:: {fixture.name}\n   :no-index-entry:\n   :type: {fixture.gives}\n\n{body}{scope}"


def _option(name: str, told: Mapping[str, Any]) -> str:
    text = _sentence(told["help"])
    if "choices" in told:
        text += f" One of {', '.join(map(code, told['choices']))}."
    return fence(f"{{option}} {name} {told.get('metavar', 'NAME')}", text)


def _sentence(text: str) -> str:
    return f"{plain(text[:1].upper() + text[1:])}."


def _configuration(told: Options) -> str:
    lines = [f"{name} = {json.dumps(default)}" for name, (_, _, default) in told.settings.items()]
    return "\n".join(["[tool.pytest.ini_options]", *lines])
