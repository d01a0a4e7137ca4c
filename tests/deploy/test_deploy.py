"""What is true of every way to deploy. ``scripts/deploy-tests.sh`` renders what is read here."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
RENDERED = ROOT / "var" / "deploy"
CHARTS = ("chart", "chart-everything")
DEPLOY = ROOT / "deploy"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
PINNED = re.compile(r"^[\w./-]+:[\w.-]*\d[\w.-]*(@sha256:[0-9a-f]{64})?$")
SOURCES = (path for path in (ROOT / "deploy").rglob("*") if path.is_file())
NEWEST = max(path.stat().st_mtime for path in SOURCES)
MADE = RENDERED / "chart.yaml"
rendered = pytest.mark.skipif(
    not MADE.exists() or MADE.stat().st_mtime < NEWEST, reason="needs scripts/deploy-tests.sh"
)


def objects(chart: str, kind: str) -> list[dict[str, Any]]:
    documents = yaml.safe_load_all((RENDERED / f"{chart}.yaml").read_text())
    found = [document for document in documents if document and document["kind"] == kind]
    assert found, f"the chart has no {kind}"
    return found


def services() -> dict[str, dict[str, Any]]:
    return yaml.safe_load((RENDERED / "compose.yml").read_text())["services"]


def pods(chart: str) -> list[dict[str, Any]]:
    return [found["spec"]["template"]["spec"] for found in objects(chart, "Deployment")]


# --- Kubernetes


@rendered
@pytest.mark.parametrize("chart", CHARTS)
def test_no_pod_runs_as_root_or_can_change_itself(chart):
    for pod in pods(chart):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] is True
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}


@rendered
@pytest.mark.parametrize("chart", CHARTS)
def test_every_container_has_probes_resources_and_a_pinned_image(chart):
    for pod in pods(chart):
        for container in pod["containers"]:
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                assert container[probe]["httpGet"]["path"].startswith("/health")
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}
            assert "memory" in container["resources"]["limits"]
            assert PINNED.match(container["image"]), container["image"]


@rendered
@pytest.mark.parametrize("chart", CHARTS)
def test_a_new_version_takes_no_working_server_away(chart):
    for found in objects(chart, "Deployment"):
        assert found["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    disrupted = objects(chart, "PodDisruptionBudget")
    assert [budget["spec"]["maxUnavailable"] for budget in disrupted] == [1, 1]


@rendered
def test_servers_are_scaled_and_never_set_back_to_a_fixed_number():
    for found in objects("chart", "HorizontalPodAutoscaler"):
        assert found["spec"]["minReplicas"] >= 2
    assert all("replicas" not in found["spec"] for found in objects("chart", "Deployment"))
    assert all(found["spec"]["replicas"] >= 2 for found in objects(CHARTS[1], "Deployment"))


@rendered
@pytest.mark.parametrize("chart", CHARTS)
def test_every_selector_finds_exactly_one_kind_of_pod(chart):
    labels = [
        found["spec"]["template"]["metadata"]["labels"] for found in objects(chart, "Deployment")
    ]
    selectors = [found["spec"]["selector"] for found in objects(chart, "Service")]
    selectors += [
        found["spec"]["podSelector"]["matchLabels"] for found in objects(chart, "NetworkPolicy")
    ]
    selectors += [
        found["spec"]["selector"]["matchLabels"] for found in objects(chart, "PodDisruptionBudget")
    ]
    for selector in selectors:
        assert sum(selector.items() <= label.items() for label in labels) == 1


@rendered
def test_nobody_reaches_the_actions_but_the_servers_and_nobody_reaches_everything():
    policies = {
        found["metadata"]["name"]: found["spec"] for found in objects("chart", "NetworkPolicy")
    }
    for policy in policies.values():
        assert policy["policyTypes"] == ["Ingress", "Egress"]
        assert all(rule.get("from") and rule.get("ports") for rule in policy["ingress"])
        assert all(rule.get("ports") for rule in policy["egress"])
    (rule,) = policies["test-actions"]["ingress"]
    (who,) = rule["from"]
    assert who["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "server"


@rendered
def test_the_public_reaches_the_chat_and_the_channels_alone():
    (ingress,) = objects("chart", "Ingress")
    (rule,) = ingress["spec"]["rules"]
    paths = {(path["path"], path["pathType"]) for path in rule["http"]["paths"]}
    prefixes = {("/chat", "Prefix"), ("/webhooks", "Prefix"), ("/socket.io", "Prefix")}
    assert paths == {("/", "Exact"), *prefixes}


@rendered
@pytest.mark.parametrize("chart", CHARTS)
def test_the_chart_holds_no_secret(chart):
    text = (RENDERED / f"{chart}.yaml").read_text()
    assert "kind: Secret" not in text
    assert "postgresql://" not in text and "redis://" not in text


@rendered
@pytest.mark.parametrize("chart", CHARTS)
def test_pods_log_json_and_show_figures_to_whoever_knows_the_token_alone(chart):
    for pod in pods(chart):
        (container,) = pod["containers"]
        plain = {item["name"]: item.get("value") for item in container["env"]}
        assert plain["MYOGUIDE_LOGS"] == "json" and plain["PYTHONWARNINGS"] == "ignore"
        assert "MYOGUIDE_METRICS" not in plain
        if container["name"] == "server":
            assert "MYOGUIDE_INBOX_URL" in plain
            (token,) = (i for i in container["env"] if i["name"] == "MYOGUIDE_METRICS_TOKEN")
            assert token["valueFrom"]["secretKeyRef"]["key"] == "MYOGUIDE_METRICS_TOKEN"


def test_the_charts_values_keep_to_their_schema():
    schema = yaml.safe_load((DEPLOY / "chart" / "values.schema.json").read_text())
    values = yaml.safe_load((DEPLOY / "chart" / "values.yaml").read_text())
    jsonschema.validate(values, schema)
    for wrong in ({"tag": "latest"}, {"digest": "sha256:short"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**values, "image": {**values["image"], **wrong}}, schema)


# --- compose


@rendered
def test_no_service_of_the_compose_file_may_do_more_than_it_must():
    for name, service in services().items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "mem_limit" in service, name
        assert PINNED.match(service["image"]), service["image"]
        # nginx's image brings its own user.
        assert name == "proxy" or not service["user"].startswith("0"), name


@rendered
def test_only_the_proxy_is_reached_from_outside():
    published = [name for name, service in services().items() if service.get("ports")]
    assert published == ["proxy"]
    compose = yaml.safe_load((RENDERED / "compose.yml").read_text())
    assert compose["networks"]["inside"]["internal"] is True
    for name in ("postgres", "redis", "actions-1", "actions-2"):
        assert set(services()[name]["networks"]) == {"inside"}


@rendered
def test_two_servers_share_secret_database_and_redis():
    first, second = (services()[name] for name in ("server-1", "server-2"))
    assert first["environment"] == second["environment"]
    for variable in ("MYOGUIDE_SECRET", "MYOGUIDE_DATABASE_URL", "MYOGUIDE_REDIS_URL"):
        assert first["environment"][variable]
    # What a messenger was told is received must not be in a folder that goes with its server.
    assert first["environment"]["MYOGUIDE_INBOX_URL"].startswith("postgresql://")
    assert first["environment"]["SANIC_PROXIES_COUNT"] == "1"
    assert "MYOGUIDE_API_TOKEN" not in first["environment"]


@rendered
def test_containers_log_json_and_show_figures_to_whoever_knows_the_token_alone():
    for name in ("server-1", "server-2", "actions-1", "actions-2"):
        environment = services()[name]["environment"]
        assert environment["MYOGUIDE_LOGS"] == "json", name
        assert environment["PYTHONWARNINGS"] == "ignore", name
        assert "MYOGUIDE_METRICS" not in environment, name
        has_token = environment.get("MYOGUIDE_METRICS_TOKEN") == "metrics-secret"
        assert has_token == name.startswith("server"), name


def test_no_secret_stands_in_the_compose_file():
    text = (DEPLOY / "compose.yml").read_text()
    for line in text.splitlines():
        if re.search(r"(PASSWORD|SECRET|TOKEN)\"?:", line):
            assert "${" in line, line


# --- image and proxy


def test_the_image_ends_without_root_and_without_what_only_builds_it():
    text = (DEPLOY / "Dockerfile").read_text()
    first, last = text.split("\nFROM ")[-2:]
    assert re.search(r"^USER 10001:10001$", last, re.MULTILINE)
    assert "build-essential" in first and "build-essential" not in last
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert len(set(bases)) == 1 and PINNED.match(bases[0])
    assert "--enable-api" not in text


def test_everything_that_is_copied_into_the_image_is_let_in_and_is_there():
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    for name in let_in:
        assert (ROOT / name).exists(), name
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (DEPLOY / "Dockerfile").read_text(), re.M)
    for name in " ".join(copied).split():
        assert name == "." or any(name == known or name.startswith(f"{known}/") for known in let_in)


@pytest.mark.skipif(NGINX is None, reason="needs nginx (scripts/deploy-tests.sh installs it)")
def test_nginx_takes_the_proxys_file(tmp_path):
    text = (DEPLOY / "proxy" / "myoguide.conf.template").read_text()
    names = {"LISTEN": "8080", "SERVER_ONE": "127.0.0.1:1", "SERVER_TWO": "127.0.0.1:2"}
    for name, value in names.items():
        text = text.replace("${" + name + "}", value)
    assert "${" not in text
    site = tmp_path / "site.conf"
    site.write_text(text)
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path}/pid; events {{}} http {{ include {site}; }}")
    command = [str(NGINX), "-t", "-c", str(whole), "-e", "stderr"]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stderr
