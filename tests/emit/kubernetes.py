"""Kubernetes objects: valid by the structure of their published CRDs, loaded by an independent YAML reader, and saying
the deployment that the scenario says.

The structures are the fields of the kinds that matter here, closed: a field that is not listed is an error
(sigs.k8s.io/lws 060ab4d, kserve aaac4e2, gateway-api-inference-extension 84436a9, Dynamo 1.x v1beta1, core/v1).
"""
import pathlib
import re
import subprocess
import sys

try:
    import yaml
except ImportError:
    print("skipped: no python3-yaml")
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from common import aggregated, disaggregated, emit, scenario, write  # noqa: E402

AFDC = sys.argv[1]


class Is:
    """A closed object, a list, or a value of a type that a pattern may narrow."""

    def __init__(self, kind, required=(), optional=(), pattern=None, items=None, least=None, values=None):
        self.kind, self.required, self.optional = kind, dict(required), dict(optional)
        self.pattern, self.items, self.least, self.values = pattern, items, least, values

    def check(self, value, at):
        assert isinstance(value, self.kind) and not (self.kind is int and isinstance(value, bool)), f"{at}: {value!r} is no {self.kind.__name__}"
        if self.kind is dict and (self.required or self.optional):
            for name, schema in self.required.items():
                assert name in value, f"{at}: {name} is missing"
            for name, inner in value.items():
                schema = self.required.get(name) or self.optional.get(name)
                assert schema, f"{at}: there is no field {name}"
                schema.check(inner, f"{at}.{name}")
        elif self.kind is dict and self.items:
            for name, inner in value.items():
                self.items.check(inner, f"{at}[{name}]")
        elif self.kind is list:
            for i, inner in enumerate(value):
                self.items.check(inner, f"{at}[{i}]")
        if self.pattern:
            assert re.fullmatch(self.pattern, value), f"{at}: {value!r} does not match {self.pattern}"
        if self.least is not None:
            assert value >= self.least, f"{at}: {value} is below {self.least}"
        if self.values:
            assert value in self.values, f"{at}: {value!r} is none of {self.values}"


TEXT, COUNT, FLAG = Is(str), Is(int, least=0), Is(bool)
POSITIVE = Is(int, least=1)
DNS = Is(str, pattern=r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
LABELS = Is(dict, items=Is(str, pattern=r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?"))
QUANTITIES = Is(dict, items=Is(str, pattern=r"\d+"))
META = Is(dict, {"name": DNS}, {"labels": LABELS, "annotations": Is(dict, items=TEXT)})
PORT = Is(int, least=1)
ENV = Is(dict, {"name": Is(str, pattern="[A-Za-z_][A-Za-z0-9_]*")},
         {"value": TEXT, "valueFrom": Is(dict, {"fieldRef": Is(dict, {"fieldPath": TEXT})})})
CONTAINER = Is(dict, {"name": DNS}, {
    "image": TEXT, "command": Is(list, items=TEXT), "args": Is(list, items=TEXT), "env": Is(list, items=ENV),
    "ports": Is(list, items=Is(dict, {"containerPort": PORT}, {"name": TEXT})),
    "resources": Is(dict, {}, {"limits": QUANTITIES}),
    "volumeMounts": Is(list, items=Is(dict, {"name": TEXT, "mountPath": TEXT}))})
POD = Is(dict, {"containers": Is(list, items=CONTAINER)}, {
    "volumes": Is(list, items=Is(dict, {"name": TEXT, "emptyDir": Is(dict, {}, {"medium": Is(str, values=("", "Memory"))})}))})
GROUP = Is(dict, {"leaderWorkerTemplate": Is(dict, {
    "workerTemplate": Is(dict, {"spec": POD}, {"metadata": Is(dict, {}, {"labels": LABELS, "annotations": LABELS})})},
    {"size": POSITIVE, "leaderTemplate": Is(dict, {"spec": POD}), "restartPolicy": TEXT})}, {"replicas": COUNT, "startupPolicy": TEXT})
PARALLELISM = Is(dict, {}, {"tensor": POSITIVE, "pipeline": POSITIVE, "data": POSITIVE, "dataLocal": POSITIVE,
                            "dataRPCPort": POSITIVE, "expert": FLAG})
WORKLOAD = {"replicas": COUNT, "parallelism": PARALLELISM, "template": POD, "worker": POD}
EMPTY = Is(dict)
KINDS = {
    ("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet"): GROUP,
    ("disaggregatedset.x-k8s.io/v1", "DisaggregatedSet"): Is(dict, {"roles": Is(list, items=Is(dict, {"name": DNS, "spec": GROUP}))},
                                                             {"slices": COUNT, "placementPolicy": EMPTY}),
    ("serving.kserve.io/v1alpha2", "LLMInferenceService"): Is(
        dict, {"model": Is(dict, {"uri": Is(str, pattern=r"[a-z0-9]+://.+")}, {"name": TEXT})},
        {**WORKLOAD, "prefill": Is(dict, {}, WORKLOAD),
         "router": Is(dict, {}, {"gateway": EMPTY, "route": EMPTY, "scheduler": EMPTY, "ingress": EMPTY})}),
    ("inference.networking.k8s.io/v1", "InferencePool"): Is(
        dict, {"selector": Is(dict, {"matchLabels": LABELS}), "targetPorts": Is(list, items=Is(dict, {"number": PORT}))},
        {"endpointPickerRef": Is(dict, {"name": DNS}, {"port": Is(dict, {"number": PORT}), "failureMode": Is(str, values=("FailOpen", "FailClose"))})}),
    ("nvidia.com/v1beta1", "DynamoGraphDeployment"): Is(
        dict, {"components": Is(list, items=Is(dict, {"name": DNS, "type": Is(str, values=("frontend", "worker", "prefill", "decode", "planner", "epp"))},
                                               {"replicas": COUNT, "podTemplate": Is(dict, {"spec": POD}), "multinode": Is(dict, {"nodeCount": POSITIVE})}))},
        {"backendFramework": Is(str, values=("vllm", "sglang", "trtllm"))}),
    ("v1", "Service"): Is(dict, {"selector": LABELS, "ports": Is(list, items=Is(dict, {"port": PORT}, {"name": TEXT, "targetPort": PORT}))}),
}
FILES = {"leaderworkerset": "leaderworkerset.yaml", "disaggregatedset": "disaggregatedset.yaml", "kserve": "llminferenceservice.yaml",
         "inferencepool": "inferencepool.yaml", "dynamo": "dynamo.yaml"}


def objects(target, text, **options):
    out = emit(AFDC, target, text, **options)
    docs = list(yaml.safe_load_all((out.folder / FILES[target]).read_text()))
    for d in docs:
        schema = KINDS[d["apiVersion"], d["kind"]]
        Is(dict, {"apiVersion": TEXT, "kind": TEXT, "metadata": META, "spec": schema}).check(d, d["kind"])
    return docs


def scripts(docs):
    """The shell scripts of containers."""
    out = []

    def walk(value):
        if isinstance(value, dict):
            if value.get("command") == ["sh", "-c"]:
                out.extend(value["args"])
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(docs)
    return out


def limits(pod):
    return int(pod["containers"][0]["resources"]["limits"]["nvidia.com/gpu"])


AGGREGATED = scenario(aggregated("Llama31_70B", "replicas = 4, parallel { tp = 4 }", "vLLM"), nodes=2)
WIDE = scenario(aggregated("DeepSeekV3", "replicas = 2, parallel { dp = 16, ep = 16 }", "vLLM"), nodes=4)
PD = scenario(disaggregated("DeepSeekV3", "replicas = 3, parallel { dp = 8, ep = 8 }", "parallel { dp = 16, ep = 16 }", "vLLM"),
              nodes=5)
AFD = scenario(disaggregated(
    "DeepSeekV3", "parallel { dp = 8, ep = 8 }",
    "group attention { devices = 16, parallel { dp = 16 } }\n group ffn { devices = 8, parallel { ep = 8 } }\n microbatches = 2",
    "vLLM", decode_kind="extends AttentionFfn"), nodes=4)


def main():
    # One object an engine: replicas are groups, a group's pods the nodes of a replica.
    (lws, service) = objects("leaderworkerset", AGGREGATED)
    assert lws["spec"]["replicas"] == 4 and lws["spec"]["leaderWorkerTemplate"]["size"] == 1
    template = lws["spec"]["leaderWorkerTemplate"]["workerTemplate"]
    assert limits(template["spec"]) == 4
    assert service["spec"]["selector"].items() >= template["metadata"]["labels"].items()

    (lws, _) = objects("leaderworkerset", WIDE)
    assert lws["spec"]["replicas"] == 2 and lws["spec"]["leaderWorkerTemplate"]["size"] == 2
    assert limits(lws["spec"]["leaderWorkerTemplate"]["workerTemplate"]["spec"]) == 8

    roles = {r["name"]: r["spec"] for r in objects("disaggregatedset", PD)[0]["spec"]["roles"]}
    assert {n: (s["replicas"], s["leaderWorkerTemplate"]["size"]) for n, s in roles.items()} == {"prefill": (3, 1), "decode": (1, 2)}
    roles = {r["name"]: r["spec"] for r in objects("disaggregatedset", AFD)[0]["spec"]["roles"]}
    assert {n: s["leaderWorkerTemplate"]["size"] for n, s in roles.items()} == {"prefill": 1, "attention": 2, "ffn": 1}, roles

    (service,) = objects("kserve", PD)
    spec = service["spec"]
    assert spec["parallelism"] == {"tensor": 1, "data": 16, "dataLocal": 8, "expert": True} and "worker" in spec
    assert spec["prefill"]["replicas"] == 3 and spec["prefill"]["parallelism"]["data"] == 8 and "worker" not in spec["prefill"]
    assert spec["model"]["uri"] == "hf://deepseek-ai/DeepSeek-V3"

    (pool,) = objects("inferencepool", PD)
    assert pool["spec"]["selector"]["matchLabels"]["app.kubernetes.io/component"] == "decode"

    for engine, text in (("vllm", PD), ("sglang", PD.replace("runtime = vLLM", "runtime = SGLang")),
                         ("trtllm", PD.replace("runtime = vLLM", "runtime = TensorRT_LLM"))):
        (graph,) = objects("dynamo", text)
        assert graph["spec"]["backendFramework"] == engine
        parts = {c["name"]: c for c in graph["spec"]["components"]}
        assert parts["prefill"]["replicas"] == 3 and parts["decode"]["multinode"]["nodeCount"] == 2, engine
        if engine == "trtllm":  # its options are a file, which the pod's script writes
            (script,) = parts["decode"]["podTemplate"]["spec"]["containers"][0]["args"]
            config = yaml.safe_load(script.split("<<'END'\n")[1].split("END\n")[0])
            assert config["tensor_parallel_size"] == 16 and "--extra-engine-args decode.yaml" in script

    # What containers run is a program of a shell.
    count = 0
    for target, text in (("leaderworkerset", AGGREGATED), ("leaderworkerset", WIDE), ("disaggregatedset", PD), ("disaggregatedset", AFD)):
        for script in scripts(objects(target, text)):
            done = subprocess.run(["sh", "-n"], input=script, text=True, capture_output=True)
            assert done.returncode == 0, done.stderr + script
            count += 1
    assert count >= 7
    for script in scripts(objects("leaderworkerset", AGGREGATED.replace("runtime = vLLM", "runtime = TensorRT_LLM"))):
        ran = subprocess.run(["sh", "-c", script.replace("exec trtllm-serve", "ls main.yaml; : ")], text=True, capture_output=True,
                             cwd=pathlib.Path(write(AGGREGATED)).parent, env={"PATH": "/usr/bin:/bin", "POD_IP": "10.0.0.1"})
        assert ran.returncode == 0 and "main.yaml" in ran.stdout, ran.stderr
    # The script of a pod picks its part by its index; addresses of others come from the group's leader.
    (script,) = scripts(objects("leaderworkerset", WIDE))
    fake = 'vllm() { printf "%s\\n" "$@"; }\n' + script.replace("exec vllm", "vllm")
    for index, wanted in (("0", ["--port", "8000"]), ("1", ["--headless", "--data-parallel-start-rank", "8", "leader.example"])):
        ran = subprocess.run(["sh", "-c", fake], text=True, capture_output=True,
                             env={"LWS_WORKER_INDEX": index, "LWS_LEADER_ADDRESS": "leader.example", "POD_IP": "10.0.0.1"})
        words = ran.stdout.split("\n")
        assert ran.returncode == 0 and all(w in words for w in wanted), (index, ran.stdout, ran.stderr)

    # Names stay names whatever the scenario is called.
    odd = AGGREGATED.replace("scenario s {", "scenario My_Very_Long_Scenario_Name_That_Goes_On_And_On_2 {")
    objects("leaderworkerset", odd)
    print(f"ok five kinds, {count} scripts")


main()
