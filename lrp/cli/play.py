"""lrp play: a page in the browser on which one draws a digit or types a text and sees it explained."""

from __future__ import annotations

import argparse
import os
import signal
import webbrowser
from typing import Any

from lrp import models
from lrp.formats import load
from lrp.play import Answers, PlayServer


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("play", help="draw a digit or type a text in the browser and see it explained")
    parser.add_argument(
        "model", metavar="MODEL", nargs="?", default="mnist-lenet", help="a file, or a name from lrp models"
    )
    parser.add_argument("--port", type=int, default=0, help="the port on this machine (default: a free one)")
    parser.add_argument("--no-browser", action="store_true", help="print the address and do not open it")
    parser.add_argument(
        "--trusted", action="store_true", help="a file of your own: read it without the protection of a child process"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    known = not os.path.exists(arguments.model) and arguments.model in models.names()
    network = models.load(arguments.model) if known else load(arguments.model, trusted=arguments.trusted)
    server = PlayServer(Answers(network, os.path.basename(arguments.model)), arguments.port)
    print(f"{server.address}\nopen it in a browser on this machine; Ctrl-C ends", flush=True)
    if not arguments.no_browser:
        webbrowser.open(server.address)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job starts with it ignored
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return 0
