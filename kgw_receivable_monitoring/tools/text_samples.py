"""What a text may be filled with, with a likely value for each: the contract with its writers."""

_ITEM = {
    "number": "FV 9999/11/2026",  # with “, rata 2/3” where the invoice is paid in several
    "issue_date": "21.10.2026",
    "due_date": "4.11.2026",
    "days_overdue": "17",  # "" before the due date
    "amount": "12\u00a0400,00\u00a0zł",
    "paid": "2\u00a0400,00\u00a0zł",  # by payments and credit notes; "" for nothing
    "residual": "10\u00a0000,00\u00a0zł",
    "ksef_number": "8567346215-20261021-0A1B2C3D4E5F-07",
    "title": "FV 9999/11/2026",  # what to write in the bank transfer
}

#: The contract with whoever fills a text in: every variable, with a likely value; "" is absent.
SAMPLE_VALUES = {
    # who speaks; the creditor himself for white labels and own sales
    "brand": {
        "name": "Kancelaria Przykładowa sp. z o.o.",
        "short_name": "Kancelaria",
        "phone": "12\u00a0345\u00a067\u00a089",
        "email": "kontakt@kancelaria.example",
        "website": "www.kancelaria.example",
        "address": "ul. Długa 1, 31-147 Kraków",
        "nip": "8567346215",
    },
    # whose money it is; the account is the one to pay to
    "creditor": {
        "name": "Hurtownia Żelazo sp. z o.o.",
        "nip": "5252248481",
        "address": "ul. Źródlana 7, 00-950 Warszawa",
        "account": "61 1090 1014 0000 0712 1981 2874",
        "bank": "Bank Przykładowy S.A.",
    },
    # "" own sales, "agency" the agency's brand, "white" the creditor's brand used by the agency
    "acting": "agency",
    "authority_date": "2 listopada 2026 r.",  # date of the power of attorney
    "counterparty": {
        "name": "Budmax Józef Święcicki",
        "nip": "7010012345",
        "address_lines": [{"line": "ul. Jaśminowa 3 lok. 12"}, {"line": "30-001 Kraków"}],
    },
    "case": {"number": "KGW/2026/00123", "controller": "Anna Nowak"},
    "today": "21 listopada 2026 r.",
    "today_short": "21.11.2026",
    "place": "Kraków",
    # the invoices of the items: one of several instalments stands there once
    "invoices": [
        {
            "number": "FV 9999/11/2026",
            "name": "FV 9999/11/2026",  # with the instalment, where it is about one of several
        }
    ],
    "items": [_ITEM],  # what this contact is about, all on one side of the due date
    "others": [dict(_ITEM, number="FV 77/11/2026", title="FV 77/11/2026")],  # named besides
    "total": "10\u00a0000,00\u00a0zł",  # open amounts of the items, one per currency
    "total_words": "dziesięć tysięcy złotych 00/100",  # "" when there are several currencies
    "others_total": "10\u00a0000,00\u00a0zł",
    "answer_by": "30 listopada 2026 r.",
    "answer_days": "7",
    "count_invoices": "1 faktura",  # nominative, in the language of the text
    "count_of_invoices": "1 faktury",  # genitive; in English the same as above
    "is_consumer": "",  # "1" when the counterparty is a consumer
    # "1" when the creditor waived interest; the day by which one has to pay for it, "" for none
    "waived": "",
    "waived_by": "",
    # what was promised, for its confirmation: parts with their days, and the sum
    "promised": [
        {
            "amount": "5\u00a0000,00\u00a0zł",
            "day": "27 listopada 2026 r.",
            "day_short": "27.11.2026",
        }
    ],
    "promised_total": "5\u00a0000,00\u00a0zł",
    # to the creditor: the step that it is asked about; "is_…" are "1" or ""
    "step": {"name": "List: wezwanie ostateczne", "is_final": "1", "is_registered": "1"},
    # to the creditor: where in the portal it sees and decides this
    "link": "https://portal.example/my/monitoring/12",
    # to the creditor: what happens when it does not answer; "" when nothing is asked
    "silence": "Bez Twojej odpowiedzi nie zostanie wysłane.",
    # to the creditor: what its counterparty says
    "dispute": {"reason": "Wada towaru", "note": "Pęknięta płyta"},
    # to the creditor: promises that were not kept; "paid" is "" when nothing came in
    "broken": [
        {
            "counterparty": "Budmax Józef Święcicki",
            "invoices": "FV 9999/11/2026",
            "amount": "5\u00a0000,00\u00a0zł",
            "day": "27.11.2026",
            "paid": "",
        }
    ],
    # to the creditor: the figures of a week or month; "waits" is "1" when decisions are open
    "summary": {
        "period": "16.11.2026 – 22.11.2026",
        "owed": "184\u00a0300,00\u00a0zł",
        "overdue": "61\u00a0250,00\u00a0zł",
        "paid": "92\u00a0100,00\u00a0zł",
        "promised": "18\u00a0000,00\u00a0zł",
        "decisions": "3",
        "elapsed": "1",
        "talks": "2",  # calls that reached the counterparty
        "calls": "7",  # those that reached nobody too
        "waits": "1",
    },
    # to the creditor: what becomes of its account; the state is one of const.ACCOUNT_CHANGE_STATES
    "account_change": {
        "state": "asked",
        "old": "61 1090 1014 0000 0712 1981 2874",
        "new": "43 9990 0018 0000 0000 0000 0777",
        "asked_by": "Anna Nowak",
        "effective_at": "",  # "" until a second person agreed
    },
    "legal_notice": "Administratorem danych osobowych jest Hurtownia Żelazo sp. z o.o.",
}
