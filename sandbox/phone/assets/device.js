// One phone: which app is in front, its clock, and the line on which the sandbox tells it things.
import { copied, dayOf, timeOf } from "./dom.js";
import { Scanner } from "./scan.js";
import { Messages } from "./sms.js";
import { WebView } from "./web.js";

const TOAST_MS = 1800;

export class Phone {
  constructor(root, facts) {
    this.root = root;
    this.facts = facts;
    this.aheadMs = 0;
    this.web = new WebView(this);
    this.messages = new Messages(this);
    this.scanner = new Scanner(this);
  }

  start() {
    this.root.addEventListener("click", (event) => this.clicked(event));
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.view !== "home") this.home();
    });
    this.root.querySelector(".forget").addEventListener("click", () => this.forget());
    this.tick();
    setInterval(() => this.tick(), 1000);
    this.listen();
  }

  get view() {
    return this.root.dataset.view;
  }

  now() {
    return new Date(Date.now() + this.aheadMs);
  }

  show(name) {
    for (const view of this.root.querySelectorAll(".view")) view.hidden = view.dataset.view !== name;
    this.root.dataset.view = name;
    this.root.querySelector(`.view[data-view=${name}] h2`)?.focus({ preventScroll: true });
    if (name === "sms") this.messages.read();
    if (name === "web") this.web.opened();
  }

  home() {
    const left = this.view;
    this.show("home");
    this.root.querySelector(`[data-open=${left}]`)?.focus({ preventScroll: true });
  }

  goTo(address) {
    this.web.load(address);
    this.show("web");
  }

  toast(text) {
    const toast = this.root.querySelector(".toast");
    toast.textContent = text;
    toast.hidden = false;
    clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => { toast.hidden = true; }, TOAST_MS);
  }

  async clicked(event) {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.open) this.show(button.dataset.open);
    else if (button.classList.contains("home-button")) this.home();
    else if (button.dataset.copy) this.toast((await copied(button.dataset.copy)) ? "已复制" : "没能复制，请手动选中");
  }

  async forget() {
    const answer = await fetch(`/phone/forget?person=${this.facts.key}`, { method: "POST" }).catch(() => null);
    this.web.close();
    this.toast(answer?.ok ? "已清除，网页需要重新登录" : "没能清除，请再试一次");
  }

  tick() {
    const now = this.now();
    for (const clock of this.root.querySelectorAll(".clock")) {
      if (clock.textContent !== timeOf(now)) clock.textContent = timeOf(now);
    }
    const date = this.root.querySelector(".home-date");
    if (date.textContent !== dayOf(now)) date.textContent = dayOf(now);
  }

  // Only once somebody listens: otherwise the page's title would be told to nobody.
  openAsked() {
    const address = this.facts.open;
    this.facts.open = "";
    if (address) this.goTo(address);
  }

  listen() {
    const line = new EventSource(`/phone/live?person=${this.facts.key}`);
    line.addEventListener("message", (event) => this.heard(JSON.parse(event.data)));
    addEventListener("pagehide", () => line.close());
  }

  heard(event) {
    if (event.ahead_seconds !== undefined) {
      this.aheadMs = event.ahead_seconds * 1000;
      this.tick();
    }
    if (event.kind === "hello") {
      this.messages.fill(event.inbox);
      this.scanner.offer(event.codes);
      this.openAsked();
    } else if (event.kind === "sms") this.messages.arrived(event.message);
    else if (event.kind === "codes") this.scanner.offer(event.codes);
    else if (event.kind === "loading") this.web.loading();
    else if (event.kind === "page") this.web.shown(event);
  }
}
