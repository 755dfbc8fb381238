"""The published transformer with plain loops in double precision, for one observation.

Written from spec/networks.md, over arrays by their published names.
"""

import numpy as np

CIRCLE, POLYGON, JOINT, THRUSTER = range(4)
"""Numbers in the published names of the encoders."""
HEAD = "GeneralActorCriticRNN_0"
MASKED = -1e30


class Reference:
    """`arrays`: by published name. `options`: those of the published configuration."""

    def __init__(self, arrays, **options):
        self.arrays = {name: np.asarray(array, float) for name, array in arrays.items()}
        self.options = {
            "num_heads": 8,
            "transformer_depth": 2,
            "depth": 5,
            "aggregate_mode": "dummy_and_mean",
            "full_attention_mask": False,
            "transformer_ffn": False,
            "message_layers": 0,
            "legacy_entity_id": False,
            "activation": "tanh",
        } | options

    def __call__(self, seen, memory=None, reset=False):
        """Logits, value, and the memory after this step (None without one)."""
        x = self.embedding(seen)
        if memory is not None:
            x = memory = self.remember(x, np.zeros_like(memory) if reset else memory)
        depth = self.options["depth"]
        act = np.tanh if self.options["activation"] == "tanh" else relu
        outputs = []
        for which in range(2):
            y = x
            for k in range(depth):
                layer = depth * which + k
                y = act(
                    self.dense(y, f"GeneralActorCriticRNN_0/DenseAndActivation_{layer}/Dense_0")
                )
            outputs.append(self.dense(y, f"GeneralActorCriticRNN_0/Dense_{which}"))
        return outputs[0], outputs[1][0], memory

    def dense(self, x, name):
        y = np.asarray(x, float) @ self.arrays[f"{name}/kernel"]
        return y + self.arrays[f"{name}/bias"] if f"{name}/bias" in self.arrays else y

    def remember(self, x, h):
        def part(name, x):
            return self.dense(x, f"{HEAD}/ScannedRNN_0/GRUCell_0/{name}")

        r = sigmoid(part("ir", x) + part("hr", h))
        z = sigmoid(part("iz", x) + part("hz", h))
        n = np.tanh(part("in", x) + r * part("hn", h))
        return (1 - z) * n + z * h

    def embedding(self, seen):
        dummies = 0 if self.options["aggregate_mode"] == "mean" else 1
        tokens = [np.ones(self.arrays["Dense_0/bias"].size + 1)] * dummies
        active = [True] * dummies
        for kind, name in ((POLYGON, "polygon"), (CIRCLE, "circle")):
            number = 1.0 if kind == POLYGON and not self.options["legacy_entity_id"] else 0.0
            for row, there in zip(seen[f"{name}s"], seen[f"{name}_mask"], strict=True):
                tokens.append([*np.tanh(self.dense(row, f"Dense_{kind}")), number])
                active.append(bool(there))
        x = np.array(tokens, float)
        joints = [np.tanh(self.dense(row, f"Dense_{JOINT}")) for row in seen["joints"]]
        thrusters = [np.tanh(self.dense(row, f"Dense_{THRUSTER}")) for row in seen["thrusters"]]
        for i in range(self.options["transformer_depth"]):
            name = f"Transformer_0/tf_layers_{i}"
            a = self.attention(norm(x, self.arrays, f"{name}/ln1"), seen, active, dummies, name)
            y = self.gate(x, relu(a), f"{name}/gate1")
            z = self.dense(norm(y, self.arrays, f"{name}/ln2"), f"{name}/dense1")
            if self.options["transformer_ffn"]:
                z = self.dense(relu(z), f"{name}/dense2")
            x = self.gate(y, relu(z), f"{name}/gate2")
            x = x + self.messages(x, joints, thrusters, seen, dummies, i)
        if self.options["aggregate_mode"] == "dummy":
            return x[0]
        return np.mean([row for row, there in zip(x, active, strict=True) if there], axis=0)

    def attention(self, x, seen, active, dummies, name):
        heads = self.options["num_heads"]
        result = self.arrays[f"{name}/attention1/out/bias"] + np.zeros_like(x)
        for head in range(heads):
            q, k, v = (
                x @ self.arrays[f"{name}/attention1/{part}/kernel"][:, head]
                + self.arrays[f"{name}/attention1/{part}/bias"][head]
                for part in ("query", "key", "value")
            )
            out = self.arrays[f"{name}/attention1/out/kernel"][head]
            for i in range(len(x)):
                scores = np.full(len(x), MASKED)
                for j in range(len(x)):
                    plane = None if self.options["full_attention_mask"] else head // (heads // 4)
                    if allowed(seen, active, dummies, plane, i, j):
                        scores[j] = q[i] @ k[j] / np.sqrt(q.shape[1])
                weights = np.exp(scores - scores.max())
                result[i] += (weights / weights.sum()) @ v @ out
        return result

    def gate(self, x, y, name):
        def w(number, x):
            return x @ self.arrays[f"{name}/Dense_{number - 1}/kernel"]

        r = sigmoid(w(1, y) + w(2, x))
        z = sigmoid(w(3, y) + w(4, x) - self.arrays[f"{name}/gating_bias"])
        h = np.tanh(w(5, y) + w(6, r * x))
        return (1 - z) * x + z * h

    def messages(self, x, joints, thrusters, seen, dummies, i):
        told = np.zeros_like(x)
        for embedding, ends, there in zip(
            joints, seen["joint_indexes"], seen["joint_mask"], strict=True
        ):
            if there:
                one, other = (int(end) + dummies for end in ends)
                message = np.concatenate([x[one], x[other], embedding])
                told[one] += self.message(message, f"Transformer_0/joint_layers_{i}")
        for embedding, index, there in zip(
            thrusters, seen["thruster_indexes"], seen["thruster_mask"], strict=True
        ):
            if there:
                on = int(index) + dummies
                message = np.concatenate([x[on], embedding])
                told[on] += self.message(message, f"Transformer_0/thruster_layers_{i}")
        return told

    def message(self, x, name):
        if not self.options["message_layers"]:
            return self.dense(x, name)
        for k in range(self.options["message_layers"]):
            x = relu(self.dense(x, f"{name}/Dense_{k}"))
        return x


def allowed(seen, active, dummies, plane, i, j):
    if not (active[i] and active[j]):
        return False
    if plane is None or i < dummies or j < dummies:
        return True
    return bool(seen["attention_mask"][plane][i - dummies][j - dummies])


def norm(x, arrays, name):
    mean, variance = x.mean(axis=1)[:, None], x.var(axis=1)[:, None]
    scale, bias = arrays[f"{name}/scale"], arrays[f"{name}/bias"]
    return (x - mean) / np.sqrt(variance + 1e-6) * scale[None] + bias[None]


def relu(x):
    return np.maximum(x, 0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))
