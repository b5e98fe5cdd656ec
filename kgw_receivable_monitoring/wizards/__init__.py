from . import kgw_call_outcome
