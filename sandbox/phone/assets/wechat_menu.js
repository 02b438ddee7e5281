// The foot of the conversation: the account's menu with its sub-menus, or the field to write in.
import { h } from "./dom.js";

export class MenuBar {
  constructor(wechat) {
    this.wechat = wechat;
    const view = wechat.view;
    this.bar = view.querySelector(".wx-menu");
    this.list = view.querySelector(".wx-buttons");
    this.say = view.querySelector(".wx-say");
    this.toMenu = view.querySelector("[data-wx=menu]");
    this.lines = view.querySelector(".wx-lines").content;
    this.toMenu.addEventListener("click", () => this.choose(true));
    view.querySelector("[data-wx=type]").addEventListener("click", () => this.choose(false));
    view.addEventListener("click", (event) => {
      if (!event.target.closest(".wx-buttons")) this.close();
    });
  }

  get isOpen() {
    return this.list.querySelector("[aria-expanded=true]") !== null;
  }

  draw(menu) {
    const buttons = menu?.button ?? [];
    const told = JSON.stringify(buttons);
    if (told === this.told) return;
    this.told = told;
    this.list.replaceChildren(...buttons.map((one) => h("li", {}, ...this.main(one))));
    this.toMenu.hidden = buttons.length === 0;
    this.bar.hidden = buttons.length === 0;
    this.say.hidden = buttons.length > 0;
  }

  main(button) {
    const subs = button.sub_button ?? [];
    const main = h("button", { type: "button" }, h("span", {}, button.name));
    if (subs.length === 0) {
      main.addEventListener("click", () => this.tap(button));
      return [main];
    }
    main.prepend(this.lines.cloneNode(true));
    main.setAttribute("aria-expanded", "false");
    const items = subs.map((one) => {
      const item = h("button", { type: "button" }, one.name);
      item.addEventListener("click", () => this.tap(one));
      return h("li", {}, item);
    });
    const list = h("ul", { class: "wx-subs", hidden: true, "aria-label": button.name }, ...items);
    main.addEventListener("click", () => this.toggle(main, list));
    return [main, list];
  }

  tap(button) {
    this.close();
    this.wechat.tapped(button);
  }

  toggle(main, list) {
    const wasOpen = main.getAttribute("aria-expanded") === "true";
    this.close();
    if (wasOpen) return;
    main.setAttribute("aria-expanded", "true");
    list.hidden = false;
    list.querySelector("button").focus();
  }

  close(focus = false) {
    const open = this.list.querySelector("[aria-expanded=true]");
    if (!open) return;
    open.setAttribute("aria-expanded", "false");
    open.nextElementSibling.hidden = true;
    if (focus) open.focus();
  }

  choose(menu) {
    this.bar.hidden = !menu;
    this.say.hidden = menu;
    (menu ? this.list.querySelector("button") : this.wechat.field).focus();
  }
}
