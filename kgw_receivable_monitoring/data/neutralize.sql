-- A copy of the database reminds nobody: mandates rest, brands have no approved SMS sender,
-- and whatever was planned is not sent.
UPDATE kgw_mandate SET state = 'suspended' WHERE state = 'active';
UPDATE kgw_brand SET sms_sender_approved = FALSE;
UPDATE ir_cron SET active = FALSE
 WHERE id IN (SELECT res_id FROM ir_model_data WHERE module = 'kgw_receivable_monitoring' AND model = 'ir.cron');
