// WeChat's JS-SDK from npm is CommonJS; wrapped so that a strict page can load it as a plain script.
import wx from 'weixin-js-sdk';

window.wx = wx;
