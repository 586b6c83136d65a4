// What the pages have in common: words for figures, colours, and pictures of one result.
'use strict';
document.documentElement.classList.add('js');
const style = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
// Okabe and Ito's palette: told apart by people who see colours differently.
const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8c6d31', '#7f7f7f'];
const marks = ['circle', 'rectRot', 'triangle', 'rect', 'star', 'crossRot'];
const make = (tag, properties = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties))
    key in node ? node[key] = value : node.setAttribute(key, value);
  node.append(...children);
  return node;
};
const digits = (x, n = 4) => x == null ? 'unknown' : Number(x.toPrecision(n)).toLocaleString('en-US', { maximumFractionDigits: 6 }).replaceAll(',', '\u00a0');
const time = s => s == null ? 'unknown' : s >= 1 ? digits(s) + ' s' : s >= 1e-3 ? digits(s * 1e3) + ' ms' : digits(s * 1e6) + ' µs';
const bytes = b => b >= 1e9 ? digits(b / 1e9) + ' GB' : digits(b / 1e6) + ' MB';

Chart.defaults.font.family = 'system-ui, sans-serif';
Chart.defaults.maintainAspectRatio = false;
Chart.defaults.animation = false;
const charts = [];
function theme() {
  Chart.defaults.color = style('--soft');
  Chart.defaults.borderColor = style('--line');
  for (const chart of charts) {
    for (const scale of Object.values(chart.options.scales ?? {})) {
      scale.grid = { ...scale.grid, color: style('--line') };
      scale.ticks = { ...scale.ticks, color: style('--soft') };
      if (scale.title) scale.title.color = style('--soft');
    }
    chart.options.plugins.legend.labels = { ...chart.options.plugins.legend.labels, color: style('--ink') };
    chart.update();
  }
}
theme();
// Paper is light, and as wide as it is: what was drawn for a dark screen is drawn again.
for (const change of ['(prefers-color-scheme: dark)', 'print']) matchMedia(change).addEventListener('change', theme);
for (const turn of ['beforeprint', 'afterprint']) addEventListener(turn, () => charts.forEach(chart => chart.resize()));

/// A titled picture; `words` says what it shows to those who do not see it.
function picture(parent, title, words, configuration) {
  const canvas = make('canvas', { role: 'img' });
  canvas.setAttribute('aria-label', `${title}. ${words}`);
  parent.append(make('section', {}, make('h3', { textContent: title }), make('p', { className: 'soft', textContent: words }),
    make('div', { className: 'figure' }, canvas)));
  configuration.options ??= {};
  configuration.options.plugins ??= {};
  configuration.options.plugins.legend ??= {};
  const chart = new Chart(canvas, configuration);
  charts.push(chart);
  return chart;
}

/// The end of a category's label, as much as a narrow picture has room for: what a field is called stands last.
function ending(value) {
  const label = this.getLabelForValue(value), most = Math.max(12, Math.floor(this.chart.width / 18));
  return label.length > most ? '…' + label.slice(1 - most) : label;
}

/// Of a chart that is not shown any more nothing is kept.
function forget(chart) {
  charts.splice(charts.indexOf(chart), 1);
  chart.destroy();
}

/// Pictures of one result, put into `parent`.
function details(parent, results) {
  const out = [];
  // Where a step's time goes.
  const steps = Object.entries(results.breakdown_s ?? {});
  const classes = [...new Set(steps.flatMap(([, step]) => Object.keys(step.by_class)))];
  if (steps.length) out.push(picture(parent, 'Where a step’s time goes', steps.map(([name, step]) => `${name}: ${time(step.total)}`).join('; '), {
    type: 'bar',
    data: { labels: steps.map(([name]) => name), datasets: classes.map((cls, i) => ({
      label: cls, backgroundColor: palette[i % palette.length] + (i < palette.length ? '' : '88'),
      data: steps.map(([, step]) => 1e3 * (step.by_class[cls] ?? 0)) })) },
    options: { indexAxis: 'y', scales: { x: { stacked: true, title: { display: true, text: 'ms' } }, y: { stacked: true } },
      plugins: { tooltip: { callbacks: { label: c => `${c.dataset.label}: ${time(c.raw / 1e3)}` } } } },
  }));
  // Memory of a device.
  const memory = results.memory ?? [];
  if (memory.length) {
    const parts = { weights: 'weights_bytes', 'KV cache': 'kv_bytes', activations: 'activations_bytes', reserve: 'reserve_bytes' };
    out.push(picture(parent, 'Memory of a device', memory.map(m => `${m.role}: ${bytes(m.used_bytes)} of ${bytes(m.capacity_bytes)} in use${m.kv_capacity_tokens > 0 ? `, ${digits(m.kv_capacity_tokens)} tokens of KV fit in requests of ${digits(m.kv_capacity_at_tokens)}` : ''}`).join('; '), {
      type: 'bar',
      data: { labels: memory.map(m => m.role), datasets: [
        ...Object.entries(parts).map(([part, key], i) => ({ label: part, backgroundColor: palette[i], data: memory.map(m => m[key] / 1e9) })),
        { label: 'free for more KV', backgroundColor: '#8886', data: memory.map(m => Math.max(0, m.capacity_bytes - m.used_bytes - m.unused_bytes) / 1e9) },
        { label: 'left unused by its setting', backgroundColor: '#8883', data: memory.map(m => m.unused_bytes / 1e9) }] },
      options: { indexAxis: 'y', scales: { x: { stacked: true, title: { display: true, text: 'GB' } }, y: { stacked: true } },
        plugins: { tooltip: { callbacks: { label: c => `${c.dataset.label}: ${digits(c.raw)} GB` } } } },
    }));
  }
  // How far from each promise.
  const promises = (results.slo ?? []).filter(x => x.margin != null);
  if (promises.length) out.push(picture(parent, 'Margins to the promises', promises.map(x => `${x.expect}: ${x.verdict}, ${digits(100 * x.margin, 3)} % left`).join('; '), {
    type: 'bar',
    data: { labels: promises.map(x => x.expect), datasets: [{ label: 'margin', data: promises.map(x => 100 * x.margin),
      backgroundColor: promises.map(x => x.margin >= 0 ? palette[2] : palette[1]) }] },
    options: { indexAxis: 'y', scales: { x: { title: { display: true, text: '% of the bound' } } }, plugins: { legend: { display: false } } },
  }));
  // The tornado: what a tenth more of each would change.
  const tornado = (results.sensitivities ?? []).slice(0, 14);
  if (tornado.length) out.push(picture(parent, 'What would help', 'Elasticities: percent of change for one percent more of a field. The first to look at is the longest bar.', {
    type: 'bar',
    data: { labels: tornado.map(x => x.field.split('.').slice(-3).join('.')), datasets: ['throughput', 'tpot', 'ttft'].map((m, i) => ({
      label: m, data: tornado.map(x => x[m]), backgroundColor: palette[i] })) },
    options: { indexAxis: 'y', scales: { x: { title: { display: true, text: '% for 1 %' } }, y: { ticks: { callback: ending } } },
      plugins: { tooltip: { callbacks: { title: c => tornado[c[0].dataIndex].field + ' = ' + tornado[c[0].dataIndex].value } } } },
  }));
  for (const afd of results.attention_ffn ?? []) out.push(timeline(parent, afd));
  // What was assumed.
  if (results.assumptions?.length) {
    const rows = results.assumptions.map(a => make('tr', {}, make('td', { className: 'words', textContent: a.what }), make('td', { className: 'words soft', textContent: a.from })));
    parent.append(make('section', {}, make('h3', { textContent: 'Assumed' }), make('div', { className: 'scroll', tabIndex: 0 }, make('table', {},
      make('thead', {}, make('tr', {}, make('th', { className: 'words', textContent: 'what' }), make('th', { className: 'words', textContent: 'from' }))), make('tbody', {}, ...rows)))));
  }
  return out;
}

/// Microbatches of the first layers through attention, link, FFN and link back: each resource serves them in order.
function timeline(parent, afd) {
  const stages = ['attention', 'to FFN', 'FFN', 'to attention'];
  const times = [afd.attention_s, afd.to_ffn_s, afd.ffn_s, afd.to_attention_s];
  const free = [0, 0, 0, 0], bars = [];
  const ready = Array(afd.microbatches).fill(0);
  for (let layer = 0; layer < Math.min(4, afd.layers); ++layer)
    for (let m = 0; m < afd.microbatches; ++m)
      for (let k = 0; k < 4; ++k) {
        const from = Math.max(ready[m], free[k]), to = from + times[k];
        free[k] = ready[m] = to;
        bars.push({ m, layer, x: [from * 1e6, to * 1e6], y: stages[k] });
      }
  return picture(parent, `Microbatches of ${afd.role}: the first layers`, `${afd.microbatches} microbatches; the bottleneck is ${afd.bottleneck}. A layer leaves ${time(afd.budget_s)} for each stage at this TPOT.`, {
    type: 'bar',
    data: { labels: stages, datasets: Array.from({ length: afd.microbatches }, (_, m) => ({
      label: `microbatch ${m + 1}`, data: bars.filter(b => b.m === m), grouped: false, barPercentage: .7,
      backgroundColor: palette[m % palette.length], borderColor: style('--page'), borderWidth: 1, borderSkipped: false })) },
    options: { indexAxis: 'y', parsing: { xAxisKey: 'x', yAxisKey: 'y' }, scales: { x: { title: { display: true, text: 'µs' } } },
      plugins: { tooltip: { callbacks: { label: c => `microbatch ${c.raw.m + 1}, layer ${c.raw.layer + 1}: ${digits(c.raw.x[0])} to ${digits(c.raw.x[1])} µs` } } } },
  });
}
