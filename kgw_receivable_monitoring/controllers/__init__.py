from . import portal, portal_account, portal_decision, portal_handover
