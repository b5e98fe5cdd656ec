import { registry } from "@web/core/registry";

// A host that does not exist: the test answers for it, and takes the picture (test_pictures.py).
const DARKROOM = "http://pictures.invalid/";

/** A step that has the page pictured under a name; nothing happens where no pictures are wanted. */
const picture = (name) => ({
    content: `Picture “${name}”`,
    trigger: "body:not(:has(.o_loading_indicator))",
    async run() {
        if (!document.cookie.includes("kgw_pictures=1")) {
            return;
        }
        await document.fonts.ready;
        while ((await fetch(DARKROOM + name, { cache: "no-store" })).status !== 200) {
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
    },
});
const click = (content, trigger, more = {}) => ({ content, trigger, run: "click", ...more });

// The agent: the board, the first call on the desk.
registry.category("web_tour.tours").add("kgw_pictures_agent", {
    steps: () => [
        { content: "The board has calls", trigger: ".o_kanban_group .o_kanban_record" },
        picture("calls"),
        click("Open the first one", ".o_kanban_group .o_kanban_record:first"),
        click("A promise", ".o_kgw_desk .o_kgw_outcomes button[data-outcome='will_pay']"),
        {
            content: "The outcome says what it does",
            trigger: ".o_kgw_outcomes button[data-outcome='will_pay'].btn-primary",
        },
        picture("desk"),
        click("Put it away", "button[name='action_close']"),
        { content: "Back on the board", trigger: ".o_kanban_group .o_kanban_record" },
    ],
});

// The agent: somebody calls, and is found by its number.
registry.category("web_tour.tours").add("kgw_pictures_incoming", {
    steps: () => [
        {
            content: "Who calls",
            trigger: ".modal .o_field_widget[name='query'] input",
            run: "edit 512 000 117 && press Tab",
        },
        {
            content: "The case is found",
            trigger: ".modal .o_field_widget[name='case_ids'] .o_data_row",
        },
        picture("incoming"),
        click("Nobody waits any more", ".modal .o_form_button_cancel, .modal .btn-close"),
    ],
});

// The agent: a case, what comes next in it and why.
registry.category("web_tour.tours").add("kgw_pictures_case", {
    steps: () => [
        { content: "Its receivables", trigger: ".o_field_widget[name='receivable_ids'] .o_data_row" },
        picture("case"),
        click("What next and why", "button[name='action_explain']"),
        { content: "The reasons", trigger: ".modal .o_field_widget[name='next_ids'] .o_data_row" },
        picture("explanation"),
        click("Read", ".modal footer .btn-primary"),
    ],
});

// The manager: the days to come of a case.
registry.category("web_tour.tours").add("kgw_pictures_preview", {
    steps: () => [
        click("What the days bring", "button[name='action_preview']"),
        click("No day is being chosen", ".modal .alert"),
        click("Two weeks of it", ".modal button[name='action_show']"),
        { content: "Day by day", trigger: ".o_list_view .o_group_header" },
        picture("preview"),
    ],
});

// The manager: a file handed over, before it is taken.
registry.category("web_tour.tours").add("kgw_pictures_import", {
    steps: () => [
        { content: "Its rows", trigger: ".o_field_widget[name='line_ids'] .o_data_row" },
        picture("import"),
    ],
});

// The administrator: a scenario with its time line, a step added on a free day and taken back.
registry.category("web_tour.tours").add("kgw_pictures_scenario", {
    steps: () => [
        { content: "The time line is drawn", trigger: ".kgw_timeline_card" },
        {
            content: "The whole time line in sight",
            trigger: ".kgw_timeline_free",
            run() {
                this.anchor.scrollIntoView({ block: "end" });
            },
        },
        picture("scenario"),
        click("Day 5 is free", ".kgw_timeline_add[data-offset='5']"),
        {
            content: "A step of that day stands in the list",
            trigger: ".o_selected_row .o_field_widget[name='offset_days'] input:value(5)",
        },
        click("Saved empty, it is not dropped", ".o_form_button_save"),
        { content: "What it lacks is said", trigger: ".o_notification:contains(+5)" },
        click("Take it back", ".o_form_button_cancel"),
        { content: "As it was", trigger: ".kgw_timeline:not(:has(.o_selected_row))" },
    ],
});

// The manager: every check with its level and its cure.
registry.category("web_tour.tours").add("kgw_pictures_health", {
    steps: () => [
        { content: "The checks", trigger: ".o_kgw_health .o_kanban_record .badge" },
        picture("health"),
    ],
});

// The creditor: overview, list of counterparties, one that waits for a decision.
registry.category("web_tour.tours").add("kgw_pictures_creditor", {
    steps: () => [
        { content: "The overview", trigger: ".o_kgw_overview article" },
        picture("portal-overview"),
        click("Everybody", ".o_kgw_overview a[href='/my/monitoring/counterparties']", {
            expectUnloadPage: true,
        }),
        { content: "The list", trigger: ".o_kgw_bulk tbody tr" },
        picture("portal-list"),
        click("The most urgent one", ".o_kgw_bulk tbody tr:first a", { expectUnloadPage: true }),
        { content: "Its history", trigger: ".o_kgw_case .o_kgw_timeline li time" },
        picture("portal-case"),
    ],
});
