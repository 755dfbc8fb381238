"""The folders of YAML that Hydra looks into."""

from importlib.util import find_spec

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin

from kinetix_core.registry import registry


class KinetixSearchPath(SearchPathPlugin):
    """Adds the folders that plugins name in `kinetix_config_folders`."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        for folder in registry().config_folders:
            for path in _paths(folder):
                search_path.append(provider="kinetix", path=path)


def _paths(folder: str) -> list[str]:
    """As Hydra takes it: a folder without `__init__.py` is no package to it."""
    spec = find_spec(folder.removeprefix("pkg://").replace("/", "."))
    if spec is None or spec.origin is not None:
        return [folder]
    return [f"file://{place}" for place in spec.submodule_search_locations or ()]
