from . import invoice_page, portal, portal_account
