// One row of the conversation: words with their links, a picture, news, or a template message's card.
import { h } from "./dom.js";

const LINK = /<a\s[^>]*?href=["']([^"']+)["'][^>]*>([^<]*)<\/a>|(https?:\/\/[^\s<>"'，。；！？）】]+)/gi;
const TAGS = /<a\s[^>]*>([^<]*)<\/a>/gi;
const BLANK = /^\s*$/;

export function preview(message) {
  if (message.kind === "image") return "[图片]";
  if (message.kind === "news") return `[链接] ${message.articles[0].title}`;
  if (message.kind === "template") return message.title;
  return message.text.replace(TAGS, "$1");
}

export function rowOf(message, wechat) {
  if (message.kind === "notice") return h("li", { class: "wx-notice" }, h("p", {}, message.text));
  if (message.kind === "template") return h("li", { class: "wx-wide" }, card(message, wechat));
  if (message.kind === "news") return h("li", { class: "wx-wide" }, news(message.articles, wechat));
  const speaker = message.mine ? "我" : wechat.standing.account.name;
  const name = message.mine ? wechat.phone.facts.name : speaker;
  const face = h("span", { class: "wx-face", "aria-hidden": "true" }, name.slice(0, 1));
  const said = h("div", { class: "wx-said" }, h("span", { class: "unseen" }, `${speaker}：`), content(message, wechat));
  return h("li", { class: message.mine ? "wx-mine" : "wx-theirs" }, face, said);
}

function content(message, wechat) {
  if (message.kind === "image") return picture(message.url, wechat) ?? h("p", {}, "[图片]");
  return h("p", {}, ...words(message.text, wechat));
}

function words(text, wechat) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(LINK)) {
    parts.push(text.slice(end, found.index), link(found[1] ?? found[3], found[2] ?? found[3], wechat));
    end = found.index + found[0].length;
  }
  return [...parts, text.slice(end)];
}

function link(url, label, wechat) {
  const button = h("button", { type: "button", class: "wx-link" }, BLANK.test(label) ? url : label);
  button.addEventListener("click", () => wechat.phone.openLink(url.replaceAll("&amp;", "&")));
  return button;
}

// Pictures of the server come over the person's own origin; others stay away.
function picture(url, wechat) {
  const { server, origin } = wechat.phone.facts;
  let address = "";
  if (url.startsWith("/wechat/media/")) address = url;
  else if (server && url.startsWith(`${server}/`)) address = origin + url.slice(server.length);
  if (!address) return null;
  const image = h("img", { src: address, alt: "图片" });
  image.addEventListener("load", () => wechat.toEnd());
  image.addEventListener("error", () => image.remove());
  return image;
}

function card(message, wechat) {
  const rows = message.rows.map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value)));
  const body = [h("b", {}, message.title), h("dl", {}, ...rows)];
  if (!message.url) return h("article", { class: "wx-template" }, ...body);
  const foot = h("span", { class: "wx-more" }, "查看详情");
  foot.append(wechat.view.querySelector(".wx-chevron").content.cloneNode(true));
  const button = h("button", { type: "button", "aria-label": `${message.title}，查看详情` }, foot);
  button.addEventListener("click", () => wechat.phone.openLink(message.url));
  return h("article", { class: "wx-template open" }, ...body, button);
}

function news(articles, wechat) {
  const items = articles.map((one, nth) => {
    const image = picture(one.picture, wechat);
    const button = h("button", { type: "button" });
    if (image) {
      image.alt = "";
      button.append(image);
    }
    button.append(h("b", {}, one.title));
    if (nth === 0 && articles.length === 1 && one.description) button.append(h("small", {}, one.description));
    button.addEventListener("click", () => wechat.phone.openLink(one.url));
    return h("li", {}, button);
  });
  return h("ul", { class: "wx-news" }, ...items);
}
