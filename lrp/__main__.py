"""python -m lrp: the command line."""

import sys

from lrp.cli import main

sys.exit(main())
