"""--profile reaches the engine and is printed with the result."""

from __future__ import annotations

import numpy as np

import lrp
from lrp.cli import main


def test_the_profile_is_used_and_said(tmp_path, capsys, rng):
    layers = [lrp.layers.Dense(rng.normal(size=(3, 5)), rng.normal(size=5)), lrp.layers.ReLU()]
    layers.append(lrp.layers.Dense(rng.normal(size=(5, 2)), rng.normal(size=2)))
    lrp.save(lrp.Network.sequential(layers, (3,)), tmp_path / "m.h5")
    np.save(tmp_path / "x.npy", rng.normal(size=(1, 3)))
    arguments = [str(tmp_path / "m.h5"), str(tmp_path / "x.npy"), "--composite", "*=w_square"]
    for command in ("explain", "audit"):
        assert main([command, *arguments, "--profile", "zennit"]) == 0
        printed = capsys.readouterr().out
        assert "profile" in printed and "zennit" in printed and "eps=1e-06" in printed
        assert main([command, *arguments]) == 0
        assert "zennit" not in capsys.readouterr().out
    assert main(["explain", *arguments, "--profile", "captum"]) == 2
    assert "captum" in capsys.readouterr().err
