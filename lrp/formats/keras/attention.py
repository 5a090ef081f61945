"""Keras' attention layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrp.formats.container import quoted
from lrp.formats.keras import fields
from lrp.formats.keras.build import UNSURE, Builder, Translator, Value, flat
from lrp.formats.keras.config import Call, Spec
from lrp.formats.keras.fields import refuse
from lrp.layers import Affine, Layer, Softmax
from lrp.layers.attention import MatMul, MultiHeadAttention

MASKS = ("query_mask", "value_mask", "key_mask", "attention_mask")
OURS = {"query_mask": "query", "value_mask": "value", "key_mask": "key", "attention_mask": "pair"}


def _tensors(spec: Spec, call: Call) -> tuple[Value, Value, Value, bool]:
    """query, value, key, and whether the key is a tensor of its own; they come by position or by name."""
    given = dict(zip(("query", "value", "key"), [x for x in flat(call.args) if isinstance(x, Value)]))
    given.update({k: v for k, v in call.kwargs.items() if k in ("query", "value", "key") and isinstance(v, Value)})
    if "query" not in given or "value" not in given:
        refuse(spec, f"expected a query and a value, got {sorted(given)}")
    own = "key" in given and given["key"] is not given["value"]
    return given["query"], given["value"], given.get("key", given["value"]), own


def _masks(b: Builder, spec: Spec, call: Call, tensors: tuple[Value, Value, Value, bool]) -> dict[str, str]:
    """Keras' masks by name: those given, else those that the tensors carry (from Keras 2.10 on)."""
    query, value, key, own = tensors
    found: dict[str, str] = {}
    carried = {"query_mask": query.mask, "value_mask": value.mask, "key_mask": key.mask if own else None}
    for name in MASKS:
        given = call.kwargs.get(name)
        mask = b.native(spec, given) if isinstance(given, Value) else carried.get(name)
        if mask == UNSURE:
            refuse(spec, f"its {name} went through layers whose treatment of masks differs between versions")
        if mask is not None:
            found[name] = mask
    if found and b.writer.version < (2, 10, 0):
        refuse(spec, "versions before 2.10 treat masks in attention in other ways")
    return found


def _attention(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    tensors = _tensors(spec, call)
    query, value, key, _ = tensors
    grouped = spec.kind == "GroupedQueryAttention"
    heads = fields.integer(spec, "num_query_heads" if grouped else "num_heads")
    few = fields.integer(spec, "num_key_value_heads") if grouped else heads
    size = fields.integer(spec, "head_dim" if grouped else "key_dim")
    wide = size if grouped else fields.integer(spec, "value_dim", size)
    if heads % few:
        refuse(spec, f"num_key_value_heads: expected a number that divides {heads}, got {few}")
    if any(x.rank != 3 or x.shape[-1] is None for x in (query, value, key)):
        refuse(spec, f"expected steps and features, got {[x.shape for x in (query, value, key)]}")
    if fields.value(spec, "attention_axes", [1]) not in ([1], (1,), 1, [-2]):
        refuse(spec, "attention_axes: expected the axis of the steps, [1]")
    if fields.flag(call_flags(spec, call), "return_attention_scores"):
        refuse(spec, "return_attention_scores is not read")
    for key_name in ("sliding_window_size", "use_gate", "seed_window"):
        if spec.config.get(key_name) not in (None, False):
            refuse(spec, f"{key_name} is not read")
    stated = spec.config.get("output_shape")
    out = b.held_shape(spec, "attention_output/kernel")[-1]
    if stated is not None and stated not in (out, [out]):
        refuse(spec, f"output_shape: expected {out}, got {quoted(stated)}")
    masks = _masks(b, spec, call, tensors)
    causal = fields.flag(call_flags(spec, call), "use_causal_mask")
    biased = fields.flag(spec, "use_bias", True)
    # Keras 3 on TensorFlow makes a tensor of this constant, in single precision, whatever the arithmetic.
    single = b.writer.generation == 3 and b.writer.backend == "tensorflow"
    scale = float(np.float32(size**-0.5)) if single else None

    def part(which: str, inputs: Any, count: int, length: int) -> tuple[Any, Any]:
        kernel = b.array(spec, f"{which}/kernel", (int(inputs), count, length))
        bias = b.array(spec, f"{which}/bias", (count, length)) if biased else None
        times = heads // count  # a head of keys serves several of queries
        return np.repeat(kernel, times, axis=1), None if bias is None else np.repeat(bias, times, axis=0)

    def make() -> Layer:
        query_kernel, query_bias = part("query", query.shape[-1], heads, size)
        key_kernel, key_bias = part("key", key.shape[-1], few, size)
        value_kernel, value_bias = part("value", value.shape[-1], few, wide)
        return MultiHeadAttention(
            query_kernel,
            key_kernel,
            value_kernel,
            b.array(spec, "attention_output/kernel", (heads, wide, out)),
            query_bias,
            key_bias,
            value_bias,
            b.array(spec, "attention_output/bias", (out,)) if biased else None,
            scale,
            causal,
            tuple(OURS[m] for m in masks),
        )

    nodes = [b.native(spec, x) for x in (query, value, key)]
    layer = b.once(spec, f"{causal} {sorted(masks)}", make)
    return b.new(b.add(spec, name, layer, *nodes, *masks.values()), mask=query.mask)


def _dot_attention(b: Builder, spec: Spec, call: Call, name: str) -> Value:
    """softmax(query key^T) value, from layers of our own."""
    given = [x for x in flat(call.args) if isinstance(x, Value)]
    if len(given) not in (2, 3):
        refuse(spec, f"expected query, value and perhaps key, got {len(given)} tensors")
    query, value, key = given[0], given[1], given[-1] if len(given) == 3 else given[1]
    flags = call_flags(spec, call)
    if fields.value(spec, "score_mode", "dot") != "dot" or fields.flag(flags, "use_causal_mask"):
        refuse(spec, "only the score mode dot without a causal mask is read")
    if fields.flag(flags, "return_attention_scores") or any(x.mask is not None for x in given):
        refuse(spec, "returned scores and masks are not read")
    if any(x.rank != 3 for x in given):
        refuse(spec, f"expected steps and features, got {[x.shape for x in given]}")
    node = b.add(spec, f"{name}/scores", MatMul(True), b.native(spec, query), b.native(spec, key))
    if fields.flag(spec, "use_scale"):
        layer = b.once(spec, "scale", lambda: Affine(b.array(spec, "scale", ()).reshape(1)))
        node = b.add(spec, f"{name}/scale", layer, node)
    node = b.add(spec, f"{name}/softmax", Softmax(), node)
    return b.new(b.add(spec, name, MatMul(), node, b.native(spec, value)))


def call_flags(spec: Spec, call: Call) -> Spec:
    """The plain keyword arguments of a call, to be checked as settings are."""
    plain = {k: v for k, v in call.kwargs.items() if not isinstance(v, Value)}
    return Spec(spec.kind, spec.name, plain, spec.scope)


TABLE: dict[str, Translator] = {
    "Attention": _dot_attention,
    "MultiHeadAttention": _attention,
    "GroupedQueryAttention": _attention,
}
