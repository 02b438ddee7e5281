// The scanner: a picture pasted, dropped or chosen; a code on a phone's screen; or plain text.
import { h, whenOf } from "./dom.js";

const WORDS = { silence: "沙箱没有回答，请再试一次。", expired: "这个公众号二维码已失效，请换一个新的。" };

export class Scanner {
  constructor(phone) {
    this.phone = phone;
    this.via = "";
    const view = phone.root.querySelector(".view[data-view=scan]");
    this.list = view.querySelector(".codes");
    this.says = view.querySelector(".scan-says");
    this.result = view.querySelector(".scan-result");
    this.finder = view.querySelector(".finder");
    const file = view.querySelector("input[type=file]");
    file.addEventListener("change", () => {
      if (file.files[0]) this.decode(file.files[0]);
      file.value = "";
    });
    view.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      const text = event.target.elements.content.value.trim();
      if (text) this.scan(text);
    });
    this.listenForPictures(view);
  }

  listenForPictures(view) {
    document.addEventListener("paste", (event) => {
      if (this.phone.view !== "scan" || this.isElsewhere()) return;
      const picture = [...event.clipboardData.files].find((one) => one.type.startsWith("image/"));
      if (picture) this.decode(picture);
    });
    view.addEventListener("dragover", (event) => {
      event.preventDefault();
      this.finder.classList.add("over");
    });
    view.addEventListener("dragleave", () => this.finder.classList.remove("over"));
    view.addEventListener("drop", (event) => {
      event.preventDefault();
      this.finder.classList.remove("over");
      if (event.dataTransfer.files[0]) this.decode(event.dataTransfer.files[0]);
    });
  }

  // Two phones may both be scanning: the one that was touched last gets the picture.
  isElsewhere() {
    const touched = document.activeElement?.closest(".device");
    return touched !== null && touched !== undefined && touched !== this.phone.root;
  }

  offer(codes) {
    const now = this.phone.now();
    this.list.replaceChildren(...codes.map((code) => {
      const seen = `${code.on}的手机 · ${whenOf(new Date(code.seen_at), now)}`;
      const button = h("button", { type: "button" }, h("span", {}, code.content), h("small", {}, seen));
      button.addEventListener("click", () => this.scan(code.content));
      return h("li", {}, button);
    }));
  }

  async decode(picture) {
    this.result.hidden = true;
    this.says.textContent = "正在识别…";
    const answer = await fetch("/phone/decode", { method: "POST", body: picture }).catch(() => null);
    const found = await answer?.json().catch(() => null);
    if (!found || found.problem) this.says.textContent = found?.problem || "没能识别，请再试一次。";
    else this.scan(found.contents[0]);
  }

  async scan(content) {
    if (this.via) this.phone.wechat.push({ kind: "scancode_push", key: this.via, content });
    this.via = "";
    const found = await this.phone.asked(content);
    this.says.textContent = WORDS[found ? found.kind : "silence"] ?? "";
    this.result.hidden = !["external", "text"].includes(found?.kind);
    if (found?.kind === "web") this.phone.goTo(found.address);
    else if (found?.kind === "official") this.phone.wechat.scanned(found.content);
    else if (!this.result.hidden) this.tell(found);
  }

  tell(found) {
    const outside = found.kind === "external";
    const lead = outside ? "这是平台以外的网址" : "码里的文字";
    this.result.replaceChildren(h("p", {}, lead), h("p", {}, found.content));
    if (outside) this.result.append(h("a", { href: found.address, target: "_blank", rel: "noopener noreferrer" }, "在新窗口打开"));
  }
}
