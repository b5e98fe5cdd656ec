from . import (
    invoice_page,
    missed_call,
    portal,
    portal_account,
    portal_decision,
    portal_handover,
    portal_people,
    portal_terms,
)
