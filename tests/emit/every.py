"""Every target takes every kind of scenario: it writes files or says why not, and then again with --lossy."""
import subprocess
import sys

from common import aggregated, attention_ffn, disaggregated, node, scenario, write

AFDC = sys.argv[1]

# A model of each kind, by the module that declares it.
MODELS = {"Llama31_8B": "llama", "Mixtral_8x7B": "mistral", "DeepSeekV2_Lite": "deepseek", "DeepSeekV32": "deepseek",
          "GptOss_20B": "gpt_oss", "Gemma3_4B": "gemma", "Mamba2_780M": "mamba", "Jamba1_5_Mini": "mamba",
          "Qwen3_Next_80B_A3B": "qwen", "Llama4_Scout": "llama", "Bert_Base": "encoders"}


def scenarios():
    for model, module in MODELS.items():
        text = scenario(aggregated(model, "parallel { tp = 2 }", "SGLang"), nodes=2)
        if model not in text.split("node N")[0]:
            text = text.replace("edition 1\n", f"edition 1\nimport std.models.{module} {{ {model} }}\n")
        yield model, text
    for load in ("poisson(2 req/s)", "batch(16 req)"):
        yield load, scenario(aggregated("Llama31_8B", "parallel { tp = 2, pp = 2 }", "TensorRT_LLM"), load)
    parallel = "parallel { dp = 8, ep = 8 }"
    yield "pd", scenario(disaggregated("DeepSeekV3", parallel, parallel, "vLLM"), "closed(64 req)", nodes=4)
    for runtime in ("vLLM", "SGLang", "TensorRT_LLM"):
        yield "afd " + runtime, scenario(attention_ffn("DeepSeekV3", 16, 8, runtime=runtime), "closed(64 req)", nodes=4)
    yield "pd + afd", scenario(disaggregated(
        "DeepSeekV3", parallel, "group attention { devices = 16, parallel { dp = 16 } }\n group ffn { devices = 8, parallel { ep = 8 } }\n"
        "microbatches = 2", "vLLM", "extends AttentionFfn"), "closed(64 req)", nodes=6)
    # Devices that the simulators have profiles of, and a promise.
    for machine in ("A100x8", "H100x8"):
        yield machine, scenario(aggregated("Llama2_70B", "parallel { tp = 8 }", "vLLM"), "poisson(1 req/s)", machine=node(machine),
                                slo="expect p99(ttft) < 2 s")
    yield "offload", scenario(aggregated("Llama31_70B", "offload { weights = 50 pct }", "vLLM"))


targets = [line.split()[0] for line in
           subprocess.run([AFDC, "emit", "--list-targets"], capture_output=True, text=True, check=True).stdout.splitlines()]
assert len(targets) >= 20, targets
written = {}
for name, text in scenarios():
    path = write(text)
    for target in targets:
        for options in ([], ["--lossy"]):
            run = subprocess.run([AFDC, "emit", target, str(path), "-o", str(path.parent / f"{target}{len(options)}"), *options],
                                 capture_output=True, text=True)
            said = run.stderr.strip()
            assert run.returncode == 0 or (run.returncode == 1 and "error[AFD" in said), \
                f"{target} {options} of {name}: {run.returncode}\n{said}\n{text}"
            if run.returncode == 0:
                written[target] = written.get(target, 0) + 1
                break  # what is written without loss needs no leave to lose anything
assert all(written[t] > 0 for t in targets), written
print("ok", ", ".join(f"{t} {n}" for t, n in sorted(written.items())))
