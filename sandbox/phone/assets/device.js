// One phone: which app is in front, its clock, and the line on which the sandbox tells it things.
import { copied, dayOf, timeOf } from "./dom.js";
import { Scanner } from "./scan.js";
import { Messages } from "./sms.js";
import { WebView } from "./web.js";
import { WeChat } from "./wechat.js";

const TOAST_MS = 1800;

export class Phone {
  constructor(root, facts) {
    this.root = root;
    this.facts = facts;
    this.aheadMs = 0;
    this.web = new WebView(this);
    this.messages = new Messages(this);
    this.scanner = new Scanner(this);
    this.wechat = new WeChat(this);
  }

  start() {
    this.root.addEventListener("click", (event) => this.clicked(event));
    this.root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.view === "home") return;
      if (this.view !== "wechat" || !this.wechat.back()) this.home();
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
    const titles = this.root.querySelectorAll(`.view[data-view=${name}] h2`);
    [...titles].find((title) => title.offsetParent)?.focus({ preventScroll: true });
    if (name === "wechat") this.wechat.opened();
    if (name === "sms") this.messages.read();
    if (name === "web") this.web.opened();
  }

  home() {
    const left = this.view;
    this.show("home");
    this.root.querySelector(`[data-open=${left}]`)?.focus({ preventScroll: true });
  }

  // What is opened from a chat is closed back to it.
  goTo(address, from = "home") {
    this.web.load(address);
    this.web.from = from;
    this.show("web");
  }

  async asked(content) {
    const asked = new URLSearchParams({ person: this.facts.key, content });
    const answer = await fetch(`/phone/scan?${asked}`, { headers: { Accept: "application/json" } }).catch(() => null);
    return answer?.ok ? answer.json() : null;
  }

  async openLink(url) {
    if (url.startsWith("tel:")) {
      this.toast(`拨打 ${url.slice(4)}（沙箱不真的拨出）`);
      return;
    }
    const found = await this.asked(url);
    if (found?.kind === "web") this.goTo(found.address, "wechat");
    else if (found?.kind === "external") open(found.address, "_blank", "noopener");
    else this.toast(found ? "打不开这个链接" : "沙箱没有回答，请再试一次");
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
    if (button.dataset.open) {
      this.scanner.via = "";
      this.show(button.dataset.open);
    }
    if (button.classList.contains("home-button")) this.home();
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
    const { open: address, scan: content } = this.facts;
    this.facts.open = this.facts.scan = "";
    if (address) this.goTo(address);
    else if (content) this.scanner.scan(content);
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
      this.wechat.fill(event.wechat);
      this.scanner.offer(event.codes);
      this.openAsked();
    } else if (event.kind === "sms") this.messages.arrived(event.message);
    else if (event.kind === "chat") this.wechat.arrived(event.message);
    else if (event.kind === "wechat") this.wechat.stands(event);
    else if (event.kind === "codes") this.scanner.offer(event.codes);
    else if (event.kind === "loading") this.web.loading();
    else if (event.kind === "page") this.web.shown(event);
  }
}
