from . import account_payment_register, kgw_call_outcome, kgw_health, kgw_message
