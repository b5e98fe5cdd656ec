import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";
import { browser } from "@web/core/browser/browser";

const WAIT = 300; // several changes of one moment are read once

/**
 * A page of one counterparty: it asks for nothing until the bus says that something changed, then
 * reads its changing parts anew through its own checked route. Focus and open texts stay.
 */
export class KgwLivePage extends Interaction {
    static selector = ".o_kgw_case[data-case-id]";

    setup() {
        this.caseId = parseInt(this.el.dataset.caseId);
        this.refreshSoon = this.debounced(this.refresh, WAIT);
        this.onChanged = ({ cases }) => {
            if (!cases.length || cases.includes(this.caseId)) {
                this.refreshSoon();
            }
        };
    }

    start() {
        const bus = this.services.bus_service;
        bus.subscribe("kgw_changed", this.onChanged);
        bus.addChannel("kgw_creditor");
        this.registerCleanup(() => bus.unsubscribe("kgw_changed", this.onChanged));
    }

    async refresh() {
        const response = await this.waitFor(
            browser.fetch(`${browser.location.pathname}/live${browser.location.search}`)
        );
        if (!response.ok) {
            return;
        }
        const page = new DOMParser().parseFromString(
            await this.waitFor(response.text()),
            "text/html"
        );
        for (const fresh of page.querySelectorAll("[data-live]")) {
            this.replace(this.el.querySelector(`[data-live="${fresh.dataset.live}"]`), fresh);
        }
    }

    replace(old, fresh) {
        if (!old || old.innerHTML === fresh.innerHTML) {
            return;
        }
        if (old.querySelector("input:checked")) {
            return; // something is chosen there
        }
        if (old.contains(document.activeElement) && document.activeElement.matches("input,textarea,select")) {
            return; // somebody is typing there
        }
        const known = new Set([...old.querySelectorAll("li[id]")].map((li) => li.id));
        const open = [...old.querySelectorAll("details[open]")].map((el) => el.id);
        const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
        old.replaceChildren(...fresh.childNodes);
        for (const id of open) {
            old.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
        }
        if (focused) {
            old.querySelector(`#${CSS.escape(focused)}`)?.focus({ preventScroll: true });
        }
        const added = [...old.querySelectorAll("li[id]")].filter((li) => !known.has(li.id));
        if (known.size && added.length) {
            added.forEach((li) => li.classList.add("o_kgw_new"));
            this.el.querySelector(".o_kgw_said").textContent = this.el.querySelector(".o_kgw_words").textContent;
        }
    }
}

registry.category("public.interactions").add("kgw.live_page", KgwLivePage);

/** The list: how many are ticked, and how much they owe, before a decision for many. */
export class KgwTicked extends Interaction {
    static selector = ".o_kgw_bulk";
    dynamicContent = {
        "input[name=case_ids]": { "t-on-change": this.count },
        ".o_kgw_all": { "t-on-change": this.tickAll },
    };

    start() {
        if (this.el.querySelector("input[name=case_ids]:checked")) {
            this.count(); // a browser that goes back keeps the ticks
        }
    }

    tickAll(ev) {
        for (const box of this.el.querySelectorAll("input[name=case_ids]")) {
            box.checked = ev.target.checked;
        }
        this.count();
    }

    count() {
        const ticked = [...this.el.querySelectorAll("input[name=case_ids]:checked")];
        const all = this.el.querySelector(".o_kgw_all");
        all.checked = ticked.length && ticked.length === this.el.querySelectorAll("input[name=case_ids]").length;
        this.el.querySelector(".o_kgw_count").textContent = ticked.length;
        this.el.querySelector(".o_kgw_sum").textContent = this.sum(ticked);
        this.el.querySelector(".o_kgw_act").disabled = !ticked.length;
    }

    /** What the ticked ones owe, each currency by itself, as the list writes amounts. */
    sum(ticked) {
        const totals = {};
        const lang = document.documentElement.lang || "en";
        const isPolish = lang.startsWith("pl");
        for (const box of ticked) {
            for (const [code, amount] of Object.entries(JSON.parse(box.dataset.owed))) {
                totals[code] = (totals[code] || 0) + amount;
            }
        }
        const amounts = Object.keys(totals).sort().map((code) => {
            const number = new Intl.NumberFormat(lang, {
                minimumFractionDigits: 2,
                maximumFractionDigits: 2,
                useGrouping: "always",
            }).format(totals[code]);
            return isPolish ? `${number}\u00a0${code === "PLN" ? "zł" : code}` : `${code}\u00a0${number}`;
        });
        return amounts.length ? `, ${amounts.join(", ")}` : "";
    }
}

registry.category("public.interactions").add("kgw.ticked", KgwTicked);
