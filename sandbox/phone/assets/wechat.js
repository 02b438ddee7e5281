// WeChat on the phone: the list of chats, the official account's conversation and its profile.
import { h, whenOf } from "./dom.js";
import { MenuBar } from "./wechat_menu.js";
import { preview, rowOf } from "./wechat_rows.js";

const GAP_MS = 5 * 60 * 1000;

export class WeChat {
  constructor(phone) {
    this.phone = phone;
    this.view = phone.root.querySelector(".view[data-view=wechat]");
    this.badge = phone.root.querySelector(".wechat-mark .badge");
    this.rows = this.view.querySelector(".wx-rows");
    this.log = this.view.querySelector(".wx-log");
    this.sure = this.view.querySelector(".wx-sure");
    this.field = this.view.querySelector(".wx-say input[name=content]");
    this.menu = new MenuBar(this);
    this.messages = [];
    this.standing = { account: { name: "", id: "" }, following: false, menu: null };
    this.readKey = `wx-read:${phone.facts.key}`;
    this.page = "list";
    this.listen();
  }

  listen() {
    this.view.addEventListener("click", (event) => this.clicked(event));
    this.view.querySelector(".wx-say").addEventListener("submit", (event) => {
      event.preventDefault();
      this.speak();
    });
    const picture = this.view.querySelector("input[type=file]");
    picture.addEventListener("change", () => {
      if (picture.files[0]) this.sendPicture(picture.files[0]);
      picture.value = "";
    });
    const accepts = this.view.querySelector("[role=switch]");
    accepts.addEventListener("change", () => this.push({ kind: accepts.checked ? "unblock" : "block" }));
  }

  clicked(event) {
    const deed = event.target.closest("[data-wx]")?.dataset.wx;
    if (["list", "chat", "profile"].includes(deed)) this.turn(deed);
    else if (deed === "back") this.back();
    else if (deed === "follow") this.follow();
    else if (deed === "leave") this.ask(true);
    else if (deed === "stay") this.ask(false);
    else if (deed === "left") this.push({ kind: "unsubscribe" });
  }

  // --- what the sandbox tells

  fill(told) {
    this.messages = told.messages;
    this.standing = told;
    this.draw();
  }

  stands(told) {
    const before = this.standing.following;
    this.standing = told;
    if (before && !told.following) this.messages = [];
    this.draw();
    if (this.phone.view !== "wechat") return;
    if (!before && told.following && this.page === "profile") this.turn("chat");
    else if (before && !told.following) this.turn("list");
  }

  arrived(message) {
    if (this.messages.some((one) => one.id === message.id)) return;
    this.messages = [...this.messages, message];
    this.rows.append(...this.itemsFrom(this.messages.length - 1));
    this.drawList();
    if (this.isReading()) this.read();
    else if (!message.mine) this.announce(message);
    this.toEnd();
  }

  // --- pages

  opened() {
    if (this.page === "chat") this.turn("chat");
  }

  turn(page) {
    const target = page === "chat" && !this.standing.following ? "profile" : page;
    this.from = this.page === target ? this.from : this.page;
    this.page = target;
    for (const one of this.view.querySelectorAll(".wx-page")) one.hidden = one.dataset.page !== target;
    this.ask(false, false);
    this.menu.close();
    if (target === "chat") {
      this.read();
      this.toEnd();
    }
    this.view.querySelector(`[data-page=${target}] h2`).focus({ preventScroll: true });
  }

  // Whether there was a step back inside of WeChat.
  back() {
    if (!this.sure.hidden) this.ask(false);
    else if (this.menu.isOpen) this.menu.close(true);
    else if (this.page === "list") return false;
    else this.turn(this.page === "profile" && this.from === "chat" ? "chat" : "list");
    return true;
  }

  isReading() {
    return this.phone.view === "wechat" && this.page === "chat";
  }

  ask(open, focus = true) {
    this.sure.hidden = !open;
    this.view.querySelector("[data-wx=leave]").hidden = open;
    if (focus) this.view.querySelector(open ? "[data-wx=stay]" : "[data-wx=leave]").focus();
  }

  // --- deeds

  async push(deed) {
    const body = JSON.stringify({ person: this.phone.facts.key, ...deed });
    const answer = await fetch("/wechat/push", { method: "POST", body }).catch(() => null);
    if (!answer?.ok) this.phone.toast("没能发出，请再试一次");
    return Boolean(answer?.ok);
  }

  follow() {
    const scanned = this.waiting;
    this.waiting = "";
    this.push(scanned ? { kind: "scan", content: scanned } : { kind: "subscribe" });
  }

  scanned(content) {
    this.phone.show("wechat");
    if (this.standing.following) {
      this.push({ kind: "scan", content });
      this.turn("chat");
    } else {
      this.waiting = content;
      this.turn("profile");
    }
  }

  speak() {
    const content = this.field.value.trim();
    this.field.value = "";
    if (content) this.push({ kind: "text", content });
  }

  async sendPicture(file) {
    const headers = { "Content-Type": file.type };
    const answer = await fetch("/wechat/media/", { method: "POST", headers, body: file }).catch(() => null);
    if (!answer?.ok) this.phone.toast("图片没能发出，请换 10 MB 以内的图片");
    else this.push({ kind: "image", media_id: (await answer.json()).media_id });
  }

  tapped(button) {
    if (button.type === "click") this.push({ kind: "click", key: button.key });
    else if (button.type === "view") {
      this.push({ kind: "view", url: button.url });
      this.phone.openLink(button.url);
    } else if (button.type === "scancode_push") {
      this.phone.scanner.via = button.key;
      this.phone.show("scan");
    } else this.phone.toast("沙箱里的手机没有这种菜单");
  }

  // --- drawing

  draw() {
    const { account, following, blocked, menu } = this.standing;
    for (const one of this.view.querySelectorAll(".wx-name")) one.textContent = account.name;
    this.view.querySelector(".wx-face.big").textContent = account.name.slice(0, 1);
    this.view.querySelector(".wx-id").textContent = `微信号：${account.id}`;
    this.view.querySelector(".wx-stranger").hidden = following;
    this.view.querySelector(".wx-friend").hidden = !following;
    this.view.querySelector("[role=switch]").checked = !blocked;
    this.log.setAttribute("aria-label", `和${account.name}的对话`);
    this.menu.draw(menu);
    this.rows.replaceChildren(...this.itemsFrom(0));
    this.drawList();
    this.toEnd();
  }

  itemsFrom(start) {
    return this.messages.slice(start).flatMap((message, nth) => {
      const before = this.messages[start + nth - 1];
      const item = rowOf(message, this);
      const at = new Date(message.at);
      if (before && at - new Date(before.at) < GAP_MS) return [item];
      const time = h("time", { class: "number", dateTime: message.at }, whenOf(at, this.phone.now()));
      return [h("li", { class: "wx-when" }, time), item];
    });
  }

  drawList() {
    const { account, following } = this.standing;
    const list = this.view.querySelector(".wx-chats");
    this.view.querySelector(".wx-none").hidden = following;
    list.replaceChildren(...(following ? [this.listed(account)] : []));
    this.count();
  }

  listed(account) {
    const last = this.messages.at(-1);
    const fresh = this.unread();
    const face = h("span", { class: "wx-face", "aria-hidden": "true" }, account.name.slice(0, 1));
    const button = h("button", { type: "button" }, face, h("b", {}, account.name), h("small", {}, last ? preview(last) : "已关注"));
    button.dataset.wx = "chat";
    if (last) button.append(h("time", { class: "number", dateTime: last.at }, whenOf(new Date(last.at), this.phone.now())));
    if (fresh) button.append(h("span", { class: "wx-fresh" }, String(fresh), h("span", { class: "unseen" }, "条未读")));
    return h("li", {}, button);
  }

  unread() {
    const at = this.messages.findIndex((one) => one.id === sessionStorage.getItem(this.readKey));
    return this.messages.slice(at + 1).filter((one) => !one.mine).length;
  }

  read() {
    sessionStorage.setItem(this.readKey, this.messages.at(-1)?.id ?? "");
    this.drawList();
  }

  count() {
    const unread = this.unread();
    this.badge.hidden = unread === 0;
    this.badge.textContent = unread > 99 ? "99+" : String(unread);
    this.badge.setAttribute("aria-label", `${unread} 条未读`);
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
  }

  announce(message) {
    const mark = h("span", { class: "app-mark wechat-mark" });
    mark.append(this.phone.root.querySelector(".wechat-mark svg").cloneNode(true));
    const button = h("button", { type: "button", class: "note" }, mark, h("b", {}, this.standing.account.name), h("small", {}, preview(message)));
    button.addEventListener("click", () => {
      this.phone.show("wechat");
      this.turn("chat");
      this.phone.messages.clearBanner();
    });
    this.phone.messages.present(h("div", { class: "banner-card" }, button));
  }
}
