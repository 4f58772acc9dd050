"""A ClickHouse server on loopback: whichever version is installed, with a configuration of ours.

Its ``default`` user has no password, which is why nothing but this machine can reach it.
"""

from pathlib import Path
from xml.sax.saxutils import escape

from infra.clickhouse.connection import StoreError
from infra.clickhouse.migrate import engine_version
from infra.clickhouse.server import ServerConnection
from infra.services.service import HOST, Service, find_program

START_TIMEOUT_S = 30
GET_CLICKHOUSE = (
    "run make services, put a clickhouse-server on the PATH, or name a server with "
    "PUHUI_CLICKHOUSE_URL=clickhouse://user:password@host:9000/database"
)

_CONFIG = """\
<?xml version="1.0"?>
<yandex>
    <logger>
        <level>warning</level>
        <console>1</console>
    </logger>
    <listen_host>{host}</listen_host>
    <tcp_port>{port}</tcp_port>
    <http_port>{http_port}</http_port>
    <path>{folder}/files/</path>
    <tmp_path>{folder}/files/tmp/</tmp_path>
    <user_files_path>{folder}/files/user_files/</user_files_path>
    <format_schema_path>{folder}/files/format_schemas/</format_schema_path>
    <users_config>{folder}/users.xml</users_config>
    <default_profile>default</default_profile>
    <default_database>default</default_database>
    <timezone>UTC</timezone>
    <mark_cache_size>268435456</mark_cache_size>
    <max_concurrent_queries>100</max_concurrent_queries>
</yandex>
"""

_USERS = """\
<?xml version="1.0"?>
<yandex>
    <profiles>
        <default>
            <max_memory_usage>4000000000</max_memory_usage>
            <load_balancing>random</load_balancing>
        </default>
    </profiles>
    <users>
        <default>
            <password></password>
            <networks><ip>{host}</ip></networks>
            <profile>default</profile>
            <quota>default</quota>
        </default>
    </users>
    <quotas>
        <default></default>
    </quotas>
</yandex>
"""


class ClickHouse(Service):
    """A server whose files are in ``folder``."""

    def __init__(self, folder: Path) -> None:
        super().__init__("clickhouse", folder, port_count=2)

    @property
    def url(self) -> str:
        """The address for puhui, with its database. It stays the same over a restart."""
        return f"clickhouse://default@{HOST}:{self.state.ports[0]}/puhui"

    @property
    def http_url(self) -> str:
        """The address for curl and a browser."""
        return f"http://{HOST}:{self.state.ports[1]}"

    def start(self, *, ends_with_caller: bool = False) -> str:
        """Start it, where it is not running, and return the address for puhui."""
        with self.being_changed():
            if not self.is_running:
                program = find_program("clickhouse-server", GET_CLICKHOUSE)
                port, http_port = self.choose_ports()
                config = self._configure(port, http_port)
                self.launch(
                    [program, f"--config-file={config}"],
                    is_ready=lambda: _gives_its_version(port),
                    timeout_s=START_TIMEOUT_S,
                    ends_with_caller=ends_with_caller,
                )
            return self.url

    def _configure(self, port: int, http_port: int) -> Path:
        folder = escape(str(self.folder))
        config = self.folder / "config.xml"
        config.write_text(
            _CONFIG.format(host=HOST, port=port, http_port=http_port, folder=folder),
            encoding="utf-8",
        )
        (self.folder / "users.xml").write_text(_USERS.format(host=HOST), encoding="utf-8")
        return config


def _gives_its_version(port: int) -> bool:
    try:
        connection = ServerConnection(f"clickhouse://default@{HOST}:{port}/default")
    except StoreError:
        return False
    try:
        return bool(engine_version(connection))
    except StoreError:
        return False
    finally:
        connection.close()
