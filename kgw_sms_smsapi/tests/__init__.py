from . import (
    test_client,
    test_company,
    test_gsm,
    test_neutralize,
    test_report_route,
    test_reports,
    test_sms_api,
    test_sms_queue,
)
