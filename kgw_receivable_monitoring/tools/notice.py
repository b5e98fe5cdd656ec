"""What Odoo's web client is told to show in a corner of the page. No ORM."""


def notice(message, kind="success", sticky=False, then=None):
    """Return the action that shows ``message``.

    :param kind: ``success``, ``info``, ``warning`` or ``danger``
    :param sticky: stays until somebody closes it
    :param then: the action that follows, better its XML ID (the client shows the words of an empty
        list of an action inside another one as source text); None means nothing
    """
    params = {"type": kind, "sticky": sticky, "message": message}
    if then:
        params["next"] = then
    return {"type": "ir.actions.client", "tag": "display_notification", "params": params}
