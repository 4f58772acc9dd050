"""The compose file starts what exists, opens nothing, and gives no secret away."""

import re
import shlex

import pytest

from infra.cli import cli
from infra.kafka.topics import MESSAGE_BYTES_MAX
from infra.read_token import LOOPBACK_HOSTS
from infra.settings import PREFIX, Settings
from tests.infra.deploy.deploy_files import (
    COMPOSE,
    DEPLOY,
    OURS,
    PROMETHEUS,
    ROOT,
    SERVICES,
    VERSION,
    filled,
)

EXAMPLE = (DEPLOY / "env.example").read_text()
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
SECRETS = ("CLICKHOUSE_PASSWORD", "PUHUI_READ_TOKEN", "GRAFANA_PASSWORD")


def environment_of(name: str) -> dict[str, str]:
    given = SERVICES[name].get("environment", {})
    return {key: filled(value) for key, value in given.items()}


def test_what_is_started_is_what_the_system_is_made_of() -> None:
    assert set(SERVICES) == {
        "kafka", "clickhouse", "topics", "worker", "web", "prometheus", "grafana",
    }  # fmt: skip
    assert OURS == ["topics", "web", "worker"]


@pytest.mark.parametrize("name", OURS)
def test_what_a_process_is_given_are_settings_that_it_takes(name: str) -> None:
    environment = environment_of(name)
    settings = Settings.from_env(environment)  # A variable that is none of them is an error.

    assert all(key.startswith(PREFIX) for key in environment)
    assert settings.kafka_brokers == "kafka:9092"
    assert settings.clickhouse_url == "clickhouse://puhui:x1@clickhouse:9000/puhui"
    assert settings.log_format == "json"


@pytest.mark.parametrize("name", OURS)
def test_every_command_that_is_started_exists(name: str) -> None:
    command, *options = SERVICES[name]["command"]

    known = {opt for parameter in cli.commands[command].params for opt in parameter.opts}
    assert {option for option in options if option.startswith("--")} <= known


@pytest.mark.parametrize("name", OURS)
def test_another_address_than_loopback_is_bound_only_behind_a_token(name: str) -> None:
    settings = Settings.from_env(environment_of(name))

    assert settings.read_token == "x1"
    assert SERVICES[name]["environment"]["PUHUI_READ_TOKEN"].startswith("${PUHUI_READ_TOKEN:?")
    if name == "worker":
        assert settings.metrics_host not in LOOPBACK_HOSTS


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_ports_are_published_on_this_machine_only(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)
    assert "network_mode" not in SERVICES[name]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_an_image_is_one_version_and_not_whatever_is_newest(name: str) -> None:
    image, _, tag = SERVICES[name]["image"].partition(":")

    assert re.fullmatch(r"v?\d+(\.\d+){1,2}", tag)
    assert "." not in image.partition("/")[0]  # No host of a registry: any mirror will do.
    if name in OURS:
        assert tag == VERSION


def test_no_secret_has_a_value_in_any_file() -> None:
    text = (DEPLOY / "compose.yaml").read_text()

    for name in SECRETS:
        assert f"\n{name}=\n" in EXAMPLE
        assert set(re.findall(rf"\$\{{{name}[^}}]*\}}", text)) == {f"${{{name}:?set it in .env}}"}
    # Whatever looks like a secret is one of these.
    for service in SERVICES:
        for key, value in SERVICES[service].get("environment", {}).items():
            if re.search(r"PASSWORD|TOKEN|SECRET|KEY", key):
                assert re.fullmatch(r"\$\{\w+:\?set it in \.env\}", str(value))


def test_every_variable_of_the_compose_file_is_in_the_example() -> None:
    used = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text()))

    assert used == set(re.findall(r"^(\w+)=", EXAMPLE, re.MULTILINE))


def test_kafka_makes_no_topic_by_itself_and_takes_the_largest_message() -> None:
    kafka = environment_of("kafka")

    assert kafka["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert int(kafka["KAFKA_MESSAGE_MAX_BYTES"]) >= MESSAGE_BYTES_MAX
    assert int(kafka["KAFKA_REPLICA_FETCH_MAX_BYTES"]) >= MESSAGE_BYTES_MAX
    listeners = dict(re.findall(r"(\w+)://:(\d+)", kafka["KAFKA_LISTENERS"]))
    advertised = dict(re.findall(r"(\w+)://[\w.]+:(\d+)", kafka["KAFKA_ADVERTISED_LISTENERS"]))
    assert advertised.items() <= listeners.items()
    protocols = kafka["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")
    assert {entry.partition(":")[0] for entry in protocols} == set(listeners)
    assert SERVICES["kafka"]["ports"] == [f"127.0.0.1:{advertised['MACHINE']}:9094"]


def test_workers_wait_for_topics_and_store() -> None:
    for name in ("worker", "web"):
        waits = SERVICES[name]["depends_on"]
        assert waits["topics"]["condition"] == "service_completed_successfully"
        assert waits["clickhouse"]["condition"] == "service_healthy"
    assert SERVICES["topics"]["restart"] == "no"
    assert SERVICES["worker"]["restart"] == "unless-stopped"


def test_health_is_asked_where_it_is_served() -> None:
    for name, field in (("worker", "metrics_port"), ("web", "port")):
        port = getattr(Settings.from_env(environment_of(name)), field)
        (program,) = SERVICES[name]["healthcheck"]["test"][3:]
        compile(program, name, "exec")
        assert f'"127.0.0.1", {port}' in program
        assert "/healthz" in program


def test_prometheus_asks_every_process_with_the_token() -> None:
    jobs = {job["job_name"]: job for job in PROMETHEUS["scrape_configs"]}
    worker, web = (Settings.from_env(environment_of(name)) for name in ("worker", "web"))

    (found,) = jobs["worker"]["dns_sd_configs"]
    assert (found["names"], found["port"]) == (["worker"], worker.metrics_port)
    assert jobs["web"]["static_configs"] == [{"targets": [f"web:{web.port}"]}]
    assert web.host_names == "web"  # Else its guard would refuse the name.
    (secret,) = SERVICES["prometheus"]["secrets"]
    assert COMPOSE["secrets"][secret["source"]] == {"environment": "PUHUI_READ_TOKEN"}
    for job in jobs.values():
        assert job["authorization"]["credentials_file"] == f"/run/secrets/{secret['target']}"


@pytest.mark.parametrize("name", OURS)
def test_our_processes_have_no_more_rights_than_they_need(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_what_is_mounted_is_there_and_volumes_are_declared() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("."):
                assert (DEPLOY / source).is_dir()
            else:
                assert source in COMPOSE["volumes"]
    for service in OURS:
        build = SERVICES[service]["build"]
        assert (DEPLOY / build["context"]).resolve() == ROOT
        assert (ROOT / build["dockerfile"]).is_file()


def test_the_image_installs_only_what_fits_the_lock_and_runs_as_nobody_special() -> None:
    text = DOCKERFILE.replace("\\\n", " ")
    lines = [shlex.split(line) for line in text.splitlines() if line[:1].isupper()]
    installs = [line for line in lines if line[0] == "RUN" and "pip" in " ".join(line)]

    fetching = [line for line in installs if "--no-index" not in line]
    assert [line[1:3] for line in fetching] == [["pip", "download"]]
    assert {"--require-hashes", "--only-binary"} <= set(fetching[0])
    users = [line[1] for line in lines if line[0] == "USER"]
    assert users == ["10001:10001"]
    assert text.rindex("USER") < text.rindex("ENTRYPOINT")
    bases = {line[1] for line in lines if line[0] == "FROM"}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", bases.pop())


def test_the_image_is_made_from_files_that_are_there_and_from_no_others() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    sources = {name for line in copied for name in line.split()}
    allowed = re.findall(r"^!(.+)$", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.MULTILINE)

    assert sources == set(allowed)
    assert all((ROOT / name).exists() for name in sources)
