import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";
import { browser } from "@web/core/browser/browser";

// What ended between the drawing of the page and its first listening is seen by one look.
const LOOK = 2500;

/** The page of a hand-over that is being taken: the bus tells how far it is, and when it is over. */
export class KgwTaking extends Interaction {
    static selector = ".o_kgw_taking[data-import-id]";

    setup() {
        this.importId = parseInt(this.el.dataset.importId);
        this.onTold = (message) => this.show(message);
    }

    start() {
        const bus = this.services.bus_service;
        bus.subscribe("kgw_import", this.onTold);
        bus.addChannel("kgw_creditor");
        this.registerCleanup(() => bus.unsubscribe("kgw_import", this.onTold));
        this.waitForTimeout(this.look, LOOK);
    }

    show({ id, sentence, done, total }) {
        if (id !== this.importId) {
            return;
        }
        if (!sentence) {
            browser.location.reload();
            return;
        }
        this.el.querySelector(".o_kgw_sentence").textContent = sentence;
        this.el.querySelector("progress").value = total ? (100 * done) / total : 0;
    }

    async look() {
        const response = await this.waitFor(browser.fetch(browser.location.href));
        if (response.ok && !(await this.waitFor(response.text())).includes("o_kgw_taking")) {
            browser.location.reload();
        }
    }
}

registry.category("public.interactions").add("kgw.taking", KgwTaking);
