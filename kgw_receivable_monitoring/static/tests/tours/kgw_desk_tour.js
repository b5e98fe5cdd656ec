import { registry } from "@web/core/registry";

const onDesk = (name) => ({
    content: `The desk shows ${name}`,
    trigger: `.o_kgw_desk .o_field_widget[name='counterparty_id']:contains(${name})`,
});
const press = (content, keys) => ({
    content,
    trigger: ".o_kgw_desk .o_kgw_outcomes",
    run: () => {
        const [key, ctrlKey] = keys.startsWith("Ctrl+") ? [keys.slice(5), true] : [keys, false];
        document.activeElement.blur();
        document.body.dispatchEvent(
            new KeyboardEvent("keydown", { key, ctrlKey, bubbles: true, cancelable: true })
        );
    },
});
const chosen = (code) => ({
    content: `The outcome ${code} is chosen and says what it does`,
    trigger: `.o_kgw_outcomes button[data-outcome='${code}'].btn-primary`,
});

// The agent: five calls with five outcomes, from the board and on, mostly by keys.
registry.category("web_tour.tours").add("kgw_agent_calls", {
    url: "/odoo/action-kgw_receivable_monitoring.action_kgw_call",
    steps: () => [
        {
            content: "The column has a sum",
            trigger: ".o_kanban_group:contains(To call today) .o_kanban_counter:contains(111)",
        },
        {
            content: "Outside the hours of its kind a number is not dialled; here it is",
            trigger: ".o_kanban_record:contains(Piąty) a[href^='tel:+48']",
        },
        {
            content: "The one with the highest amount stands first: open it",
            trigger: ".o_kanban_group .o_kanban_record:first:contains(Piąty)",
            run: "click",
        },
        onDesk("Piąty"),
        press("Nobody answers: two keys", "5"),
        chosen("no_answer"),
        press("Save and next", "Ctrl+Enter"),
        onDesk("Czwarty"),
        press("A promise", "1"),
        chosen("will_pay"),
        press("for the first day offered: three keys", "1"),
        {
            content: "The day is chosen",
            trigger: ".o_kgw_outcomes button[data-day='1'].btn-primary",
        },
        press("Save and next", "Ctrl+Enter"),
        onDesk("Trzeci"),
        {
            content: "A dispute, by the mouse",
            trigger: ".o_kgw_outcomes button[data-outcome='disputes']",
            run: "click",
        },
        chosen("disputes"),
        {
            content: "Note what was said",
            trigger: ".o_field_widget[name='note'] textarea",
            run: "edit Towar wadliwy",
        },
        {
            content: "Saving says what is missing",
            trigger: "button[name='action_save']",
            run: "click",
        },
        {
            content: "The reason is missing",
            trigger: ".modal:contains(Why Disputed) .modal-footer button",
            run: "click",
        },
        {
            content: "Choose the reason",
            trigger: ".o_field_widget[name='dispute_reason_id'] input",
            run: "edit faulty",
        },
        {
            content: "Choose the reason found",
            trigger: ".o_field_widget[name='dispute_reason_id'] .ui-menu-item a:contains(faulty)",
            run: "click",
        },
        {
            content: "Save and next",
            trigger: "button[name='action_save']",
            run: "click",
        },
        onDesk("Drugi"),
        press("Voicemail", "v"),
        chosen("voicemail"),
        press("Save and next", "Ctrl+Enter"),
        onDesk("Pierwszy"),
        press("The transfer is ordered", "4"),
        chosen("ordered"),
        press("Save", "Ctrl+Enter"),
        {
            content: "All calls are made: back on the board",
            trigger: ".o_kanban_view .o_kanban_group:contains(Later today):contains(Piąty)",
        },
    ],
});

// An incoming call: the number in any form leads to the case.
registry.category("web_tour.tours").add("kgw_incoming_call", {
    url: "/odoo/action-kgw_receivable_monitoring.action_kgw_incoming",
    steps: () => [
        {
            content: "Who calls",
            trigger: ".modal .o_field_widget[name='query'] input",
            run: "edit 512 10-0001 && press Tab",
        },
        {
            content: "One case: open it",
            trigger: ".modal .o_field_widget[name='case_ids']:contains(Pierwszy)",
        },
        {
            content: "Open it",
            trigger: ".modal footer button[name='action_open_first']",
            run: "click",
        },
        onDesk("Pierwszy"),
        press("The transfer is ordered", "4"),
        chosen("ordered"),
        {
            content: "Save",
            trigger: "button[name='action_save_and_stop']",
            run: "click",
        },
        {
            content: "Back on the board",
            trigger: ".o_kanban_view",
        },
    ],
});

// The lead: passes two calls on at once.
registry.category("web_tour.tours").add("kgw_lead_passes_on", {
    url: "/odoo/action-kgw_receivable_monitoring.action_kgw_call?view_type=list",
    steps: () => [
        {
            content: "Everybody's calls",
            trigger: ".o_searchview_facet:contains(My Calls) .o_facet_remove",
            run: "click",
        },
        {
            content: "Tick all",
            trigger: ".o_list_view:contains(Pierwszy) thead .o_list_record_selector input",
            run: "click",
        },
        {
            content: "What can be done with them",
            trigger: ".o_control_panel .o_cp_action_menus button:contains(Actions)",
            run: "click",
        },
        {
            content: "Pass on",
            trigger: ".o-dropdown-item:contains(Pass On or Move Calls)",
            run: "click",
        },
        {
            content: "To whom",
            trigger: ".modal .o_field_widget[name='agent_id'] input",
            run: "edit kgw_colleague",
        },
        {
            content: "To the colleague",
            trigger: ".modal .ui-menu-item a:contains(kgw_colleague)",
            run: "click",
        },
        {
            content: "Do it",
            trigger: ".modal footer button[name='action_move']",
            run: "click",
        },
        {
            content: "It is said how many",
            trigger: ".o_notification:contains(Calls moved: 2)",
        },
    ],
});
