# SPDX-License-Identifier: EUPL-1.2
"""The chart says what the code says: settings, routes, names; wrong values are refused; renders are right."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import kubernetes_validate
import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from mash_sdk.manifest import Manifest
from mash_sdk.names import Names
from mash_sdk.settings import Settings
from mash_tools.cluster.kube import Helm, find_helm

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy/helm/mash"
GOLDEN = Path(__file__).parent / "chart"
WRITE = "MASH_WRITE_CHART=1 ./mash test tests/architecture/test_chart.py"
WRITING = os.environ.get("MASH_WRITE_CHART") == "1"
SERVICES = sorted(folder.name for folder in (ROOT / "services").iterdir() if folder.is_dir())
KUBERNETES = "1.34"
GATEWAY = "portal-gw"
BY_THE_CHART = {
    *("http", "grpc", "origin", "public_url", "cities", "client_key", "otlp", "trace_ratio", "keycloak"),
    *("postgres", "postgres_worker", "postgres_admin", "kafka", "kafka_partitions", "kafka_replication"),
    *("approvals", "kern"),
}
"""Settings that the templates fill in: under `env` nobody may say otherwise."""


def read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    return found


def merged(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Later ones over earlier ones, as Helm puts values files over one another."""
    result: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            inside = result.get(key)
            both = isinstance(value, Mapping) and isinstance(inside, Mapping)
            result[key] = merged(inside, value) if both else value  # type: ignore[arg-type]
    return result


DEFAULTS = read(CHART / "values.yaml")
LEAST = read(CHART / "ci/least-values.yaml")
EXAMPLE = read(CHART / "ci/example-values.yaml")


def settings_of(name: str) -> type[Settings]:
    kind: type[Settings] = import_module(f"{Names(name).package}.settings").Settings
    return kind


def is_secret(name: str, field: FieldInfo) -> bool:
    return SecretStr in (field.annotation, *get_args(field.annotation)) or name.endswith(
        ("_key", "_password", "_secret", "_keys_earlier")
    )


# ── values and schema agree with the code ──


def schema_of(name: str) -> dict[str, Any]:
    """What may be said of a service: its own settings by name, secrets apart from the others."""
    needs = Manifest.of(Names(name).package).needs
    chart = BY_THE_CHART | {f"{Names(need).schema}_grpc" for need in needs}
    fields = {n: f for n, f in settings_of(name).model_fields.items() if n not in chart}
    plain = {n.upper(): _value(f) for n, f in fields.items() if not is_secret(n, f)}
    secret = {n.upper(): {"$ref": "#/$defs/key"} for n, f in fields.items() if is_secret(n, f)}
    asked = [n for n, f in fields.items() if f.is_required()]
    properties: dict[str, Any] = {
        key: {"$ref": f"#/$defs/{kind}"}
        for key, kind in {
            "image": "image", "publicKey": "publicKey", "existingSecret": "name", "routes": "routes",
            "needs": "needs", "replicas": "replicas", "resources": "resources", "nodeSelector": "labels",
            "tolerations": "tolerations",
        }.items()
    }  # fmt: skip
    properties |= {"service": {"$ref": "#/$defs/service"}} if name == GATEWAY else {}
    properties |= {
        "env": _object(plain, [n.upper() for n in asked if n.upper() in plain]),
        "secrets": _object(secret, [n.upper() for n in asked if n.upper() in secret]),
    }
    return _object(properties, ["publicKey", "existingSecret", "routes", "needs", "env", "secrets"])


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    found = {"type": "object", "additionalProperties": False, "properties": properties}
    return found | ({"required": required} if required else {})


def _value(field: FieldInfo) -> dict[str, Any]:
    said = {"description": field.description}
    if get_origin(field.annotation) is Literal:
        return said | {"enum": list(get_args(field.annotation))}
    kinds = {"int": ["integer", "string"], "float": ["number", "string"]}
    known = kinds.get(getattr(field.annotation, "__name__", ""), ["string"])
    least = {"minLength": 1} if field.is_required() else {}
    return said | {"type": known[0] if len(known) == 1 else known} | least


def test_the_schema_knows_every_setting() -> None:
    file = CHART / "values.schema.json"
    schema = json.loads(file.read_text("utf-8"))
    fresh = _object({name: schema_of(name) for name in SERVICES}, SERVICES)
    if WRITING:
        schema["properties"]["services"] = fresh
        file.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert schema["properties"]["services"] == fresh, f"values.schema.json is old: {WRITE}"
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", SERVICES)
def test_values_say_what_the_manifest_says(name: str) -> None:
    manifest, said = Manifest.of(Names(name).package), DEFAULTS["services"][name]
    assert said["routes"] == [route.path for route in manifest.routes]
    assert said["needs"] == list(manifest.needs)
    assert said["existingSecret"] == f"mash-{name}"
    assert sorted(DEFAULTS["services"]) == SERVICES


def test_versions_agree() -> None:
    chart = read(CHART / "Chart.yaml")
    assert chart["appVersion"] == Manifest.of(Names(GATEWAY).package).version
    dockerfile = (ROOT / "deploy/image/Dockerfile").read_text("utf-8")
    assert f"ARG VERSION={chart['appVersion']}\n" in dockerfile


# ── wrong values are refused ──


def said_of(values: Mapping[str, Any]) -> list[str]:
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    found = Draft202012Validator(schema).iter_errors(values)
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in found]


@pytest.mark.parametrize("more", [{}, EXAMPLE], ids=["least", "example"])
def test_right_values_pass(more: Mapping[str, Any]) -> None:
    assert said_of(merged(DEFAULTS, LEAST, more)) == []


def at(path: str, value: object) -> dict[str, Any]:
    for key in reversed(path.split("/")):
        value = {key: value}
    assert isinstance(value, dict)
    return value


MODULE = EXAMPLE["modules"]["lost-and-found"]
WRONG = [
    ("publicUrl", ""),
    ("publicUrl", "https://portal.example/path"),
    ("portal", {}),
    ("image/tag", "latest"),
    ("image/registry", 5),
    ("postgres/host", ""),
    ("postgres/host", "user:secret@db.example"),
    ("postgres/password", "in-clear"),
    ("postgres/options", "ssl"),
    ("kafka/bootstrap", "kafka.example"),
    ("keycloak/url", "https://login.example/"),
    ("keycloak/realms/adminPassword", "in-clear"),
    ("telemetry/traceRatio", 1.5),
    ("defaults/replicas", 0),
    ("defaults/resources/limits", {"memroy": "1Gi"}),
    ("services/parking", {"publicKey": {}}),
    ("services/forms/replica", 2),
    ("services/forms/publicKey/x", "short"),
    ("services/forms/publicKey/crv", "P-521"),
    ("services/forms/publicKey/d", "A" * 43),
    ("services/notify/env/SMTP", ""),
    ("services/notify/env/SMPT", "mail.example:25"),
    ("services/notify/env/SMTP_TLS", "perhaps"),
    ("services/notify/env/SMTP_PASSWORD", "in-clear"),
    ("services/notify/env/KAFKA", "other.example:9092"),
    ("services/portal-gw/env/APPROVALS", "/etc/approvals.json"),
    ("services/forms/service", {"type": "NodePort"}),
    ("modules/Lost", MODULE),
    ("modules/lost", MODULE | {"routes": []}),
    ("modules/lost", MODULE | {"routes": ["lost"]}),
    ("modules/lost", MODULE | {"routes": ["/y/../z"]}),
    ("modules/lost", MODULE | {"routes": ["/y//z"]}),
    ("modules/lost", MODULE | {"routes": ["/y/"]}),
    ("modules/lost", MODULE | {"publicKey": MODULE["publicKey"] | {"d": "A" * 43}}),
    ("modules/lost", {key: value for key, value in MODULE.items() if key != "existingSecret"}),
    ("modules/lost", MODULE | {"env": {"hours": "10:00"}}),
    ("ingress", {"enabled": True, "hosts": []}),
    ("ingress/hosts", ["https://portal.example"]),
    ("networkPolicy/toGateway", [{}]),
    ("tests/journey/password", "demo"),
]


@pytest.mark.parametrize(("path", "value"), WRONG, ids=lambda one: str(one)[:40])
def test_wrong_values_are_refused(path: str, value: object) -> None:
    told = said_of(merged(DEFAULTS, LEAST, at(path, value)))
    assert told, f"{path} = {value!r} passes"
    place = path.split("/", maxsplit=1)[0]
    assert any(line.startswith(place) or place in line for line in told), told


def test_an_ingress_needs_to_be_trusted() -> None:
    """All clients behind it would be one, with one client's limits."""
    behind = merged(DEFAULTS, LEAST, at("ingress", {"enabled": True, "hosts": ["portal.example"]}))
    (told,) = said_of(behind)
    assert told.startswith("services.portal-gw.env.TRUSTED_PROXIES")
    assert said_of(merged(behind, at("services/portal-gw/env/TRUSTED_PROXIES", "10.0.0.0/8"))) == []


# ── renders ──


def objects(name: str) -> list[dict[str, Any]]:
    rendered = yaml.safe_load_all((GOLDEN / f"{name}.yaml").read_text("utf-8"))
    return [one for one in rendered if one]


def of_kind(name: str, kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in objects(name) if one["kind"] == kind}


RENDERS = ["least", "example"]


@pytest.fixture(scope="module")
def helm() -> Helm:
    found = find_helm()
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("CI has to install helm: the renders must be compared")
        pytest.skip("helm is not installed: the renders are not made anew")
    return Helm(found)


@pytest.mark.parametrize("name", RENDERS)
def test_renders_are_current(helm: Helm, name: str) -> None:
    files = [CHART / f"ci/{one}-values.yaml" for one in RENDERS[: RENDERS.index(name) + 1]]
    assert "0 chart(s) failed" in helm.lint(CHART, files)
    fresh = helm.template("mash", CHART, files, namespace="mash", kubernetes=KUBERNETES)
    golden = GOLDEN / f"{name}.yaml"
    if WRITING:
        golden.write_text(fresh, encoding="utf-8")
    assert golden.read_text("utf-8") == fresh, f"{golden.name} is old: {WRITE}"


def test_helm_says_what_is_wrong(helm: Helm) -> None:
    with pytest.raises(Exception, match="publicUrl"):
        helm.template("mash", CHART, [], namespace="mash", kubernetes=KUBERNETES)


@pytest.mark.parametrize("name", RENDERS)
def test_kubernetes_knows_every_field(name: str) -> None:
    assert len(objects(name)) > 20
    for one in objects(name):
        kubernetes_validate.validate(one, KUBERNETES, strict=True)


def containers(name: str) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Every container with its pod: what it is called, the pod's spec, the container."""
    for one in objects(name):
        spec = one["spec"] if one["kind"] == "Pod" else one.get("spec", {}).get("template", {}).get("spec")
        for container in (*spec.get("initContainers", []), *spec["containers"]) if spec else ():
            yield f"{one['kind']} {one['metadata']['name']}: {container['name']}", spec, container


@pytest.mark.parametrize("name", RENDERS)
def test_every_container_is_confined(name: str) -> None:
    dockerfile = (ROOT / "deploy/image/Dockerfile").read_text("utf-8")
    (user,) = re.findall(r"^USER (\d+):\d+$", dockerfile, re.MULTILINE)
    for what, spec, container in containers(name):
        pod, own = spec["securityContext"], container["securityContext"]
        assert (pod["runAsNonRoot"], pod["runAsUser"]) == (True, int(user)), what
        assert pod["seccompProfile"] == {"type": "RuntimeDefault"}, what
        assert own["readOnlyRootFilesystem"], what
        assert not own["allowPrivilegeEscalation"], what
        assert own["capabilities"] == {"drop": ["ALL"]}, what
        assert spec["automountServiceAccountToken"] is False, what
        assert container["resources"]["limits"]["memory"], what
        assert not container["image"].endswith(":latest"), what


@pytest.mark.parametrize("name", RENDERS)
def test_each_program_is_told_what_it_reads(name: str) -> None:
    """Every variable is a setting of the program, and none that it needs is missing."""
    deployed = of_kind(name, "Deployment")
    values = merged(DEFAULTS, LEAST, EXAMPLE if name == "example" else {})
    assert set(deployed) == {f"mash-{one}" for one in (*values["services"], *values["modules"])}
    for one in deployed.values():
        (container,) = one["spec"]["template"]["spec"]["containers"]
        names = Names(container["name"])
        fields = settings_of(names.folder).model_fields
        env = {each["name"]: each.get("value", "") for each in container["env"]}
        told = {variable.removeprefix(prefix).removesuffix("_FILE").lower()
                for variable in env for prefix in (names.environment, "MASH_")
                if variable.startswith(prefix)}  # fmt: skip
        assert told <= set(fields), f"{names.folder} has no such setting: {told - set(fields)}"
        missing = {field for field, about in fields.items() if about.is_required()} - told
        assert missing == set(), f"{names.folder} is not told {missing}"
        assert f"//{names.role}:$(POSTGRES_PASSWORD)@" in env["MASH_POSTGRES"]
        assert f"//{names.worker_role}:$(POSTGRES_WORKER_PASSWORD)@" in env["MASH_POSTGRES_WORKER"]


def test_numbers_stay_what_they_were() -> None:
    (container,) = of_kind("example", "Deployment")["mash-forms"]["spec"]["template"]["spec"]["containers"]
    assert {"name": "FORMS_BODY_LIMIT", "value": "2097152"} in container["env"]


@pytest.mark.parametrize("name", RENDERS)
def test_ports_are_the_image_s(name: str) -> None:
    dockerfile = (ROOT / "deploy/image/Dockerfile").read_text("utf-8")
    http, grpc = re.findall(r"MASH_HTTP=0\.0\.0\.0:(\d+) MASH_GRPC=0\.0\.0\.0:(\d+)", dockerfile)[0]
    for one in of_kind(name, "Deployment").values():
        (container,) = one["spec"]["template"]["spec"]["containers"]
        assert {p["name"]: p["containerPort"] for p in container["ports"]} == {
            "http": int(http),
            "grpc": int(grpc),
        }


@pytest.mark.parametrize("name", RENDERS)
def test_approvals_are_what_the_gateway_reads(name: str) -> None:
    from mash_portal_gw.service.approvals import _File

    found = of_kind(name, "ConfigMap")["mash-approvals"]["data"]["approvals.json"]
    approved = _File.model_validate_json(found).root
    services = of_kind(name, "Service")
    assert {f"mash-{one}" for one in approved} == set(services)
    for one, entry in approved.items():
        assert entry.origins == (f"http://mash-{one}.mash.svc:8080",)
        (container,) = of_kind(name, "Deployment")[f"mash-{one}"]["spec"]["template"]["spec"]["containers"]
        assert entry.origins[0] in [each.get("value") for each in container["env"]]


def test_only_migrations_are_told_the_administrator() -> None:
    told = {what: json.dumps(container.get("env", [])) for what, _, container in containers("example")}
    knowing = [what for what, env in told.items() if "POSTGRES_ADMIN" in env]
    assert len(knowing) == len(SERVICES) + 1
    assert all(what.startswith("Job ") and what.endswith(": migrate") for what in knowing)


@pytest.mark.parametrize("name", RENDERS)
def test_what_selects_pods_selects_one_program(name: str) -> None:
    """A Service, budget or policy that catches no pod is silent about it; one that catches two is worse."""
    pods = {
        one["metadata"]["name"]: one["spec"]["template"]["metadata"]["labels"].items()
        for kind in ("Deployment", "Job")
        for one in of_kind(name, kind).values()
    }
    for kind in ("Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy"):
        found = of_kind(name, kind)
        assert set(found) == set(of_kind(name, "Deployment")), kind
        for program, one in found.items():
            said = one["spec"].get("podSelector") or one["spec"]["selector"]
            labels = said.get("matchLabels", said).items()
            assert [pod for pod, own in pods.items() if labels <= own] == [program], kind


@pytest.mark.parametrize("name", RENDERS)
def test_life_and_readiness_are_asked_for_apart(name: str) -> None:
    for one in of_kind(name, "Deployment").values():
        (container,) = one["spec"]["template"]["spec"]["containers"]
        paths = {probe: container[f"{probe}Probe"]["httpGet"]["path"] for probe in ("liveness", "readiness")}
        assert paths == {"liveness": "/healthz", "readiness": "/readyz"}


@pytest.mark.parametrize("name", RENDERS)
def test_grpc_is_open_to_those_who_need_it(name: str) -> None:
    values = merged(DEFAULTS, LEAST, EXAMPLE if name == "example" else {})
    programs = values["services"] | values["modules"]
    for policy, one in of_kind(name, "NetworkPolicy").items():
        asking = {
            peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"]
            for rule in one["spec"]["ingress"]
            if rule["ports"] == [{"port": "grpc"}]
            for peer in rule["from"]
        }
        needing = {
            other
            for other, about in programs.items()
            if policy in {f"mash-{n}" for n in about.get("needs", [])}
        }
        assert asking == needing, policy
