"""lrp explain: the relevance of every input for one prediction, as a picture, a file and a ledger."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Any

from lrp.cli import arguments as common
from lrp.cli.output_files import PICTURE, RELEVANCE, add_force, check_output, marked_png
from lrp.cli.report import closing, heading, prediction, warn
from lrp.cli.text_input import TextInput, is_text
from lrp.errors import InputError
from lrp.formats.container import write_bytes
from lrp.formats.results import save_explanations
from lrp.graph import Explanation, Network
from lrp.views import FORMATS, VIEWS, as_map, draw, draw_bare, limit_of, require


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("explain", help="explain a prediction: heatmap, relevance file, ledger")
    common.add_model(parser)
    common.add_explained(parser)
    kinds = f"{', '.join(FORMATS)}; of a text: {', '.join(VIEWS)}"
    parser.add_argument("--out", metavar="PICTURE", help=f"write the heatmap: {kinds}")
    parser.add_argument("--save", metavar="FILE.h5", help="write relevance, every node's relevance and the ledger")
    parser.add_argument(
        "--limit", type=common.finite, help="|R| of the strongest colour (default: each panel's largest)"
    )
    parser.add_argument("--bare", action="store_true", help="the heatmap alone, without input, titles and colour bar")
    add_force(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Explain, print, and write the files last."""
    kind = _check_outputs(arguments)
    network = common.network(arguments)
    text = TextInput(network, arguments.input, arguments.encoding) if is_text(arguments.input) else None
    x = common.read(arguments.input, network, arguments.fit) if text is None else text.batch
    explanations = explain(network, x, arguments)
    if text is not None:
        explanations = [text.counted(explanation) for explanation in explanations]
    for explanation in explanations:
        explanation.ledger.check()
    notes = {"model": arguments.model, "input": arguments.input, "composite": arguments.composite}
    notes["profile"] = arguments.profile
    note = f"composite {arguments.composite}; {explanations[0].start}"
    picture = b""
    if text is not None and kind is not None:
        picture = text.page(explanations, kind, arguments.limit)
    elif arguments.bare and kind is not None:
        picture = draw_bare(network, explanations, arguments.limit, note)
    elif kind is not None:
        picture = draw(network, explanations, arguments.limit, note, kind)
    _print(network, explanations, arguments)
    warn(explanations[0], "explain")
    if text is not None:
        print("", *(text.summary(explanation) for explanation in explanations), sep="\n\n")
    if arguments.save is not None:
        save_explanations(explanations, arguments.save, notes)
        print(f"\n{arguments.save}: relevance, relevances of every node, ledger")
    if arguments.out is not None:
        write_bytes(arguments.out, marked_png(picture) if kind == "png" else picture)
        if text is not None:
            print(f"\n{arguments.out}: the text, red where it speaks for the class, blue where against it")
            return 0
        print(f"\n{arguments.out}: white is 0, red positive, blue negative; strongest colour at |R| =", end=" ")
        print(_limits(network, explanations, arguments))
    return 0


def explain(network: Network, x: Any, arguments: argparse.Namespace) -> list[Explanation]:
    """One explanation for each target, all from one forward pass."""
    targets = common.targets(arguments.target, network.metadata.classes)
    composite, start, output = arguments.composite, arguments.start, arguments.output
    profile = arguments.profile
    nodes = len(network.nodes) - len(network.inputs)
    with common.progress_bar(arguments, nodes * (1 + len(targets)), "explain") as on_node:
        options = {"start": start, "output": output, "profile": profile, "on_node": on_node}
        explanations = [network.explain(x, targets[0], composite, **options)]
        trace = explanations[0].trace
        explanations += [network.explain_trace(trace, target, composite, x=x, **options) for target in targets[1:]]
    return explanations


def _check_outputs(arguments: argparse.Namespace) -> str | None:
    """The kind of picture, None if no picture is wanted. Outputs are checked here, before the work."""
    if arguments.limit is not None and arguments.limit <= 0:
        raise InputError(f"--limit: expected a number > 0, got {arguments.limit:g}")
    inputs = (arguments.model, arguments.input, arguments.architecture)
    if arguments.save is not None:
        check_output(arguments.save, RELEVANCE, inputs, arguments.force)
    if arguments.out is None:
        return None
    check_output(arguments.out, PICTURE, inputs, arguments.force)
    if arguments.save is not None and os.path.realpath(arguments.save) == os.path.realpath(arguments.out):
        raise InputError(f"--save and --out: expected two files, got {arguments.out} for both")
    kind = os.path.splitext(arguments.out)[1].lower().lstrip(".")
    allowed = ["png"] if arguments.bare else list(FORMATS)
    if is_text(arguments.input):
        if f".{kind}" not in VIEWS:
            kinds = ", ".join(VIEWS)
            raise InputError(f"{arguments.out}: expected a name that ends in {kinds} for a text, got .{kind}")
        if arguments.bare:
            raise InputError("--bare: expected a picture as input, got a text, whose page has no bare form")
        return f".{kind}"
    if kind not in allowed:
        raise InputError(f"{arguments.out}: expected a picture whose name ends in .{', .'.join(allowed)}, got {kind!r}")
    require("matplotlib.figure", "matplotlib")
    require("PIL.Image", "Pillow")
    return kind


def _print(network: Network, explanations: Sequence[Explanation], arguments: argparse.Namespace) -> None:
    """Print the prediction of each sample, and its ledger for each target."""
    trace = explanations[0].trace
    print(heading(network, explanations[0], arguments))
    output = trace.outputs[arguments.output or network.outputs[0]]
    for sample in range(len(output)):
        print(f"\nprediction of sample {sample}\n" if len(output) > 1 else "\nprediction\n", end="")
        print(prediction(output[sample], network.metadata))
        for explanation in explanations:
            target = int(explanation.target[sample])
            print(f"\nledger of class {network.metadata.class_name(target)} (output {target})")
            print(explanation.ledger.table(sample))
            print(closing(explanation.ledger.sample(sample)))


def _limits(network: Network, explanations: Sequence[Explanation], arguments: argparse.Namespace) -> str:
    """The end of each panel's colour scale, as in its colour bar."""
    if arguments.limit is not None:
        return f"{arguments.limit:g} in every panel"
    maps = [as_map(e.relevances[name][i]) for i in range(len(explanations[0].target))
            for name in network.inputs for e in explanations]  # fmt: skip
    if arguments.bare:
        return f"{max(map(limit_of, maps)):.6g}"
    return ", ".join(f"{limit_of(R):.6g}" for R in maps)
