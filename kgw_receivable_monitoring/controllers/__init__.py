from . import missed_call, portal
