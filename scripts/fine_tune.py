"""Fine-tunes the sentence encoder on the example questions and writes its adapter.

Only whoever improves the encoder needs this, and PyTorch (CPU is enough: about 25 minutes on two
idle cores); the product does not. The change that training makes to each weight is kept in four
bits in myoguide/nlu/adapter.npz (see build_encoder.py). It reads the training examples in data/
and nothing else; the evaluation set is never opened.

    python scripts/fine_tune.py --epochs 4
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional as F

from myoguide.knowledge import load_pack
from myoguide.nlu import build_encoder
from myoguide.nlu.question_model import labels_of

SCALE = 20.0  # unit vectors are too short for a softmax
BATCH, MAX_TOKENS, DROPOUT, SMOOTHING, TYPOS = 32, 96, 0.1, 0.1, 0.3
# A row's change is kept as whole steps of half its standard deviation, at most 7 up or down.
STEP, LEVELS = 0.5, 7


class Encoder(nn.Module):
    """MiniLM with trainable layers; the same arithmetic as the ONNX graph of build_encoder."""

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        super().__init__()
        self.names = {name.replace(".", "_"): name for name in weights}
        trainable = [n for n in weights if n.startswith("encoder.layer.")]
        self.w = nn.ParameterDict(
            {
                short: nn.Parameter(torch.tensor(weights[name]), requires_grad=name in trainable)
                for short, name in self.names.items()
            }
        )

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(batch, tokens) ids and mask -> (batch, 384) unit vectors."""
        w = self.w
        x = F.embedding(ids, w["embeddings_word_embeddings_weight"])
        x = x + w["embeddings_position_embeddings_weight"][: ids.shape[1]]
        x = x + w["embeddings_token_type_embeddings_weight"][0]
        x = self._dropout(self._norm(x, "embeddings_LayerNorm"))
        bias = (1 - mask.float())[:, None, None, :] * -1e4
        for layer in range(build_encoder.LAYERS):
            x = self._layer(x, bias, f"encoder_layer_{layer}")
        weight = mask.float()[:, :, None]
        return F.normalize((x * weight).sum(1) / weight.sum(1), dim=-1)

    def _layer(self, x: torch.Tensor, bias: torch.Tensor, name: str) -> torch.Tensor:
        shape = (*x.shape[:2], build_encoder.HEADS, -1)
        q, k, v = (
            self._linear(x, f"{name}_attention_self_{part}").view(shape).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        mixed = mixed.transpose(1, 2).reshape(x.shape)
        mixed = self._dropout(self._linear(mixed, f"{name}_attention_output_dense"))
        x = self._norm(x + mixed, f"{name}_attention_output_LayerNorm")
        inner = F.gelu(self._linear(x, f"{name}_intermediate_dense"))
        inner = self._dropout(self._linear(inner, f"{name}_output_dense"))
        return self._norm(x + inner, f"{name}_output_LayerNorm")

    def _linear(self, x: torch.Tensor, name: str) -> torch.Tensor:
        return F.linear(x, self.w[f"{name}_weight"], self.w[f"{name}_bias"])

    def _norm(self, x: torch.Tensor, name: str) -> torch.Tensor:
        weight, bias = self.w[f"{name}_weight"], self.w[f"{name}_bias"]
        return F.layer_norm(x, weight.shape, weight, bias, build_encoder.LAYER_NORM_EPS)

    def _dropout(self, x: torch.Tensor) -> torch.Tensor:
        return F.dropout(x, DROPOUT, self.training)


def with_typo(text: str) -> str:
    """The text with about one slip per 40 characters: a letter dropped, swapped or replaced."""
    letters = list(text)
    for _ in range(max(1, len(letters) // 40)):
        if len(letters) < 6:
            break
        at, kind = random.randrange(1, len(letters) - 1), random.random()
        if kind < 0.35:
            del letters[at]
        elif kind < 0.7:
            letters[at - 1], letters[at] = letters[at], letters[at - 1]
        else:
            letters[at] = random.choice("abcdefghijklmnopqrstuvwxyz")
    return "".join(letters)


def batches(texts: list[str]) -> list[list[int]]:
    """Shuffled batches of like length."""
    order = random.sample(range(len(texts)), len(texts))
    chunk = BATCH * 20
    sorted_chunks = [
        sorted(order[i : i + chunk], key=lambda row: len(texts[row]))
        for i in range(0, len(order), chunk)
    ]
    made = [c[i : i + BATCH] for c in sorted_chunks for i in range(0, len(c), BATCH)]
    return random.sample(made, len(made))


def train(texts: list[str], intents: list[str], epochs: int, rate: float) -> Encoder:
    """Two softmax heads (topic, aspect) on the sentence vector; only the encoder is kept."""
    weights = build_encoder.read_safetensors(build_encoder.find_packaged("model.safetensors"))
    tokenizer = Tokenizer.from_file(str(build_encoder.find_packaged("tokenizer.json")))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.enable_padding()

    labels = [labels_of(intent) for intent in intents]
    topics = sorted({topic for topic, _ in labels})
    aspects = sorted({aspect for _, aspect in labels if aspect})
    topic_rows = torch.tensor([topics.index(topic) for topic, _ in labels])
    aspect_rows = torch.tensor([aspects.index(a) if a else -100 for _, a in labels])

    model = Encoder(weights)
    topic_head = nn.Linear(build_encoder.HIDDEN, len(topics))
    aspect_head = nn.Linear(build_encoder.HIDDEN, len(aspects))
    heads = [*topic_head.parameters(), *aspect_head.parameters()]
    own = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": own, "lr": rate}, {"params": heads, "lr": 3e-3}], weight_decay=0.01
    )
    steps = epochs * len(batches(texts))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / (0.1 * steps)) * max(0.0, 1 - step / steps)
    )
    started = time.monotonic()
    for epoch in range(epochs):
        total, made = 0.0, batches(texts)
        for rows in made:
            noisy = [with_typo(texts[r]) if random.random() < TYPOS else texts[r] for r in rows]
            encoded = tokenizer.encode_batch(noisy)
            vectors = SCALE * model(
                torch.tensor([e.ids for e in encoded]),
                torch.tensor([e.attention_mask for e in encoded]),
            )
            loss = F.cross_entropy(
                topic_head(vectors), topic_rows[rows], label_smoothing=SMOOTHING
            )
            if (aspect_rows[rows] >= 0).any():
                loss = loss + F.cross_entropy(
                    aspect_head(vectors), aspect_rows[rows], label_smoothing=SMOOTHING
                )
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(
            f"epoch {epoch + 1}/{epochs}: loss {total / len(made):.3f}, "
            f"{time.monotonic() - started:.0f} s",
            flush=True,
        )
    return model


def save_adapter(model: Encoder, path: Path) -> None:
    """What training changed: matrices in four bits a weight, vectors whole in float16."""
    before = build_encoder.read_safetensors(build_encoder.find_packaged("model.safetensors"))
    stored = {}
    for short, name in model.names.items():
        if not model.w[short].requires_grad:
            continue
        change = model.w[short].detach().numpy() - before[name]
        if change.ndim == 1:
            stored[f"{name}:whole"] = change.astype(np.float16)
            continue
        step = (STEP * change.std(axis=1, keepdims=True)).astype(np.float16)
        levels = np.rint(change / np.maximum(step.astype(np.float32), 1e-12))
        stored[f"{name}:step"] = step
        stored[f"{name}:levels"] = np.clip(levels, -LEVELS, LEVELS).astype(np.int8)
    np.savez_compressed(path, **stored)
    print(f"wrote {path} ({path.stat().st_size / 1e6:.1f} MB)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--rate", type=float, default=1e-4, help="peak learning rate")
    parser.add_argument("--out", type=Path, default=build_encoder.ADAPTER)
    options = parser.parse_args()
    torch.manual_seed(0)
    random.seed(0)
    questions = load_pack("data").questions
    texts = [question.text for question in questions]
    intents = [question.intent for question in questions]
    print(f"{len(texts)} examples")
    save_adapter(train(texts, intents, options.epochs, options.rate), options.out)


if __name__ == "__main__":
    main()
