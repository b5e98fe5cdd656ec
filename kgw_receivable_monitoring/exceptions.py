"""Typed errors between layers; a person reads a ``UserError`` made from them at the border."""


class ChannelError(Exception):
    """A channel could not hand a message over.

    :param reason: short English sentence without personal data
    """

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


class RetryableChannelError(ChannelError):
    """The gateway certainly did not take the message, and may take it later."""


class PermanentChannelError(ChannelError):
    """The gateway certainly did not take the message, and never will."""


class UncertainChannelError(ChannelError):
    """Nobody can know whether the gateway took the message."""
