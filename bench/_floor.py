"""What Odoo and PostgreSQL need at least for the same rows: the baselines of the engine."""

from odoo.tools import SQL


def plan(env, day, now):
    """Write the reminders, their lines and the pointers in one statement that asks nothing."""
    env.cr.execute(
        SQL(
            """
            WITH due AS (
                SELECT l.id, l.move_id, l.kgw_instalment, l.kgw_course,
                       l.kgw_next_until, c.id AS case_id, c.mandate_id, c.controller_id,
                       m.brand_before_id, s.id AS step_id, s.template_id, s.channel, s.rung
                  FROM account_move_line l
                  JOIN kgw_case c ON c.id = l.kgw_case_id
                  JOIN kgw_mandate m ON m.id = c.mandate_id
                  JOIN kgw_scenario_step s ON s.id = l.kgw_next_step_id
                 WHERE l.kgw_next_date <= %(day)s AND l.kgw_next_act = 'contact'
            ),
            reminder AS (
                INSERT INTO kgw_reminder (
                    key, case_id, mandate_id, brand_id, controller_id, step_id, template_id, channel,
                    rung, side, planned_on, until, state, state_at, attempts)
                SELECT DISTINCT ON (case_id)
                       replace(gen_random_uuid()::text, '-', ''), case_id, mandate_id, brand_before_id,
                       controller_id, step_id, template_id, channel, rung, 'before', %(day)s::date,
                       kgw_next_until, 'planned', %(now)s::timestamp, 0
                  FROM due ORDER BY case_id
             RETURNING id, case_id, channel
            ),
            line AS (
                INSERT INTO kgw_reminder_line (
                    reminder_id, receivable_id, move_id, instalment, course, role, step_id, rung, channel)
                SELECT r.id, due.id, move_id, kgw_instalment, kgw_course, 'lead', step_id, rung,
                       r.channel
                  FROM reminder r JOIN due USING (case_id)
             RETURNING receivable_id
            )
            UPDATE account_move_line l SET kgw_next_date = NULL
              FROM line WHERE l.id = line.receivable_id
            """,
            day=day,
            now=now,
        )
    )
    return env.cr.rowcount


VIEW = """
<t t-name="kgw_bench_floor">
<p>Dzień dobry,</p>
<p>przypominamy, że zbliża się termin płatności:</p>
<table cellpadding="6" style="border-collapse:collapse">
<tr><th>Faktura</th><th>Wystawiona</th><th>Termin płatności</th><th>Do zapłaty</th></tr>
<tr t-foreach="object.line_ids" t-as="line">
<td t-out="line.move_id.name"/>
<td><span t-field="line.move_id.invoice_date"/></td>
<td><span t-field="line.receivable_id.date_maturity"/></td>
<td><span t-field="line.amount"
    t-options="{'widget': 'monetary', 'display_currency': line.currency_id}"/></td>
</tr>
</table>
<p>Wierzyciel: <t t-out="object.creditor_id.name"/>, NIP <t t-out="object.creditor_id.vat"/></p>
<p>Rachunek: <t t-out="object.mandate_id.account_number"/></p>
<p t-if="object.brand_id.phone">Telefon: <t t-out="object.brand_id.phone"/></p>
<p><t t-out="object.controller_id.name"/>, <t t-out="object.brand_id.name"/></p>
</t>
"""


def render(env, reminders):
    """Write texts of the same contents from a stored QWeb view, the fastest way Odoo has.

    :return: the work to measure; the view is compiled before
    """
    view = env["ir.ui.view"].create({"type": "qweb", "name": "kgw_bench_floor", "arch": VIEW})
    qweb = env["ir.qweb"]
    qweb._render(view.id, {"object": reminders[:1]})
    return lambda: [qweb._render(view.id, {"object": reminder}) for reminder in reminders]


def write_rows(env, reminders):
    """Create the same message and notification rows at once, as ``create`` does best."""
    note = env.ref("mail.mt_note").id
    messages = (
        env["mail.message"]
        .sudo()
        .create(
            [
                {
                    "message_type": "email_outgoing",
                    "model": "kgw.case",
                    "res_id": reminder.case_id.id,
                    "message_id": f"<floor-{reminder.key}@example.com>",
                    "subject": reminder.subject,
                    "body": "",
                    "author_id": False,
                    "email_from": reminder.brand_id.email,
                    "subtype_id": note,
                }
                for reminder in reminders
            ]
        )
    )
    env["mail.notification"].sudo().create(
        [
            {
                "mail_message_id": message.id,
                "notification_type": "email",
                "notification_status": "sent",
                "mail_email_address": reminder.recipient,
            }
            for message, reminder in zip(messages, reminders, strict=True)
        ]
    )


def make_mails(env, reminders):
    """Return mails of Odoo's own with the same contents, ready to be sent."""
    return env["mail.mail"].create(
        [
            {
                "email_from": reminder.brand_id.email,
                "reply_to": reminder.brand_id.email,
                "email_to": reminder.recipient,
                "subject": reminder.subject,
                "body_html": reminder.body,
                "auto_delete": False,
            }
            for reminder in reminders
        ]
    )


CLAIM = """
    UPDATE kgw_reminder r
       SET state = 'claimed', state_at = %(now)s, attempts = 1, recipient = sample.recipient,
           subject = sample.subject, body = sample.body, message_ref = r.key
      FROM kgw_reminder sample WHERE r.id = ANY(%(ids)s) AND sample.id = %(sample)s
"""
AMOUNTS = """
    UPDATE kgw_reminder_line rl SET amount = l.amount_residual_currency
      FROM account_move_line l WHERE l.id = rl.receivable_id AND rl.reminder_id = ANY(%(ids)s)
"""
COUNTS = """
    INSERT INTO kgw_person (hash, days)
    SELECT md5(key) || n, '{"2026-09-02": [1, 1]}' FROM kgw_reminder, generate_series(1, 2) n
     WHERE id = ANY(%(ids)s)
"""
SENT = """
    UPDATE kgw_reminder SET state = 'sent', state_at = %(now)s, contact_on = %(now)s::date,
           effective_at = %(now)s
     WHERE id = ANY(%(ids)s)
"""
EVENTS = """
    INSERT INTO kgw_event (kind, at, user_id, mandate_id, case_id, reminder_id, step_id, channel, payload)
    SELECT 'sent', %(now)s, 1, mandate_id, case_id, id, step_id, channel,
           jsonb_build_object('text', body, 'subject', subject, 'recipient', recipient)
      FROM kgw_reminder WHERE id = ANY(%(ids)s)
"""
POINTERS = """
    UPDATE account_move_line l SET kgw_next_date = %(now)s::date + 5, kgw_next_act = 'contact'
      FROM kgw_reminder_line rl
     WHERE rl.receivable_id = l.id AND rl.step_id IS NOT NULL AND rl.reminder_id = ANY(%(ids)s)
"""


def hand_over(env, meter, reminders, sample, now):
    """Write what claim and register write about ``reminders``, and ask nothing; commits are not
    measured, as the product's are not.

    :param sample: a reminder whose text stands for all
    """
    for statements in ((CLAIM, AMOUNTS, COUNTS), (SENT, EVENTS, POINTERS)):
        with meter.measure("floor hand over"):
            for statement in statements:
                env.cr.execute(statement, {"ids": reminders.ids, "sample": sample.id, "now": now})
        env.cr.commit()
