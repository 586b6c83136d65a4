"""Inputs of request-level and analytical simulators, against the structure that each documents: closed records, required
keys, types and values, flags by name. (targets of other tests: astra_sim, units.)"""
import csv
import io
import json
import pathlib
import re
import shlex
import subprocess
import sys

try:
    import yaml
except ImportError:
    print("skipped: no python3-yaml")
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from common import aggregated, disaggregated, emit, node, scenario  # noqa: E402

AFDC = sys.argv[1]
NUMBER = (int, float)


def record(value, required, optional=None, at=""):
    """A closed record: every key known, of its type; required ones there."""
    optional = optional or {}
    assert isinstance(value, dict), f"{at}: {value!r}"
    for key in required:
        assert key in value, f"{at}: {key} is missing"
    for key, inner in value.items():
        kind = required.get(key, optional.get(key))
        assert kind is not None, f"{at}: there is no key {key}"
        if callable(kind) and not isinstance(kind, (type, tuple)):
            kind(inner, f"{at}.{key}")
        else:
            assert isinstance(inner, kind) and (kind is bool or not isinstance(inner, bool)), f"{at}.{key}: {inner!r}"


def each(check):
    return lambda values, at: [check(v, f"{at}[{i}]") for i, v in enumerate(values)]


def one_of(*values):
    def check(value, at):
        assert value in values, f"{at}: {value!r} is none of {values}"
    return check


def flags(script, known, program):
    """The command that ends a script; every flag is known and has its value."""
    text = script.read_text().replace("\\\n", " ")
    assert subprocess.run(["sh", "-n", str(script)]).returncode == 0
    line = next(x for x in reversed(text.splitlines()) if x.startswith("exec "))
    words = shlex.split(line)[1:]
    assert words[:len(program)] == program, words
    out = {}
    for name, value in zip(words[len(program)::2], words[len(program) + 1::2]):
        assert name in known, f"{script}: {name}"
        out[name] = value
    return out


def rows(path, header):
    table = list(csv.reader(io.StringIO(path.read_text())))
    assert table[0] == header, table[0]
    assert all(len(r) == len(header) for r in table), "a row of another length"
    return [dict(zip(header, r)) for r in table[1:]]


H100 = node("H100x8")
DENSE = scenario(aggregated("Llama2_70B", "replicas = 2, parallel { tp = 4 }", "vLLM"), "poisson(4 req/s)", machine="node N = H100x8\n",
                 slo="expect mean(ttft) < 2 s\n expect mean(tpot) < 50 ms").replace("node = N", "node = H100x8").replace("node N = H100x8\n", "")
APART = scenario(disaggregated("Llama2_70B", "replicas = 2, parallel { tp = 8 }", "parallel { tp = 8 }", "vLLM"), nodes=3,
                 machine="").replace("node = N", "node = H100x8")
MOE = scenario(aggregated("Mixtral_8x7B", "replicas = 2, parallel { dp = 4, ep = 4 }", "vLLM"), machine="").replace("node = N", "node = H100x8")


def vidur():
    out = emit(AFDC, "vidur", DENSE).folder
    names = """--replica_config_device --replica_config_network_device --replica_config_model_name --cluster_config_num_replicas
        --replica_config_tensor_parallel_size --replica_config_num_pipeline_stages --request_generator_config_type
        --trace_request_generator_config_trace_file --trace_request_generator_config_max_tokens --replica_scheduler_config_type
        --sarathi_scheduler_config_batch_size_cap --sarathi_scheduler_config_chunk_size --vllm_scheduler_config_batch_size_cap
        --vllm_scheduler_config_max_tokens_in_batch --global_scheduler_config_type""".split()
    f = flags(out / "run.sh", names, ["python", "-m", "vidur.main"])
    assert f["--replica_config_device"] in ("a40", "a100", "h100") and f["--replica_config_network_device"] == "h100_dgx"
    assert f["--cluster_config_num_replicas"] == "2" and f["--replica_config_tensor_parallel_size"] == "4"
    assert f["--replica_scheduler_config_type"] == "sarathi" and f["--replica_config_model_name"] == "meta-llama/Llama-2-70b-hf"
    trace = rows(out / "trace.csv", ["arrived_at", "num_prefill_tokens", "num_decode_tokens"])
    assert len(trace) == 1000 and all(int(r["num_prefill_tokens"]) >= 1 and int(r["num_decode_tokens"]) >= 1 for r in trace)
    first = flags(emit(AFDC, "vidur", DENSE.replace("runtime = vLLM", "runtime = SGLang")).folder / "run.sh", names, ["python", "-m", "vidur.main"])
    assert first["--replica_scheduler_config_type"] == "vllm"
    for text, word in ((MOE, "no experts"), (APART, "together"), (DENSE.replace("model = Llama2_70B", "model = Llama31_70B"), "profiles of"),
                       (DENSE.replace("node = H100x8", "node = H200x8"), "H100")):
        bad = emit(AFDC, "vidur", text, check=False)
        assert bad.code == 1 and word in bad.err, bad.err


def llmservingsim():
    memory = {"mem_size": NUMBER, "mem_bw": NUMBER, "mem_latency": NUMBER}

    def instance(value, at):
        record(value, {"model_name": str, "hardware": one_of("H100", "RTXPRO6000", "RTX4090"),
                       "npu_mem": lambda v, a: record(v, memory, {"mem_util": NUMBER}, a), "pd_type": one_of("prefill", "decode", None)},
               {"num_npus": int, "tp_size": int, "pp_size": int, "ep_size": int, "dp_group": str, "max_num_seqs": int,
                "max_num_batched_tokens": int, "long_prefill_token_threshold": int, "block_size": int, "dtype": str,
                "kv_cache_dtype": str, "enable_chunked_prefill": bool, "enable_prefix_caching": bool, "reserve_full_isl": bool}, at)
        # Its own rules.
        assert value["num_npus"] == value["tp_size"] * value.get("pp_size", 1)
        assert value.get("ep_size", 1) <= value["tp_size"] or "dp_group" in value

    def check(text):
        out = emit(AFDC, "llmservingsim", text).folder
        cluster = json.loads((out / "cluster.json").read_text())
        record(cluster, {"num_nodes": int, "link_bw": NUMBER, "link_latency": NUMBER, "nodes": each(lambda v, a: record(
            v, {"num_instances": int, "cpu_mem": lambda m, b: record(m, memory, {}, b), "instances": each(instance)}, {}, a))})
        assert cluster["num_nodes"] == len(cluster["nodes"]) and all(n["num_instances"] == len(n["instances"]) for n in cluster["nodes"])
        instances = [i for n in cluster["nodes"] for i in n["instances"]]
        model = json.loads((out / "configs" / "model" / (instances[0]["model_name"] + ".json")).read_text())
        assert {"hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "vocab_size", "intermediate_size"} <= set(model)
        for line in (out / "workload.jsonl").read_text().splitlines():
            r = json.loads(line)
            if "session_id" in r:
                record(r, {"session_id": int, "arrival_time_ns": int, "sub_requests": each(
                    lambda v, a: record(v, {"input_toks": int, "output_toks": int, "tool_duration_ns": int}, {}, a))})
            else:
                record(r, {"input_toks": int, "output_toks": int, "arrival_time_ns": int}, {"input_tok_ids": list, "output_tok_ids": list})
        return instances

    assert [i["num_npus"] for i in check(DENSE)] == [4, 4]
    assert [i["pd_type"] for i in check(APART)] == ["prefill", "prefill", "decode"]
    groups = [i["dp_group"] for i in check(MOE)]
    assert groups == ["main-0"] * 4 + ["main-1"] * 4, groups
    check(DENSE.replace("Chat {", "Chat { turns = lognormal(median = 4, p99 = 20), think = lognormal(median = 4 s, p99 = 45 s),"))


def aiconfigurator():
    known = {"serving_mode": one_of("agg", "disagg"), "total_gpus": int, "isl": int, "osl": int, "prefix": int, "ttft": NUMBER, "tpot": NUMBER,
             "database_mode": one_of("SILICON", "HYBRID", "EMPIRICAL")}
    engine = {"model_path": str, "system_name": one_of("a100_sxm", "h100_sxm", "h200_sxm", "b200_sxm", "b300_sxm", "gb200", "gb300", "l40s",
                                                       "rtx_pro_6000_server"),
              "backend_name": one_of("trtllm", "vllm", "sglang"), "gemm_quant_mode": str, "moe_quant_mode": str, "kvcache_quant_mode": str,
              "nextn": int, "nextn_accepted": NUMBER}
    for text, mode in ((DENSE, "agg"), (MOE, "agg"), (APART, "disagg")):
        file = yaml.safe_load((emit(AFDC, "aiconfigurator", text).folder / "experiment.yaml").read_text())
        (name,) = file.pop("exps")
        assert list(file) == [name]
        keys = dict(known)
        for prefix in ("prefill_", "decode_") if mode == "disagg" else ("",):
            keys.update({prefix + k: v for k, v in engine.items()})
        if mode == "agg":
            keys.update({f"agg_{k}_candidates": list for k in ("num_gpu", "tp", "pp", "dp", "moe_tp", "moe_ep")})
        record(file[name], {"serving_mode": one_of(mode)}, keys)
        if mode == "agg":  # the one deployment, and no other
            sizes = [file[name][f"agg_{k}_candidates"] for k in ("num_gpu", "tp", "pp", "dp", "moe_tp", "moe_ep")]
            assert all(len(s) == 1 for s in sizes)
            (gpus,), (tp,), (pp,), (dp,), (moe_tp,), (ep,) = sizes
            assert gpus == tp * pp * dp and (ep == 1 or moe_tp * ep == tp * dp)


def genz():
    system = {"Flops": NUMBER, "Memory_size": NUMBER, "Memory_BW": NUMBER, "ICN": NUMBER, "ICN_LL": NUMBER, "real_values": bool}
    for text, stages in ((DENSE, ["prefill", "decode"]), (APART, ["prefill", "decode"]), (MOE, ["prefill", "decode"])):
        out = emit(AFDC, "genz", text).folder
        file = json.loads((out / "genz.json").read_text())
        assert [c["stage"] for c in file["calls"]] == stages
        for c in file["calls"]:
            record(c, {"stage": str, "engine": str, "system": lambda v, a: record(v, system, {}, a), "batch_size": int, "input_tokens": int,
                       "bits": one_of("bf16", "fp8", "int8", "fp4", "int4", "f32"), "tensor_parallel": int, "expert_parallel": int,
                       "pipeline_parallel": int}, {"output_tokens": int})
        m = file["model"]
        assert m["num_decoder_layers"] > 0 and m["hidden_size"] > 0 and m["num_attention_heads"] % m["num_key_value_heads"] == 0
        # The driver calls what GenZ has, with what is in the file: stand-ins for its module take the calls.
        stub = out / "GenZ" / "Models"
        stub.mkdir(parents=True)
        (out / "GenZ" / "__init__.py").write_text(
            "def prefill_moddeling(model, batch_size, input_tokens, system_name, bits, tensor_parallel, expert_parallel, pipeline_parallel):\n"
            "    return {'Latency': 1.0}\n"
            "def decode_moddeling(model, batch_size, input_tokens, system_name, bits, tensor_parallel, expert_parallel, pipeline_parallel, output_tokens, Bb):\n"
            "    return {'Latency': 2.0}\n")
        (stub / "__init__.py").write_text("")
        (stub / "default_models.py").write_text("class ModelConfig:\n    def __init__(self, **values):\n        self.__dict__.update(values)\n")
        ran = subprocess.run([sys.executable, str(out / "run_genz.py")], capture_output=True, text=True)
        assert ran.returncode == 0 and len(ran.stdout.splitlines()) == 2, ran.stderr


def blis():
    header = ("request_id,client_id,tenant_id,slo_class,session_id,round_index,prefix_group,prefix_length,streaming,input_tokens,output_tokens,"
              "text_tokens,image_tokens,audio_tokens,video_tokens,reason_ratio,model,deadline_us,server_input_tokens,arrival_time_us,send_time_us,"
              "first_chunk_time_us,last_chunk_time_us,num_chunks,status,error_message,finish_reason").split(",")
    shared = DENSE.replace("Chat {", "Chat { prefix { shared = 256 tok, reuse = zipf(s = 1.1, n = 20) },").replace(
        "import std.workload {", "import std.workload { zipf,")
    for text in (DENSE, APART, shared):
        out = emit(AFDC, "blis", text).folder
        record(yaml.safe_load((out / "trace.yaml").read_text()), {"trace_version": one_of(2), "time_unit": one_of("microseconds"),
                                                                  "mode": one_of("generated", "real"), "warm_up_requests": int})
        trace = rows(out / "trace.csv", header)
        assert [int(r["request_id"]) for r in trace] == list(range(1000))
        assert all(int(r["input_tokens"]) > int(r["prefix_length"]) for r in trace)
        if "zipf" in text:
            assert all(r["prefix_group"].startswith("prefix-") and r["prefix_length"] == "256" for r in trace)
        for device in json.loads((out / "hardware_config.json").read_text()).values():
            record(device, {"TFlopsPeak": NUMBER, "BwPeakTBs": NUMBER, "MemoryGiB": NUMBER},
                   {"TFlopsFP8": NUMBER, "mfuPrefill": NUMBER, "mfuDecode": NUMBER})
        f = flags(out / "run.sh", """--model --hardware --model-config-folder --hardware-config --tp --num-instances --prefill-instances
            --decode-instances --pd-transfer-bandwidth --pd-transfer-base-latency --max-num-running-reqs --max-num-scheduled-tokens
            --trace-header --trace-data --horizon""".split(), ["blis", "replay"])
        assert ("--num-instances" in f) != ("--prefill-instances" in f)
        assert int(f["--horizon"]) > 2 * int(trace[-1]["arrival_time_us"])


def splitwise_sim():
    for text in (DENSE, APART):
        out = emit(AFDC, "splitwise_sim", text).folder
        trace = rows(out / "traces" / "afdc.csv",
                     "request_id,request_type,application_id,arrival_timestamp,batch_size,prompt_size,token_size".split(","))
        assert all(r["request_type"] == "2" and r["batch_size"] == "1" for r in trace)
        record(yaml.safe_load((out / "configs/cluster/afdc.yaml").read_text()),
               {"power_budget": NUMBER, "servers": each(lambda v, a: record(v, {"sku": one_of("dgx-a100", "dgx-h100"), "count": int}, {}, a)),
                "interconnects": each(lambda v, a: record(v, {"link": str, "topology": str}, {}, a))})
        line = (out / "run.sh").read_text().splitlines()[-1]
        assert "cluster=afdc" in line and "trace.filename=afdc" in line and ("start_state=splitwise" in line) == (text is APART)


def mist():
    out = emit(AFDC, "mist", APART).folder
    rows(out / "trace.csv", ["arrival_timestamp", "prompt_size", "token_size"])
    network = rows(out / "network.csv", ["src", "dst", "latency(msec)", "BW(GB/s)"])
    assert [(r["src"], r["dst"]) for r in network] == [("prefill0", "decode0"), ("prefill1", "decode0")]


def simai():
    collectives = re.compile(r"(NONE|ALLREDUCE|ALLGATHER|REDUCESCATTER|ALLTOALL)(_EP|_DP_EP)?")
    for text in (DENSE, MOE):
        out = emit(AFDC, "simai", text).folder
        steps = sorted(out.glob("*.txt"))
        assert [s.name for s in steps] == ["decode.txt", "mixed.txt"]
        for step in steps:
            head, count, *layers = step.read_text().splitlines()
            fields = dict(re.findall(r"(\w+): (\d+)", head))
            assert head.startswith("HYBRID_TRANSFORMER_FWD_IN_BCKWD model_parallel_NPU_group:") and fields["pp"] == "1"
            assert int(count) == len(layers) and len(layers) > 10
            for layer in layers:
                cells = layer.split("\t")
                assert len(cells) == 12 and cells[1] == "-1", layer
                assert all(collectives.fullmatch(cells[i]) for i in (3, 6, 9)) and all(int(cells[i]) >= 0 for i in (2, 4, 5, 7, 8, 10, 11))
                assert (cells[3] == "NONE") == (cells[4] == "0"), layer
        assert subprocess.run(["sh", "-n", str(out / "run.sh")]).returncode == 0


for check in (vidur, llmservingsim, aiconfigurator, genz, blis, splitwise_sim, mist, simai):
    check()
    print("ok", check.__name__)
