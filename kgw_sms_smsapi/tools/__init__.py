from . import access_log, gsm, outcomes, reports, sender, sms_api, smsapi
