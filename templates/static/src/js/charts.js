// Charts of the console: data from <script type="application/json">, drawn as SVG, no inline styles needed.
import * as echarts from 'echarts/core';
import { BarChart, LineChart, PieChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { SVGRenderer } from 'echarts/renderers';

echarts.use([BarChart, LineChart, PieChart, GridComponent, TooltipComponent, LegendComponent, AriaComponent, SVGRenderer]);

const COLOURS = ['#1556b5', '#2f9e8f', '#d09a3a', '#7b93b8', '#8a5fb0', '#c8643c'];
const BARS = ['#1556b5', '#a9c4ea', '#2f9e8f'];
const LINES = ['#c98a22', '#8a5fb0'];
const care = document.documentElement.dataset.mode === 'care';
const small = care ? 15 : 12;
const axis = {
  axisLine: { lineStyle: { color: '#d3dbe7' } },
  axisTick: { show: false },
  axisLabel: { color: '#566178', fontSize: small },
  splitLine: { lineStyle: { color: '#edf1f6' } },
};

function base(el, kind) {
  return {
    color: COLOURS,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    animation: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    animationDuration: 400,
    aria: { enabled: true, label: { description: el.getAttribute('aria-label') } },
    tooltip: {
      trigger: kind === 'pie' ? 'item' : 'axis', renderMode: 'richText', borderColor: '#d3dbe7', confine: true,
      textStyle: { fontSize: small + 1, color: '#34405a' },
      axisPointer: { type: 'shadow', shadowStyle: { color: 'rgba(21,86,181,.06)' } },
    },
    legend: { icon: 'roundRect', itemWidth: 12, itemHeight: 8, itemGap: 18, left: 0, top: 0, textStyle: { color: '#566178', fontSize: small + 1 } },
  };
}

// {kind: "trend", x: [...], units: ["亿元", "笔"], bars: [{name, data}], lines: [{name, data}]}
function trend(option, data) {
  const lines = data.lines || [];
  option.grid = { left: 8, right: 8, top: 62, bottom: 4, containLabel: true };
  option.xAxis = { type: 'category', data: data.x, ...axis };
  const unit = (name, align) => ({ type: 'value', name, nameTextStyle: { color: '#566178', align, fontSize: small }, ...axis, axisLine: { show: false }, minInterval: ['件', '笔', '家', '户'].includes(name) ? 1 : 0 });
  option.yAxis = [unit(data.units[0], 'left')];
  if (lines.length) option.yAxis.push({ ...unit(data.units[1] || '', 'right'), splitLine: { show: false } });
  option.series = [
    ...(data.bars || []).map((bar, i) => ({ ...bar, type: 'bar', barMaxWidth: 14, barGap: '20%', itemStyle: { borderRadius: [2, 2, 0, 0], color: BARS[i % BARS.length] } })),
    ...lines.map((line, i) => ({ ...line, type: 'line', yAxisIndex: 1, symbol: 'circle', symbolSize: 6, lineStyle: { width: 2, color: LINES[i % 2] }, itemStyle: { color: LINES[i % 2] } })),
  ];
}

// {kind: "pie", unit: "笔", data: [{name, value}]}
function pie(option, data, el) {
  const values = new Map(data.data.map((part) => [part.name, part.value]));
  const narrow = el.clientWidth < 320;
  Object.assign(option.legend, { orient: 'vertical', left: 'auto', right: 4, top: 'middle', itemGap: narrow ? 10 : 14 });
  option.legend.formatter = (name) => `${name}  ${values.get(name)} ${data.unit || ''}`;
  option.series = [{ type: 'pie', radius: narrow ? ['34%', '52%'] : ['41%', '60%'], center: [narrow ? '25%' : '29%', '52%'], label: { show: false }, itemStyle: { borderColor: '#fff', borderWidth: 2 }, data: data.data }];
}

function draw(el) {
  const data = JSON.parse(document.getElementById(el.dataset.chart).textContent);
  const option = base(el, data.kind);
  (data.kind === 'pie' ? pie : trend)(option, data, el);
  const chart = echarts.init(el, null, { renderer: 'svg' });
  chart.setOption(option);
  new ResizeObserver(() => chart.resize()).observe(el);
}

document.querySelectorAll('[data-chart]').forEach(draw);
