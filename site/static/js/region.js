// Puts the shops of the reader's region first, and tells the site of clicks that do not lead through it.
// Without this script the page is whole: the form in the header does the first, and the second is not counted.
(() => {
  "use strict";

  const tell = (event) => {
    const link = event.target.closest?.("a[data-click]");
    if (link && event.button < 2) navigator.sendBeacon?.(link.dataset.click);
  };
  document.addEventListener("click", tell);
  document.addEventListener("auxclick", tell);

  const form = document.querySelector("[data-ask-region]");
  if (!form || new URLSearchParams(location.search).has("region")) return;

  // The title of the first region is a heading, that of the others is not.
  const retitle = (part, tag, name) => {
    const old = part.querySelector("[data-region-title]");
    if (!old) return;
    const title = document.createElement(tag);
    title.append(...old.childNodes);
    title.className = name;
    title.dataset.regionTitle = "";
    old.replaceWith(title);
  };

  const putFirst = (offers, code) => {
    const parts = [...offers.querySelectorAll(":scope > [data-region]")];
    const wanted = parts.find((part) => part.dataset.region === code);
    const first = parts[0];
    if (!wanted || wanted === first) return;
    first.before(wanted);
    offers.querySelector(":scope > [data-other-regions]").after(first);
    first.classList.remove("offers__region--first");
    wanted.classList.add("offers__region--first");
    retitle(first, "p", "offers__where");
    retitle(wanted, "h4", "offers__title");
    for (const link of first.querySelectorAll(".offer__button")) link.classList.add("button--quiet");
    for (const link of wanted.querySelectorAll(".offer__button")) link.classList.remove("button--quiet");
  };

  const ask = () => fetch(form.dataset.askRegion)
    .then((answer) => answer.json())
    .then(({ region }) => {
      for (const button of form.querySelectorAll("button[name=region]")) {
        if (button.value === region) button.setAttribute("aria-current", "true");
        else button.removeAttribute("aria-current");
      }
      // Nothing moves under a reader's eyes: a box in view waits until it is out of it.
      const watcher = new IntersectionObserver((entries) => {
        for (const { target, isIntersecting } of entries) {
          if (isIntersecting) continue;
          watcher.unobserve(target);
          putFirst(target, region);
        }
      });
      document.querySelectorAll("[data-offers]").forEach((offers) => watcher.observe(offers));
    })
    .catch(() => {}); // the order that was served stays
  requestAnimationFrame(() => setTimeout(ask)); // once the words are painted: on a slow phone they come first
})();
