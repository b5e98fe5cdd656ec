from . import portal, portal_account
