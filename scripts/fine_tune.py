"""Fine-tunes the sentence encoder on the example questions and writes its adapter.

It learns five things at once: topic and aspect of a question, level and sign of what is told, and
whether something is taken back. Only whoever improves the encoder needs this, and PyTorch (CPU is
enough: ten minutes a round on two idle cores); the product does not. The change that training makes
to each weight is kept in four bits in myoguide/nlu/adapter.npz (see build_encoder.py). It reads the
training examples in data/ and nothing else; the evaluation set is never opened.

    python scripts/fine_tune.py --onward --epochs 3 --share 0.7
"""

from __future__ import annotations

import argparse
import random
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional as F

from myoguide.knowledge import load_pack
from myoguide.nlu import build_encoder
from myoguide.nlu.opinion_model import NONE, joined, read_messages, read_pairs
from myoguide.nlu.question_model import labels_of
from myoguide.safety import load

SCALE = 20.0  # unit vectors are too short for a softmax
BATCH, MAX_TOKENS, DROPOUT, SMOOTHING, TYPOS = 32, 96, 0.1, 0.1, 0.3
# In half of the texts so many of the tokens are hidden; the first ids are no words.
HIDDEN_TOKENS, MASK, FIRST_WORD = 0.08, 103, 1000
# What is kept is the running mean of the weights, over some five hundred steps.
KEEP = 0.998
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


@dataclass(frozen=True)
class Example:
    """What each head is taught by a text; None: nothing."""

    text: str
    topic: str | None = None
    aspect: str | None = None
    level: str | None = None
    sign: str | None = None
    ending: str | None = None


# And their weight in the loss.
HEADS = {"topic": 1.0, "aspect": 1.0, "level": 0.5, "sign": 0.5, "ending": 0.5}


def examples() -> list[Example]:
    """The questions of the content pack and the messages of the second opinion."""
    level_of = {sign.id: sign.level for sign in load().signs.values()}
    told = [
        Example(m.text, level=level_of.get(m.sign, NONE), sign=m.sign)
        for m in read_messages("data/safety/second_opinion", level_of)
    ]
    texts = {example.text for example in told}
    asked = []
    for question in load_pack("data").questions:
        topic, aspect = labels_of(question.intent)
        # What people ask is harmless unless it is filed under a sign.
        harmless = None if question.text in texts else NONE
        asked.append(Example(question.text, topic, aspect, harmless, harmless))
    pairs = read_pairs("data/safety/taken_back.yml")
    ends = [Example(joined(pair), ending=label) for pair, label in pairs]
    return asked + told + ends


def hide(ids: torch.Tensor) -> torch.Tensor:
    """(batch, tokens) ids, some of them masked, so that no single word decides."""
    hidden = (torch.rand(ids.shape) < HIDDEN_TOKENS) & (torch.rand(len(ids), 1) < 0.5)
    return ids.masked_fill(hidden & (ids >= FIRST_WORD), MASK)


def train(
    taught: list[Example], epochs: int, rate: float, onward: bool, share: float = 1.0
) -> Encoder:
    """Softmax heads on the sentence vector; only the encoder is kept.

    ``onward``: begin with the adapter that there is. ``share``: of the examples in each epoch.
    """
    weights = build_encoder.read_safetensors(build_encoder.find_packaged("model.safetensors"))
    tokenizer = Tokenizer.from_file(str(build_encoder.find_packaged("tokenizer.json")))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.enable_padding()

    texts = [example.text for example in taught]
    heads, rows = nn.ModuleDict(), {}
    for head in HEADS:
        labels = [getattr(example, head) for example in taught]
        classes = sorted({label for label in labels if label})
        heads[head] = nn.Linear(build_encoder.HIDDEN, len(classes))
        rows[head] = torch.tensor([classes.index(label) if label else -100 for label in labels])

    if onward:
        weights = build_encoder.adapt(weights, build_encoder.ADAPTER)
    model = Encoder(weights)
    own = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": own, "lr": rate}, {"params": list(heads.parameters()), "lr": 3e-3}],
        weight_decay=0.01,
    )

    def drawn() -> list[list[int]]:
        chosen = random.sample(range(len(texts)), int(share * len(texts)))
        return [[chosen[r] for r in batch] for batch in batches([texts[i] for i in chosen])]

    steps = epochs * len(drawn())

    def falling(step: int) -> float:
        return max(0.02, 1 - step / steps)

    def held_back(step: int) -> float:  # the new heads come first, then the encoder
        return falling(step) * min(1.0, max(0.0, step - 0.03 * steps) / (0.05 * steps))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, [held_back, falling])
    mean = [p.detach().clone() for p in own]
    started = time.monotonic()
    for epoch in range(epochs):
        total, made = 0.0, drawn()
        for batch in made:
            noisy = [with_typo(texts[r]) if random.random() < TYPOS else texts[r] for r in batch]
            encoded = tokenizer.encode_batch(noisy)
            ids = hide(torch.tensor([e.ids for e in encoded]))
            mask = torch.tensor([e.attention_mask for e in encoded])
            with torch.autocast("cpu", dtype=torch.bfloat16):
                vectors = model(ids, mask)
            vectors = SCALE * vectors.float()
            loss = torch.zeros(())
            for head, weight in HEADS.items():
                wanted = rows[head][batch]
                if (wanted >= 0).any():
                    loss = loss + weight * F.cross_entropy(
                        heads[head](vectors), wanted, label_smoothing=SMOOTHING
                    )
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(own, 1.0)
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                for kept, now in zip(mean, own, strict=True):
                    kept.lerp_(now, 1 - KEEP)
            total += loss.item()
        minutes = (time.monotonic() - started) / 60
        print(f"epoch {epoch + 1}/{epochs}: loss {total / len(made):.3f}, {minutes:.0f} min")
    with torch.no_grad():
        for kept, now in zip(mean, own, strict=True):
            now.copy_(kept)
    return model.eval()


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
    parser.add_argument("--share", type=float, default=1.0, help="of the examples in each epoch")
    parser.add_argument("--onward", action="store_true", help="begin with the present adapter")
    parser.add_argument("--out", type=Path, default=build_encoder.ADAPTER)
    options = parser.parse_args()
    torch.manual_seed(0)
    random.seed(0)
    taught = examples()
    print(f"{len(taught)} examples")
    model = train(taught, options.epochs, options.rate, options.onward, options.share)
    save_adapter(model, options.out)


if __name__ == "__main__":
    main()
