"""The version of this package: setup.cfg, `lrp --version` and the files that are written take it from here."""

VERSION = "0.1.0"
