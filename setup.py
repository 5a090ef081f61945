"""Puts the trained models into the package that is built; everything else is in setup.cfg."""

from pathlib import Path
from shutil import copyfile

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
SHIPPED = ("model.h5", "README.md", "*.png", "*.txt")  # of each folder of models/ that holds a model


class BuildWithModels(build_py):
    """The usual step, then models/NAME/* -> lrp/model_files/NAME/*."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:  # a clone reads them where they are
            return
        for model in sorted((HERE / "models").glob("*/model.h5")):
            target = Path(self.build_lib) / "lrp" / "model_files" / model.parent.name
            target.mkdir(parents=True, exist_ok=True)
            for pattern in SHIPPED:
                for file in model.parent.glob(pattern):
                    copyfile(file, target / file.name)


setup(cmdclass={"build_py": BuildWithModels})
