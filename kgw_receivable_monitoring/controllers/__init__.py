from . import missed_call, portal, portal_account
