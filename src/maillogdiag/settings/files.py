"""Settings files: found, opened, and told apart by their content."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from maillogdiag.errors import SourceError
from maillogdiag.settings.compose_file import is_compose_file, read_compose_file
from maillogdiag.settings.env_file import is_env_file, read_env_file
from maillogdiag.settings.ini_file import is_ini_file, read_ini_file
from maillogdiag.settings.json_file import is_json_file, read_json_file
from maillogdiag.settings.model import Raw
from maillogdiag.settings.packets import is_zip, open_packet
from maillogdiag.settings.php_file import is_php_file, read_php_file
from maillogdiag.settings.python_file import is_python_file, read_python_file

_MOST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Form:
    """A form of settings file, by its `name`."""

    name: str
    is_it: Callable[[str], bool]
    read: Callable[[str], Iterator[Raw]]


# In this order: the first that recognises a file has it; almost anything has a line that looks like an env file's.
FORMS = (
    Form("php", is_php_file, read_php_file),
    Form("json", is_json_file, read_json_file),
    Form("ini", is_ini_file, read_ini_file),
    Form("compose", is_compose_file, read_compose_file),
    Form("python", is_python_file, read_python_file),
    Form("env", is_env_file, read_env_file),
)


def open_settings(path: Path) -> tuple[str, str]:
    """Return what a settings file is called, and its text; of a Mattermost support packet the settings in it.

    Raises:
        SourceError: it cannot be read, or is too large for a settings file.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise SourceError("does not exist; name the file that holds the application's mail settings") from None
    except IsADirectoryError:
        raise SourceError("is a folder; name the file in it that holds the mail settings") from None
    except PermissionError:
        raise SourceError("may not be read by you; run maillogdiag as root (sudo), or as the file's owner") from None
    except (OSError, ValueError) as error:
        raise SourceError(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if is_zip(data):
        name, data = open_packet(path, _MOST_BYTES)
        return name, _decoded(data)
    if len(data) > _MOST_BYTES:
        raise SourceError("is too large for settings (over 1 MiB); a log is named without --config")
    return str(path), _decoded(data)


def form_of(text: str) -> Form:
    """Return the form of a settings file.

    Raises:
        SourceError: it has none that is known.
    """
    found = next((form for form in FORMS if form.is_it(text)), None)
    if found is None or "\0" in text:
        raise SourceError(f"is no settings file that maillogdiag knows; it reads {KNOWN_FILES}")
    return found


KNOWN_FILES = (
    "Mastodon's .env.production, Zulip's settings.py and zulip-secrets.conf, Mattermost's config.json, Nextcloud's "
    "config.php, the environment of a NethServer module, docker-compose.yml, and Mattermost's support packets"
)


def _decoded(data: bytes) -> str:
    return data.decode("utf-8-sig", errors="replace")
