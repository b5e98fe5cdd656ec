from . import controllers, models, tools


def _post_init_hook(env):
    """Give the companies that are there already a secret each."""
    companies = env["res.company"].with_context(active_test=False).search([("id", "!=", False)])
    companies._kgw_renew_smsapi_secret()
