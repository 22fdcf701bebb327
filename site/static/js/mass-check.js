// Shows how a mass check comes in: asks for its results every two seconds until it is over, and says so politely.
(() => {
  const EVERY = 2000; // ms between two questions
  const QUIET = 10000; // ms between two sentences to a screen reader, but for the last

  class MassCheck extends window.StimulusModule.Controller {
    static targets = ["results", "status", "cancel"];
    static values = { url: String };

    connect() {
      this.saidAt = Date.now();
      this.wait();
    }

    disconnect() {
      clearTimeout(this.timer);
      this.asking?.abort();
    }

    wait() {
      if (!this.isOver) this.timer = setTimeout(() => this.ask(), EVERY);
      else if (this.hasCancelTarget) this.cancelTarget.remove();
    }

    get isOver() {
      return this.element.querySelector("[data-mass-check-over]")?.dataset.massCheckOver === "yes";
    }

    async ask() {
      if (!document.hidden) {
        this.asking = new AbortController();
        try {
          const answer = await fetch(this.urlValue + window.location.search, {
            headers: { "X-Requested-With": "XMLHttpRequest" },
            signal: this.asking.signal,
          });
          // A site that restarts, or a session that ran out: what is shown stays, and it asks again.
          if (answer.ok && !answer.redirected) this.show(await answer.text());
        } catch (error) {
          if (error.name === "AbortError") return;
        }
      }
      this.wait();
    }

    show(html) {
      const results = this.resultsTarget.querySelector("#listing-results");
      const focused = results.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      results.innerHTML = html;
      if (focused) results.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
      if (this.isOver || Date.now() - this.saidAt >= QUIET) {
        this.saidAt = Date.now();
        this.statusTarget.textContent = results.querySelector("[data-mass-check-said]").textContent;
      }
    }
  }

  window.wagtail.app.register("mass-check", MassCheck);
})();
