"""lrp explain: the relevance of every input for one prediction, as a picture, a file and a ledger."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lrp.cli import arguments as common
from lrp.cli import explain_many
from lrp.cli.output_files import PICTURE, RELEVANCE, add_force, check_output, marked_png
from lrp.cli.report import closing, heading, prediction, warn
from lrp.cli.text_input import TextInput, is_text
from lrp.errors import InputError
from lrp.formats.container import write_bytes
from lrp.formats.results import save_explanations
from lrp.graph import Explanation, Network
from lrp.pictures import Scale, Style, figure_file, limits
from lrp.views import FORMATS, VIEWS, as_map, draw, draw_bare, limit_of, require, rows_of

PER_ROW = 4  # panels of --layers


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("explain", help="explain a prediction: heatmap, relevance file, ledger")
    common.add_model(parser)
    common.add_explained(parser, several=True)
    many = parser.add_argument_group(
        "data sets", "several inputs, folders, patterns or a file of arrays; --save is needed"
    )
    many.add_argument("--jobs", type=int, metavar="N", help="worker processes (default: this process)")
    many.add_argument("--dask", metavar="ADDRESS", help="the scheduler of a Dask cluster, whose workers compute")
    many.add_argument("--batch", type=int, metavar="N", help="samples of a batch (default: 16)")
    many.add_argument("--storage", choices=("float32", "float64"), default="float32", help="dtype of the relevance")
    kinds = f"{', '.join(FORMATS)}; of a text: {', '.join(VIEWS)}"
    parser.add_argument(
        "--out", metavar="PICTURE", help=f"write the heatmap: {kinds}; of a data set: a folder of pictures"
    )
    parser.add_argument("--save", metavar="FILE.h5", help="write relevance, every node's relevance and the ledger")
    parser.add_argument(
        "--limit", type=common.finite, help="|R| of the strongest colour (default: each row's largest, see --style)"
    )
    parser.add_argument(
        "--style",
        type=_style,
        default=Style(),
        metavar="S",
        help="how pictures look: paper or projector, colours=red-blue|orange-purple, scale=row|panel|figure,"
        " percentile=99, overlay=0.7, contours=3, font=12; several with commas",
    )
    parser.add_argument("--layers", metavar="PICTURE", help="write the relevance of every node of the first sample")
    parser.add_argument(
        "--neuron", metavar="NODE:INDEX", help="print what each input of one neuron contributed, such as dense1:3"
    )
    parser.add_argument("--bare", action="store_true", help="the heatmap alone, without input, titles and colour bar")
    add_force(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Explain, print, and write the files last."""
    if explain_many.is_many(arguments):
        return explain_many.run(arguments)
    (arguments.input,) = arguments.input
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
        name = os.path.basename(arguments.input)
        picture = draw(network, explanations, arguments.limit, note, kind, name, arguments.style)
    _print(network, explanations, arguments)
    warn(explanations[0], "explain")
    if arguments.neuron is not None:
        for explanation in explanations:
            print("\n" + _neuron(network, explanation, arguments.neuron))
    if text is not None:
        print("", *(text.summary(explanation) for explanation in explanations), sep="\n\n")
    if arguments.save is not None:
        save_explanations(explanations, arguments.save, notes)
        print(f"\n{arguments.save}: relevance, relevances of every node, ledger")
    if arguments.layers is not None:
        write_bytes(arguments.layers, _layers(explanations[0], arguments))
        print(f"\n{arguments.layers}: the relevance of every node, each on its own scale")
    if arguments.out is not None:
        write_bytes(arguments.out, marked_png(picture) if kind == "png" else picture)
        if text is not None:
            print(f"\n{arguments.out}: the text, red where it speaks for the class, blue where against it")
            return 0
        print(f"\n{arguments.out}: white is 0, red positive, blue negative; strongest colour at |R| =", end=" ")
        print(_limits(network, explanations, arguments))
    return 0


def _layers(explanation: Explanation, arguments: argparse.Namespace) -> bytes:
    """The figure of every node's relevance, as a file."""
    panels = explanation.layer_panels()
    rows = [panels[i : i + PER_ROW] for i in range(0, len(panels), PER_ROW)]
    kind = picture_kind(arguments.layers)
    made = figure_file(rows, explanation.start, kind, replace(arguments.style, scale=Scale.PANEL), arguments.limit)
    return marked_png(made) if kind == "png" else made


def _neuron(network: Network, explanation: Explanation, text: str) -> str:
    """The table of one neuron, from NODE:INDEX such as conv1:0,3,2."""
    name, _, index = text.rpartition(":")
    try:
        place = tuple(int(number) for number in index.split(","))
    except ValueError:
        place = ()
    if not name or not place:
        raise InputError(f"--neuron: expected NODE:INDEX such as dense1:3 or conv1:0,3,2, got {text!r}")
    return network.neuron(explanation, name, place).table()


def _style(text: str) -> Style:
    try:
        return Style.parse(text)
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


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


def picture_kind(path: str) -> str:
    """png for a.png."""
    return os.path.splitext(path)[1].lower().lstrip(".")


def _check_outputs(arguments: argparse.Namespace) -> str | None:
    """The kind of picture, None if no picture is wanted. Outputs are checked here, before the work."""
    if arguments.limit is not None and arguments.limit <= 0:
        raise InputError(f"--limit: expected a number > 0, got {arguments.limit:g}")
    inputs = (arguments.model, arguments.input, arguments.architecture)
    if arguments.layers is not None:
        check_output(arguments.layers, PICTURE, inputs, arguments.force)
        if picture_kind(arguments.layers) not in FORMATS:
            raise InputError(f"{arguments.layers}: expected a picture whose name ends in .{', .'.join(FORMATS)}")
        require("matplotlib.figure", "matplotlib")
    named = [os.path.realpath(p) for p in (arguments.save, arguments.out, arguments.layers) if p is not None]
    if len(set(named)) < len(named):
        raise InputError("--save, --out and --layers: expected different files, got one for two of them")
    if arguments.save is not None:
        check_output(arguments.save, RELEVANCE, inputs, arguments.force)
    if arguments.out is None:
        return None
    check_output(arguments.out, PICTURE, inputs, arguments.force)
    kind = picture_kind(arguments.out)
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
    if arguments.bare:
        return f"{max(limit_of(as_map(R)) for e in explanations for R in e.relevances[network.inputs[0]]):.6g}"
    rows = rows_of(network, explanations)
    ends = limits(rows, arguments.style)
    shown = [end for row, line in zip(rows, ends) for panel, end in zip(row, line) if panel.relevance is not None]
    return ", ".join(f"{end:.6g}" for end in dict.fromkeys(shown))
