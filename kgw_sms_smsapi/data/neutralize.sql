-- A copy of the database texts nobody: switched off, no token, an address that does not exist
-- (the token may also come from the server's configuration), and its own report secret.
UPDATE res_company
   SET kgw_sms_provider = CASE kgw_sms_provider WHEN 'smsapi' THEN 'off' ELSE kgw_sms_provider END,
       kgw_smsapi_token = NULL,
       kgw_smsapi_points_at = NULL,
       kgw_smsapi_base_url = 'https://neutralized.invalid',
       kgw_smsapi_secret = replace(gen_random_uuid()::text, '-', '');
