from . import (
    account_payment_register,
    kgw_call_move,
    kgw_call_outcome,
    kgw_creditor_message,
    kgw_explanation,
    kgw_explanation_line,
    kgw_health,
    kgw_message,
    kgw_payment_assign,
    kgw_preview,
    kgw_preview_line,
)
