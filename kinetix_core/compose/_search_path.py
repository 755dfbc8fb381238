"""The folders of YAML that Hydra looks into."""

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin

from kinetix_core.registry import registry


class KinetixSearchPath(SearchPathPlugin):
    """Adds the folders that plugins name in `kinetix_config_folders`."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        for folder in registry().config_folders:
            search_path.append(provider="kinetix", path=folder)
