"""Start scripts of real engines: valid shell, one process for each replica and node, options that the engines have, and
what an engine or its plugin does not allow is refused before anything is written."""
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
from common import aggregated, attention_ffn, disaggregated, emit, node, scenario  # noqa: E402

AFDC = sys.argv[1]

# Options of the versions that the targets name (vLLM's and SGLang's argument parsers, `trtllm-serve --help`).
OPTIONS = {
    "vllm": set("""--tensor-parallel-size --pipeline-parallel-size --data-parallel-size --data-parallel-size-local
        --data-parallel-address --data-parallel-rpc-port --data-parallel-start-rank --headless --enable-expert-parallel
        --max-model-len --max-num-seqs --max-num-batched-tokens --gpu-memory-utilization --kv-cache-dtype --quantization
        --block-size --enable-prefix-caching --no-enable-prefix-caching --speculative-config --kv-transfer-config --port
        --additional-config --enable-dbo --no-enable-chunked-prefill""".split()),
    "sglang": set("""--model-path --tp-size --pp-size --dp-size --enable-dp-attention --ep-size --moe-a2a-backend
        --context-length --max-running-requests --chunked-prefill-size --max-prefill-tokens --mem-fraction-static --disable-radix-cache
        --kv-cache-dtype --quantization --speculative-algorithm --speculative-draft-model-path --speculative-num-steps
        --speculative-eagle-topk --speculative-num-draft-tokens --disaggregation-mode --disaggregation-transfer-backend
        --nnodes --node-rank --dist-init-addr --host --port --afd-role --afd-transfer-backend --afd-ffn-addr""".split()),
    "trtllm": set("--extra_llm_api_options --host --port".split()),
}


def commands(folder):
    """(node, environment, words) of each process that the scripts start."""
    out = []
    for script in sorted(folder.glob("node-*.sh")):
        assert subprocess.run(["sh", "-n", str(script)]).returncode == 0
        assert script.stat().st_mode & 0o111, "a script that cannot be run"
        text = script.read_text().replace("\\\n", " ")
        for line in text.splitlines():
            if not line.endswith(" &"):
                continue
            words = shlex.split(line[:-2])
            environment = {}
            while "=" in words[0] and not words[0].startswith("-"):
                name, value = words.pop(0).split("=", 1)
                environment[name] = value
            out.append((int(re.search(r"node-(\d+)", script.name)[1]), environment, words))
    return out


def option(words, name, kind=float):
    return kind(words[words.index(name) + 1])


def check_options(target, found):
    assert found, f"{target}: no process is started"
    for _, _, words in found:
        unknown = {w for w in words if w.startswith("--")} - OPTIONS[target]
        assert not unknown, f"{target}: {unknown}"


def refused(target, text, *words):
    out = emit(AFDC, target, text, check=False)
    assert out.code == 1 and "AFD0604" in out.err and not (out.folder / "manifest.json").exists(), (out.code, out.err)
    for w in words:
        assert w in out.err, (w, out.err)


def main():
    # Two replicas share a node; each has devices and a port of its own.
    text = scenario(aggregated("Llama31_70B", "replicas = 3, parallel { tp = 4 }", "vLLM"), nodes=2)
    found = commands(emit(AFDC, "vllm", text).folder)
    assert [(n, e["CUDA_VISIBLE_DEVICES"], option(w, "--port", int)) for n, e, w in found] == [
        (0, "0,1,2,3", 8000), (0, "4,5,6,7", 8001), (1, "0,1,2,3", 8000)], found
    check_options("vllm", found)

    # Data-parallel ranks over two nodes: the second has no server and knows where the first is.
    text = scenario(aggregated("DeepSeekV3", "parallel { dp = 16, ep = 16 }\n speculative = MtpDrafts { depth = 1, acceptance = 85 pct }", "vLLM"), nodes=2)
    found = commands(emit(AFDC, "vllm", text).folder)
    check_options("vllm", found)
    assert len(found) == 2 and "--headless" in found[1][2] and "--port" not in found[1][2]
    assert option(found[1][2], "--data-parallel-start-rank") == 8 and option(found[1][2], "--data-parallel-address", str) == "$NODE_0"
    assert json.loads(option(found[0][2], "--speculative-config", str)) == {"method": "mtp", "num_speculative_tokens": 1}
    found = commands(emit(AFDC, "sglang", text).folder)
    check_options("sglang", found)
    words = found[1][2]
    assert option(words, "--tp-size") == 16 and option(words, "--dp-size") == 16 and option(words, "--node-rank") == 1
    assert option(words, "--dist-init-addr", str) == "$NODE_0:5000" and option(words, "--speculative-num-draft-tokens") == 2

    # Prefill and decode.
    text = scenario(disaggregated("DeepSeekV3", "replicas = 2, parallel { dp = 8, ep = 8 }", "parallel { dp = 16, ep = 16 }\n quant { kv = fp8 }", "vLLM"), nodes=4)
    found = commands(emit(AFDC, "vllm", text).folder)
    check_options("vllm", found)
    roles = [json.loads(option(w, "--kv-transfer-config", str))["kv_role"] for _, _, w in found]
    assert roles == ["kv_producer", "kv_producer", "kv_consumer", "kv_consumer"]
    assert option(found[3][2], "--kv-cache-dtype", str) == "fp8" and "--kv-cache-dtype" not in found[0][2]
    found = commands(emit(AFDC, "sglang", text).folder)
    check_options("sglang", found)
    assert [option(w, "--disaggregation-mode", str) for _, _, w in found] == ["prefill", "prefill", "decode", "decode"]
    out = emit(AFDC, "trtllm", text).folder
    check_options("trtllm", commands(out))
    decode, front = yaml.safe_load((out / "decode.yaml").read_text()), yaml.safe_load((out / "disaggregated.yaml").read_text())
    assert decode["tensor_parallel_size"] == 16 and decode["enable_attention_dp"] and decode["kv_cache_config"]["dtype"] == "fp8"
    assert decode["moe_expert_parallel_size"] * decode["moe_tensor_parallel_size"] == 16
    assert front["context_servers"] == {"num_instances": 2, "urls": ["node-0:8000", "node-1:8000"]}
    assert front["generation_servers"] == {"num_instances": 1, "urls": ["node-2:8000"]}

    # Whatever a scenario is called, its name stays in the comments of what is emitted.
    text = scenario(aggregated("Llama2_70B", "replicas = 2, parallel { tp = 4 }", "vLLM"), machine=node("H100x8"), slo="expect p99(ttft) < 2 s")
    named = text.replace("scenario s {", 'scenario "a\\ntouch pwned #" {')
    assert named != text
    for target in ("vllm", "sglang", "trtllm", "leaderworkerset", "vllm_bench", "prometheus", "blis", "vidur", "aiconfigurator"):
        out = emit(AFDC, target, named, "--lossy", check=False)
        assert out.code == 0, (target, out.err)
        for file in (f for f in out.folder.rglob("*") if f.is_file()):
            assert not re.search(r"^\s*touch", file.read_text(), re.M), f"{target}: {file.name} has a line of the scenario's name"
    check_options("trtllm", commands(emit(AFDC, "trtllm", text).folder))

    # Shares of memory: each engine's own rule, for the same room for cache.
    text = scenario(aggregated("Llama31_70B", "parallel { tp = 4 }\n kv_cache { fraction = 80 pct }", "vLLM"))
    vllm, sglang = (commands(emit(AFDC, t, text).folder)[0][2] for t in ("vllm", "sglang"))
    trtllm = yaml.safe_load((emit(AFDC, "trtllm", text).folder / "main.yaml").read_text())
    assert option(vllm, "--gpu-memory-utilization") == 0.8
    weights = 70.55e9 * 2 / 4 / (140.4 * 2**30)
    assert weights < option(sglang, "--mem-fraction-static") < 0.8
    pool = option(sglang, "--mem-fraction-static") - weights
    assert abs(trtllm["kv_cache_config"]["free_gpu_memory_fraction"] * (1 - (0.8 - pool)) - pool) < 2e-3
    assert trtllm["cuda_graph_config"] == {"enable_padding": True, "max_batch_size": trtllm["max_batch_size"]}

    # Prompts that are not cut: each engine's own way to say so, and what it asks for in return.
    whole = aggregated("Llama31_70B", "parallel { tp = 4 }\n batching = WholePrompts { max_tokens = 16 Kitok }", "vLLM")
    for target, said in (("vllm", "--no-enable-chunked-prefill"), ("sglang", "--max-prefill-tokens")):
        found = commands(emit(AFDC, target, scenario(whole)).folder)
        check_options(target, found)
        assert said in found[0][2], found
    assert option(found[0][2], "--chunked-prefill-size") == -1 and option(found[0][2], "--max-prefill-tokens") == 16384
    trtllm = yaml.safe_load((emit(AFDC, "trtllm", scenario(whole)).folder / "main.yaml").read_text())
    assert trtllm["enable_chunked_prefill"] is False and trtllm["max_num_tokens"] == 16384
    refused("vllm", scenario(whole.replace("16 Kitok", "2 Kitok")), "longest request")

    # Attention and FFN apart: every process knows the groups, and where they meet.
    text = scenario(attention_ffn("DeepSeekV3", 16, 8, 2, runtime="vLLM"), nodes=3)
    found = commands(emit(AFDC, "vllm", text).folder)
    check_options("vllm", found)
    afd = [json.loads(option(w, "--additional-config", str))["afd"] for _, _, w in found]
    assert [a["role"] for a in afd] == ["attention", "attention", "ffn"]
    assert all(a["num_attention_ranks"] == 16 and a["num_ffn_ranks"] == 8 and a["host"] == "$NODE_0" and a["port"] == 1239 for a in afd)
    refused("vllm", scenario(attention_ffn("DeepSeekV3", 16, 8, 3, runtime="vLLM"), nodes=3), "microbatches = 3", "exactly two")
    refused("vllm", scenario(attention_ffn("DeepSeekV3", 8, 16, 2, runtime="vLLM"), nodes=3), "a multiple of them")
    refused("vllm", scenario(attention_ffn("DeepSeekV3", 24, 16, 2, runtime="vLLM"), nodes=5), "a multiple of them")
    refused("vllm", scenario(attention_ffn("Mixtral_8x7B", 8, 8, 2, runtime="vLLM"), nodes=2), "DeepSeek V2 and V3 family")
    refused("sglang", scenario(attention_ffn("DeepSeekV3", 16, 8, 2, runtime="SGLang"), nodes=3), "Qwen3 family")
    found = commands(emit(AFDC, "sglang", scenario(attention_ffn("Qwen3_30B_A3B", 8, 4, 2, runtime="SGLang"), nodes=2)).folder)
    check_options("sglang", found)
    assert [option(w, "--afd-role", str) for _, _, w in found] == ["attention", "ffn"]
    assert option(found[0][2], "--afd-ffn-addr", str) == "$NODE_1:6100" and "--afd-ffn-addr" not in found[1][2]
    refused("trtllm", scenario(attention_ffn("DeepSeekV3", 16, 8, 2, runtime="TensorRT_LLM"), nodes=3), "attention and FFN of")

    # What no engine does.
    refused("vllm", scenario(aggregated("DeepSeekV3", "parallel { dp = 16, ep = 8 }", "vLLM"), nodes=2), "ep = 8")
    refused("vllm", scenario(aggregated("Llama31_70B", "parallel { tp = 16 }", "vLLM"), nodes=2).replace("tp = 16", "tp = 8, pp = 2"), "Ray")
    refused("vllm", scenario(aggregated("Llama31_70B", "parallel { tp = 8 }\n quant { kv = nvfp4 }", "vLLM")), "nvfp4")
    refused("vidur", scenario(aggregated("Mixtral_8x7B", "parallel { tp = 2 }")), "no experts")

    # Addresses are the shell's to fill in.
    out = emit(AFDC, "vllm", scenario(disaggregated("Llama31_8B", "parallel { tp = 1 }", "parallel { tp = 1 }", "vLLM"))).folder
    (out / "hosts.env").write_text("export NODE_0=10.1.2.3\n")
    script = (out / "node-0.sh").read_text().replace("vllm serve", "env | grep NIXL; echo serve").replace(" &\n", "\n").replace("\nwait", "")
    ran = subprocess.run(["sh", "-c", script, str(out / "node-0.sh")], cwd=out, text=True, capture_output=True)
    assert "VLLM_NIXL_SIDE_CHANNEL_HOST=10.1.2.3" in ran.stdout, ran.stdout + ran.stderr
    print("ok start scripts of three engines")


main()
