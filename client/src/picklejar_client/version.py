"""The client's version, which it also tells the API."""

__version__ = "0.1.0"
