"""The place where a database stands: a copy of it, or a restored backup, stands somewhere else.

SQLite: a random word in the data folder and the number of the file on its disk. PostgreSQL: the
identifier of the server, which a standby shares with its primary, and the number of the database.
"""

from server.kit.database import rows
from server.kit.settings import SettingError, Settings, own_word
from server.kit.text import say

# A server may be told to tell nobody.
MAY = "SELECT has_function_privilege('pg_control_system()', 'EXECUTE') AS told"
SERVER = "SELECT system_identifier AS word FROM pg_control_system()"
DATABASE = "SELECT oid AS number FROM pg_database WHERE datname = current_database()"


async def place_of(settings: Settings) -> str:
    """The mark of the place where the open database stands.

    Raises SettingError where the data folder takes no file.
    """
    if not settings.is_sqlite:
        (found,) = await rows(DATABASE)
        return f"postgres {await _server()} {found['number']}"
    file = settings.data / "instance"
    try:
        word = own_word(file).strip()
        return f"sqlite {word} {settings.sqlite_file.stat().st_ino}"
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise SettingError(say(settings.language, "kit.no_instance", file=file, why=why)) from None


async def _server() -> str:
    (may,) = await rows(MAY)
    return str((await rows(SERVER))[0]["word"]) if may["told"] else "unknown"
