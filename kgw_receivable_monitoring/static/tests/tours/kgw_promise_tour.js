import { registry } from "@web/core/registry";

// The agent takes down a promise on the case.
registry.category("web_tour.tours").add("kgw_promise_taken", {
    steps: () => [
        {
            content: "Take down a promise",
            trigger: "button[name='action_promise']",
            run: "click",
        },
        {
            content: "What is overdue is offered",
            trigger: ".modal .o_field_widget[name='receivable_ids'] .badge:contains(FV 1/11/2026)",
        },
        {
            content: "In three payments",
            trigger: ".modal button[data-count='3']",
            run: "click",
        },
        {
            content: "from the second day offered on",
            trigger: ".modal button[data-day='2']",
            run: "click",
        },
        {
            content: "The plan has three payments of 410.00",
            trigger: ".modal .o_data_row:nth-child(3) td[name='amount']:contains(410.00)",
        },
        {
            content: "and begins on that day",
            trigger: ".modal button[data-day='2'].btn-primary",
        },
        {
            content: "Save it",
            trigger: ".modal footer button[name='action_save']",
            run: "click",
        },
        {
            content: "The case counts it",
            trigger: "body:not(:has(.modal)) button[name='action_open_promises']:contains(1)",
        },
    ],
});

// Nothing was paid: the promise is back as a task, and the hold is gone.
registry.category("web_tour.tours").add("kgw_promise_back", {
    steps: () => [
        {
            content: "The task stands in the thread of the case",
            trigger: ".o-mail-Activity:contains(Broken promise):contains(1,230.00)",
        },
        {
            content: "Nothing is on hold any more",
            trigger: "button[name='action_open_holds']:contains(0)",
        },
        {
            content: "Look at the promise",
            trigger: "button[name='action_open_promises']",
            run: "click",
        },
        {
            content: "It is broken",
            trigger: ".o_list_view .o_data_row .o_field_badge:contains(Broken)",
        },
    ],
});
