"""What the page asks and what it is answered: plain data in, plain data out, nothing of HTTP."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import InputError, LrpError
from lrp.graph import PRESETS, Explanation, Network
from lrp.rules import zero
from lrp.text import TextModel, explain
from lrp.views import as_map, read_input

LARGEST_TEXT = 20_000  # characters
RULES = ("zero", "epsilon", "gamma", "alpha_beta", "z_plus", "w_square", "flat", "z_box")
LOGITS = 10  # how many of the largest are shown


class Answers:
    """The answers for one network: a picture network, or a text model.

    Parameters
    ----------
    network : of one picture input (gray or RGB, with its preprocessing stored), or a text model with its vocabulary

    Raises
    ------
    InputError
        For a network that takes neither a picture nor a text.
    """

    def __init__(self, network: Network, name: str = "model") -> None:
        self.network, self.name = network, name
        self.text_model = TextModel.of(network) if "text" in network.metadata.extra else None
        shape = network.shapes[network.inputs[0]]
        picture = len(network.inputs) == 1 and len(shape) == 3 and network.metadata.preprocessing is not None
        if self.text_model is None and not picture:
            raise InputError(
                f"{name}: expected a network of one picture with stored preprocessing, or a text model, got shape "
                f"{shape}; store the preprocessing with lrp convert --mean --scale --channels"
            )

    @cached_property
    def model(self) -> dict[str, Any]:
        """What the page has to know before the first question."""
        metadata, network = self.network.metadata, self.network
        shape = network.shapes[network.inputs[0]]
        outputs = int(np.prod([n or 1 for n in network.shapes[network.outputs[0]]]))
        result: dict[str, Any] = {
            "name": self.name,
            "kind": "text" if self.text_model is not None else "picture",
            "classes": [metadata.class_name(i) for i in range(outputs)],
        }
        if self.text_model is None:
            gray = metadata.preprocessing is not None and metadata.preprocessing.channels == "gray"
            channels = 1 if gray else 3
            height, width = [n for n in shape if n != channels][:2] if shape.count(channels) == 1 else shape[:2]
            result |= {"height": height, "width": width, "channels": channels}
            result |= {"nodes": list(self._free_nodes), "rules": RULES, "presets": self._presets}
        return result

    @property
    def _free_nodes(self) -> tuple[str, ...]:
        """The nodes that a composite must give a rule."""
        nodes = self.network.nodes.values()
        return tuple(n.name for n in nodes if n.inputs and n.layer.default_rule is None and n.layer.accepts(zero()))

    @cached_property
    def _presets(self) -> dict[str, dict[str, str]]:
        """Preset -> node -> its rule as text; presets that do not fit the network are left out."""
        shape = (1, *(n or 1 for n in self.network.shapes[self.network.inputs[0]]))
        result = {}
        for name in PRESETS:
            try:
                rules = self.network.explain(np.zeros(shape), target=0, composite=name).rules
            except LrpError:
                continue
            result[name] = {node: rules[node].text() for node in self._free_nodes if node in rules}
        return result

    def picture(self, content: bytes, name: str) -> dict[str, Any]:
        """A picture file's pixels, (h, w, c) from 0 to 255, at the network's size."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"picture{Path(name).suffix.lower()}"
            path.write_bytes(content)
            try:
                x = read_input(path, self.network, fit=True)
            except LrpError as error:
                raise InputError(str(error).replace(str(path), name)) from None
        preprocessing = self.network.metadata.preprocessing
        assert preprocessing is not None
        values = x[0] * np.array(preprocessing.scale) + np.array(preprocessing.mean)
        return {"pixels": np.rint(values[..., ::-1] if preprocessing.channels == "bgr" else values).ravel().tolist()}

    def explain(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to {"pixels": [...], "target": number or None, "rules": {node: rule}} or {"text", "target"}.

        Raises
        ------
        InputError
            For pixels or a text that do not fit; any LrpError of explain().
        """
        target = question.get("target")
        if target is not None and (not isinstance(target, int) or isinstance(target, bool)):
            raise InputError(f"target: expected the number of an output, got {target!r}")
        return self._text(question, target) if self.text_model is not None else self._drawing(question, target)

    def _drawing(self, question: Mapping[str, Any], target: int | None) -> dict[str, Any]:
        model, preprocessing = self.model, self.network.metadata.preprocessing
        shape = (model["height"], model["width"], model["channels"])
        pixels = np.asarray(question.get("pixels", ()), dtype=np.float64)
        if pixels.size != np.prod(shape) or not ((pixels >= 0) & (pixels <= 255)).all():
            raise InputError(f"pixels: expected {np.prod(shape)} numbers from 0 to 255, got {pixels.size}")
        assert preprocessing is not None
        x = preprocessing(pixels.reshape(shape))[None].reshape(1, *self.network.shapes[self.network.inputs[0]])
        rules = question.get("rules")
        if not isinstance(rules, dict):
            raise InputError(f"rules: expected a rule for each node by name, got {rules!r}")
        composite = " ".join(f"{node}={rule}" for node, rule in rules.items())
        return self._shown(self.network.explain(x, target=target, composite=composite))

    def _shown(self, explanation: Explanation) -> dict[str, Any]:
        """An explanation as the page draws it."""
        chosen, network = int(explanation.target[0]), self.network
        layers = []
        for name, relevance in explanation.relevances.items():
            if relevance.ndim == 4:
                channels = None if name in network.inputs else -1
                layers.append({"name": name, "map": as_map(relevance[0], channels).tolist()})
            elif relevance.ndim == 2:
                layers.append({"name": name, "map": [relevance[0].tolist()]})
        rows = [*explanation.ledger.lines, explanation.ledger.total()]
        keys = ("received", "passed", "bias", "stabilizer", "dropped")
        return {
            "target": chosen,
            "logits": _largest(explanation.trace.outputs[network.outputs[0]][0]),
            "heatmap": as_map(explanation.relevances[network.inputs[0]][0]).tolist(),
            "layers": layers,
            "ledger": [[row.name, row.rule, *(float(getattr(row, key)[0]) for key in keys)] for row in rows],
        }

    def _text(self, question: Mapping[str, Any], target: int | None) -> dict[str, Any]:
        text, model = question.get("text"), self.text_model
        assert model is not None
        if not isinstance(text, str) or len(text) > LARGEST_TEXT:
            raise InputError(f"text: expected at most {LARGEST_TEXT} characters of text")
        document = model.read(text, "the text")
        found = explain(model, document, target)
        words = document.words[: len(found.relevance)]
        return {
            "target": found.target,
            "logits": _largest(found.logits),
            "words": [[word, float(r), bool(known)] for word, r, known in zip(words, found.relevance, found.known)],
        }


def _largest(logits: Array) -> list[list[float]]:
    """(number, logit) of the largest logits, the largest first."""
    flat = logits.ravel()
    return [[int(k), float(flat[k])] for k in np.argsort(flat)[::-1][:LOGITS]]
