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
