// A page that is shared from inside WeChat: its card says what the page says of itself.
// Loaded in WeChat's browser only; where WeChat's script does not answer, the page is as it was.
import wx from 'weixin-js-sdk';

const CALLS = ['updateAppMessageShareData', 'updateTimelineShareData', 'scanQRCode'];

async function prepare(card) {
  const page = window.location.href.split('#')[0];
  const answer = await fetch(`/wechat/js-config?url=${encodeURIComponent(page)}`, { headers: { Accept: 'application/json' } });
  if (!answer.ok) return;
  const said = await answer.json();
  wx.config({ debug: false, appId: said.app_id, timestamp: said.timestamp, nonceStr: said.nonce, signature: said.signature, jsApiList: CALLS });
  wx.ready(() => {
    const share = { title: card.dataset.title, link: card.dataset.wechatShare, imgUrl: '' };
    wx.updateAppMessageShareData({ ...share, desc: card.dataset.text });
    wx.updateTimelineShareData(share);
  });
}

const card = document.querySelector('[data-wechat-share]');
if (card) prepare(card).catch(() => {});
