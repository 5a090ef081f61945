"""A network from a Keras JSON configuration and an npz of weights: just what the stored results need."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

import lrp
from lrp import layers as L
from lrp.graph import Node


def build(data: dict[str, Any]) -> lrp.Network:
    """Layers by their Keras class; an activation inside a kernel becomes the node <kernel>/<activation>."""
    nodes: list[Node] = []
    last: dict[str, str] = {}
    before = ""
    for entry in json.loads(str(data["config"]))["config"]["layers"]:
        kind, config = entry["class_name"], entry["config"]
        name = config["name"]
        inbound = entry.get("inbound_nodes")
        inputs = tuple(last[call[0]] for call in inbound[0]) if inbound else ((before,) if before else ())
        weights = {key.split("/")[-1].split(":")[0]: data[key] for key in data if key.startswith(f"w:{name}/")}
        nodes.append(Node(name, _layer(kind, config, weights), inputs))
        before = name
        inner = {"relu": L.ReLU, "softmax": L.Softmax}.get(config.get("activation", ""))
        if inner is not None and kind != "Activation":
            before = f"{name}/{config['activation']}"
            nodes.append(Node(before, inner(), (name,)))
        last[name] = before
    return lrp.Network(nodes)


def _layer(kind: str, config: dict[str, Any], w: dict[str, np.ndarray]) -> L.Layer:
    if kind == "InputLayer":
        return L.Input(tuple(config["batch_input_shape"][1:]))
    if kind == "Conv2D":
        return L.Conv(w["kernel"], w.get("bias"), stride=tuple(config["strides"]), padding=config["padding"])
    if kind == "Dense":
        return L.Dense(w["kernel"], w.get("bias"))
    if kind == "BatchNormalization":
        return L.BatchNorm(w["moving_mean"], w["moving_variance"], w["gamma"], w["beta"], config["epsilon"])
    if kind in ("MaxPooling2D", "AveragePooling2D"):
        pool = L.MaxPool if kind == "MaxPooling2D" else L.AvgPool
        return pool(tuple(config["pool_size"]), tuple(config["strides"]), config["padding"])
    plain = {"Activation": L.ReLU, "Add": L.Add, "Concatenate": L.Concat, "GlobalAveragePooling2D": L.GlobalAvgPool}
    return plain[kind]()
