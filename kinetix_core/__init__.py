"""The words, interfaces and the one training loop of open-ended learning in 2D physics worlds."""

__version__ = "0.1.0"
