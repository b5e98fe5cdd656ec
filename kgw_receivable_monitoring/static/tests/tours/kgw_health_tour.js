import { registry } from "@web/core/registry";

// The manager: two alarms in the systray, the page of checks, the place of a cure.
registry.category("web_tour.tours").add("kgw_health_systray", {
    url: "/odoo",
    steps: () => [
        {
            content: "Red with the number of alarms; the warning is not counted",
            trigger: ".o_kgw_health_menu button[title*='gone out'] .badge.text-bg-danger:contains(2)",
            run: "click",
        },
        {
            content: "Every check is there",
            trigger: ".o_kgw_health .o_kanban_record:contains(Outgoing mail servers)",
        },
        {
            content: "Open the place of a cure",
            trigger: ".o_kgw_health .o_kanban_record:contains(Reminders given up) button",
            run: "click",
        },
        {
            content: "The reminders given up",
            trigger: ".o_breadcrumb .active:contains(Reminders)",
        },
    ],
});
