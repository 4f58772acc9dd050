"""Apache Kafka: one broker that is its own controller (KRaft), on loopback.

The jars come from Maven Central, as pom.xml beside this file names them, once a version; the
machine's JDK runs them.
"""

import hashlib
import os
import subprocess
import tempfile
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from infra.services.service import HOST, Service, ServiceError, answers, find_program

POM = Path(__file__).with_name("pom.xml")
START_TIMEOUT_S = 60
FETCH_TIMEOUT_S = 600
GET_JAVA = "install Java 17 or newer (Debian, Ubuntu: apt-get install default-jre-headless)"
GET_MAVEN = "install it (Debian, Ubuntu: apt-get install maven), or run make services"

# One broker keeps one copy. Topics are made on purpose, never by a typing error. After a crash a
# broker may come back once its old session is over, by default after 9 s.
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={folder}/files
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
message.max.bytes=16777216
log.cleaner.dedupe.buffer.size=16777216
num.network.threads=2
num.io.threads=4
"""

_LOGGING = """\
status=warn
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
logger.start.name=kafka.server
logger.start.level=info
logger.version.name=org.apache.kafka.common.utils.AppInfoParser
logger.version.level=info
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %m (%c)%n
"""


class Kafka(Service):
    """A broker whose files are in ``folder``; ``jars_folder`` holds the jars of all versions."""

    def __init__(self, folder: Path, *, jars_folder: Path) -> None:
        super().__init__("kafka", folder, port_count=2)
        self._jars_folder = jars_folder.absolute()

    @property
    def brokers(self) -> str:
        """The address for clients. It stays the same over a restart."""
        return f"{HOST}:{self.state.ports[0]}"

    def start(self, *, ends_with_caller: bool = False) -> str:
        """Start it, where it is not running, and return the address for clients."""
        with self.being_changed():
            if not self.is_running:
                java = find_program("java", GET_JAVA)
                jars = fetch_jars(self._jars_folder)
                port, controller_port = self.choose_ports()
                self._configure(port, controller_port)
                self._format(java, jars)
                self.launch(
                    [java, *_options(self.folder, jars), "kafka.Kafka", str(self._properties)],
                    is_ready=lambda: has_broker(self.brokers),
                    timeout_s=START_TIMEOUT_S,
                    ends_with_caller=ends_with_caller,
                )
            return self.brokers

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    def _configure(self, port: int, controller_port: int) -> None:
        properties = _PROPERTIES.format(
            host=HOST, port=port, controller_port=controller_port, folder=self.folder
        )
        self._properties.write_text(properties, encoding="utf-8")
        _logging_of(self.folder).write_text(_LOGGING, encoding="utf-8")

    def _format(self, java: str, jars: Path) -> None:
        """Make an empty log once: a broker starts on a formatted folder only."""
        if (self.folder / "files" / "meta.properties").exists():
            return
        cluster_id = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if cluster_id.startswith("-"):  # The tool would take it for an option.
            cluster_id = f"A{cluster_id[1:]}"
        tool = ["kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(self._properties)]
        quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
        _run([java, *quick, *_options(self.folder, jars), *tool], "format the folder of Kafka")


def has_broker(brokers: str) -> bool:
    """Tell whether a broker answers a request for metadata and takes part in its cluster."""
    host, _, port = brokers.split(",", maxsplit=1)[0].rpartition(":")
    if host == HOST and not answers(int(port)):
        return False  # Quicker than a client that waits and tries again.
    try:
        admin = KafkaAdminClient(bootstrap_servers=brokers, request_timeout_ms=5_000)
    except KafkaError:
        return False
    try:
        return bool(admin.describe_cluster()["brokers"])
    except KafkaError:
        return False
    finally:
        admin.close()


def fetch_jars(jars_folder: Path) -> Path:
    """Return the folder with the jars that pom.xml names; get them where they are missing."""
    version = hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    jars_folder = jars_folder.absolute()  # Maven reads others from where pom.xml is.
    jars = jars_folder / f"kafka-{version}"
    if jars.exists():
        return jars
    maven = find_program("mvn", GET_MAVEN)
    jars_folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=jars_folder, prefix=".new-") as new:
        goal = ["dependency:copy-dependencies", "-DincludeScope=runtime"]
        into = f"-DoutputDirectory={new}/jars"
        _run([maven, "-q", "-B", "-f", str(POM), *goal, into], "get Kafka from Maven Central")
        try:
            Path(new, "jars").rename(jars)
        except OSError:
            # Another process was quicker; what it got is the same.
            if not jars.exists():
                raise
    return jars


def _options(folder: Path, jars: Path) -> list[str]:
    return [
        "-Xms128m",
        "-Xmx512m",
        f"-Dlog4j2.configurationFile=file:{_logging_of(folder)}",
        "-cp",
        f"{jars}/*",
    ]


def _logging_of(folder: Path) -> Path:
    return folder / "log4j2.properties"


def _run(command: list[str], purpose: str) -> None:
    try:
        ended = subprocess.run(  # noqa: S603 - our own command
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=FETCH_TIMEOUT_S,
            check=False,
            env=os.environ | {"MAVEN_OPTS": os.environ.get("MAVEN_OPTS", "-Xmx256m")},
        )
    except subprocess.TimeoutExpired as error:
        raise ServiceError(f"cannot {purpose}: no end after {FETCH_TIMEOUT_S} s") from error
    if ended.returncode:
        said = "\n".join((ended.stdout + ended.stderr).splitlines()[-25:])
        raise ServiceError(f"cannot {purpose}: {Path(command[0]).name} says\n{said}")
