import { registry } from "@web/core/registry";

// The creditor: home, the list of counterparties, one history, a decision.
registry.category("web_tour.tours").add("kgw_portal_creditor", {
    url: "/my/home",
    steps: () => [
        {
            content: "Open the monitoring from the portal's home",
            trigger: ".o_portal_my_home a[href='/my/monitoring']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Open the counterparty that waits for a decision",
            trigger: ".o_kgw_overview article a:contains(Tajemniczy Kontrahent)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The history is there",
            trigger: ".o_kgw_case .o_kgw_timeline li time",
        },
        {
            content: "The invoice is there with its number",
            trigger: ".o_kgw_case td:contains(FV A/1)",
        },
        {
            content: "Decide",
            trigger: ".o_kgw_case form button[value='approve']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "What will change is said first",
            trigger: ".o_kgw_changes",
        },
        {
            content: "Confirm it",
            trigger: "button[name=confirmed]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The question is gone, the history goes on",
            trigger: ".o_kgw_case:not(:has(form button[value='approve'])) .o_kgw_timeline li",
        },
    ],
});

const decide = (kind, date) => [
    ...(date
        ? [
              {
                  content: "Until when",
                  trigger: "#kgw_until",
                  run() {
                      this.anchor.value = date;
                  },
              },
              {
                  content: "See what will change",
                  trigger: ".o_kgw_decide button:contains(See what will change)",
                  run: "click",
                  expectUnloadPage: true,
              },
          ]
        : []),
    {
        content: "The page says what will change",
        trigger: `.o_kgw_decide:has(input[name=kind][value=${kind}]) .o_kgw_changes li`,
    },
    {
        content: "Confirm",
        trigger: ".o_kgw_decide button[name=confirmed]",
        run: "click",
        expectUnloadPage: true,
    },
    { content: "It is done", trigger: ".alert-success" },
];

// The creditor: finds a counterparty by its invoice, reads, pauses it for a week.
registry.category("web_tour.tours").add("kgw_portal_pause", {
    url: "/my/monitoring/counterparties",
    steps: () => [
        {
            content: "Look for the invoice",
            trigger: "#kgw_search",
            run: "edit FV T/2",
        },
        {
            content: "Search",
            trigger: "form[role=search] button",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "One counterparty is found: open it",
            trigger: ".o_kgw_bulk tbody:not(:has(tr:nth-child(2))) td a:contains(Firma 2)",
            run: "click",
            expectUnloadPage: true,
        },
        { content: "Read what happened", trigger: "[data-live=history] li strong" },
        { content: "Read what comes", trigger: "[data-live=plan] li" },
        {
            content: "Pause it for a week",
            trigger: "button[value=pause]:contains(7)",
            run: "click",
            expectUnloadPage: true,
        },
        ...decide("pause"),
        { content: "The page says why nothing goes out", trigger: ".lead:contains(on hold until)" },
    ],
});

// The creditor: lets it go on.
registry.category("web_tour.tours").add("kgw_portal_go_on", {
    url: "/my/monitoring/counterparties?tab=held",
    steps: () => [
        {
            content: "The list says why nothing goes out",
            trigger: ".o_kgw_bulk td:contains(on hold until)",
        },
        {
            content: "Open it",
            trigger: ".o_kgw_bulk td a:contains(Firma 2)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Go on",
            trigger: "#kgw_decide_form button[value=go_on]",
            run: "click",
            expectUnloadPage: true,
        },
        ...decide("go_on"),
        { content: "It can be taken back until the next run", trigger: "form[action*=revoke] button" },
    ],
});

// The creditor: decides on ten at once.
registry.category("web_tour.tours").add("kgw_portal_many", {
    url: "/my/monitoring/counterparties?search=Firma",
    steps: () => [
        { content: "Tick all", trigger: ".o_kgw_all", run: "check" },
        { content: "Ten are chosen", trigger: ".o_kgw_count:contains(10)" },
        { content: "Pause them", trigger: "#kgw_kind", run: "select pause" },
        {
            content: "Go to what will change",
            trigger: ".o_kgw_act",
            run: "click",
            expectUnloadPage: true,
        },
        ...decide("pause", "2030-01-31"),
    ],
});

const CSV = [
    "Nr faktury;Data wystawienia;Termin płatności;Kwota brutto;Waluta;NIP;Nazwa kontrahenta",
    "1/09/2026;25.08.2026;28.09.2026;1845,00;PLN;9991010109;Nowy pierwszy",
    "2/09/2026;25.08.2026;28.09.2026;100,00;PLN;9991010121;Nowy drugi",
].join("\r\n");

// The creditor: signs the terms, hands a file over and strikes a name, answers a dispute.
registry.category("web_tour.tours").add("kgw_portal_handover", {
    url: "/my/monitoring",
    steps: () => [
        {
            content: "The terms wait to be accepted",
            trigger: ".alert-info a[href*='/terms/']",
            run: "click",
            expectUnloadPage: true,
        },
        { content: "The scenario is told in words", trigger: "td:contains(Letter: demand)" },
        {
            content: "Whoever signs begins with a name of its own",
            trigger: ".o_web_sign_name_and_signature input[name=signer]",
            run: "edit A",
        },
        { content: "There is where to sign", trigger: "canvas.o_web_sign_signature" },
        {
            content: "The name is signed",
            trigger: ".o_web_sign_name_and_signature input[name=signer]",
            run: "edit Anna Kos",
        },
        {
            content: "Accept",
            trigger: ".o_portal_sign_submit:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It says who accepted: go on to the files",
            trigger: ".alert-success:contains(Anna Kos) img",
        },
        {
            content: "Go to the files",
            trigger: ".breadcrumb a[href='/my/monitoring/handover']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Choose a file",
            trigger: "#kgw_upload",
            run() {
                const files = new DataTransfer();
                files.items.add(new File([CSV], "faktury.csv", { type: "text/csv" }));
                this.anchor.files = files.files;
            },
        },
        {
            content: "Read it",
            trigger: "form[action$='/upload'] button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        { content: "The preview names the invoice", trigger: "td:contains(1/09/2026)" },
        {
            content: "Strike a name",
            trigger: "input[name=struck][value='Nowy drugi']",
            run: "check",
        },
        {
            content: "Take over",
            trigger: "form[action$='/accept'] button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It is taken over: go to what is disputed",
            trigger: ".alert-success",
        },
        {
            content: "Go to the overview",
            trigger: ".breadcrumb a[href='/my/monitoring']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Write an answer",
            trigger: "textarea[name=note]",
            run: "edit Towar dostarczono, protokół w załączeniu",
        },
        {
            content: "Reject the dispute",
            trigger: "form[action*='/dispute/'] button[value=reject]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "What will change is said first",
            trigger: ".o_kgw_changes",
        },
        {
            content: "Confirm it",
            trigger: "button[name=confirmed]",
            run: "click",
            expectUnloadPage: true,
        },
        { content: "It is recorded", trigger: ".alert-success" },
    ],
});
