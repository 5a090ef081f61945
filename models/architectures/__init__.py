"""The papers' networks as functions: a weight source in, a lrp.Network out.

from models.architectures import caffenet, caffe, Seeded
network = caffenet(caffe("bvlc_reference_caffenet.caffemodel.h5"))
"""

from models.architectures.caffenet import caffenet
from models.architectures.googlenet import googlenet
from models.architectures.nin_cifar import nin_cifar
from models.architectures.squeezenet import squeezenet
from models.architectures.vgg16 import vgg16
from models.architectures.weights import Arrays, Native, Seeded, Weights, caffe

ARCHITECTURES = {f.__name__: f for f in (caffenet, googlenet, nin_cifar, squeezenet, vgg16)}

__all__ = ["ARCHITECTURES", "Arrays", "Native", "Seeded", "Weights", "caffe", *ARCHITECTURES]
