"""Errors of this package, one tree.

EncoderError
├── ModelNotFoundError      no model of that name in the store
├── ModelDamagedError       a file of the model is missing or does not match its card
├── ParityError             an exported model differs too much from its torch original
├── DownloadError           weights that cannot be downloaded, or come with another checksum
├── SourceError             a model folder or recipe that cannot be exported
├── PictureError            a picture that cannot or must not be decoded
├── PhotoSetError           a folder of labelled photos that cannot be used
└── TrainingError           a training that cannot start or go on
"""


class EncoderError(Exception):
    """Base of all errors raised by `encoders`."""


class ModelNotFoundError(EncoderError):
    """No model of that name is in the store."""


class ModelDamagedError(EncoderError):
    """A file of the model is missing, or its content does not match the card."""


class ParityError(EncoderError):
    """The exported model differs from the torch original by more than the gate allows."""


class PictureError(EncoderError):
    """The picture cannot, or must not, be decoded; the message names it."""


class DownloadError(EncoderError):
    """Weights cannot be downloaded, or what comes has another checksum than the pinned one."""


class SourceError(EncoderError):
    """A model folder, or a name, that cannot be exported; the message says what is missing."""


class PhotoSetError(EncoderError):
    """A folder of labelled photos that cannot be used; the message names the file, and the line where there is one."""


class TrainingError(EncoderError):
    """A training that cannot start or go on; the message says what is missing."""
