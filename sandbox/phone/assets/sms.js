// The SMS app: messages as they come, a code big enough to read across the room.
import { h, whenOf } from "./dom.js";

const BANNER_MS = 7000;
const spaced = (code) => (code.length === 6 ? `${code.slice(0, 3)} ${code.slice(3)}` : code);

export class Messages {
  constructor(phone) {
    this.phone = phone;
    this.list = phone.root.querySelector(".messages");
    this.empty = phone.root.querySelector(".empty");
    this.badge = phone.root.querySelector(".sms-mark .badge");
    this.banner = phone.root.querySelector(".banner");
    this.readKey = `read:${phone.facts.key}`;
    this.rows = [];
  }

  fill(rows) {
    this.rows = rows;
    this.draw();
  }

  arrived(row) {
    if (this.rows.some((one) => one.id === row.id)) return;
    this.rows = [row, ...this.rows];
    this.draw();
    if (this.phone.view === "sms") this.read();
    else this.announce(row);
  }

  read() {
    sessionStorage.setItem(this.readKey, this.rows[0]?.id ?? "");
    this.clearBanner();
    this.count();
  }

  unread() {
    const at = this.rows.findIndex((row) => row.id === sessionStorage.getItem(this.readKey));
    return at < 0 ? this.rows.length : at;
  }

  draw() {
    const now = this.phone.now();
    const fresh = this.unread();
    this.list.replaceChildren(...this.rows.map((row, nth) => this.item(row, now, nth < fresh)));
    this.empty.hidden = this.rows.length > 0;
    this.count();
  }

  item(row, now, fresh) {
    const when = h("time", { class: "number", dateTime: row.sent_at }, whenOf(new Date(row.sent_at), now));
    const item = h("li", { class: fresh ? "new" : "" }, h("p", { class: "head" }, h("b", {}, row.from), when));
    if (row.code) item.append(h("p", { class: "code" }, h("b", {}, spaced(row.code)), this.copyButton(row.code)));
    item.append(h("p", { class: "text" }, row.text));
    return item;
  }

  copyButton(code) {
    const button = h("button", { type: "button", class: "button quiet small" }, "复制");
    button.dataset.copy = code;
    button.prepend(this.phone.root.querySelector(".copy-mark").content.cloneNode(true));
    button.append(h("span", { class: "unseen" }, `验证码 ${code}`));
    return button;
  }

  count() {
    const unread = this.unread();
    this.badge.hidden = unread === 0;
    this.badge.textContent = unread > 99 ? "99+" : String(unread);
    this.badge.setAttribute("aria-label", `${unread} 条未读`);
  }

  announce(row) {
    const mark = h("span", { class: "app-mark sms-mark" });
    mark.append(this.phone.root.querySelector(".sms-mark svg").cloneNode(true));
    const button = h("button", { type: "button", class: "note" }, mark, h("b", {}, row.from), h("small", {}, row.text));
    button.dataset.open = "sms";
    const card = h("div", { class: "banner-card" }, button);
    if (row.code) card.append(this.copyButton(row.code));
    this.present(card);
  }

  present(card) {
    this.banner.replaceChildren(card);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.clearBanner(), BANNER_MS);
  }

  clearBanner() {
    clearTimeout(this.timer);
    this.banner.replaceChildren();
  }
}
