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
            trigger: "td a:contains(Tajemniczy Kontrahent)",
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
