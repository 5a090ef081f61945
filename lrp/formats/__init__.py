"""File formats, one file each; safe.py is the only file that opens HDF5."""
