"""Where relab keeps its files, by the XDG rules (`platformdirs`); nothing is created here.

The functions take no argument and read the environment at call time, so a test or a user moves
everything by setting `XDG_CONFIG_HOME`, `XDG_STATE_HOME`, `XDG_CACHE_HOME` or `HOME`.
"""

from pathlib import Path

import platformdirs

_APP = "relab"


def config_dir() -> Path:
    """Folder of the user's own profiles and settings."""
    return platformdirs.user_config_path(_APP, appauthor=False)


def data_dir() -> Path:
    """Folder of what must not be lost: the default vault."""
    return platformdirs.user_data_path(_APP, appauthor=False)


def state_dir() -> Path:
    """Folder of logs, sessions and the running sandbox's files."""
    return platformdirs.user_state_path(_APP, appauthor=False)


def cache_dir() -> Path:
    """Folder that may be deleted at any time."""
    return platformdirs.user_cache_path(_APP, appauthor=False)
