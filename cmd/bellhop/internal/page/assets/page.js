"use strict";
(() => {
  const root = document.documentElement;
  const colour = name => getComputedStyle(root).getPropertyValue(name).trim();
  const grouped = v => {
    if (v === null || v === undefined) return "–";
    const [whole, part] = String(v).split(".");
    return whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") + (part ? "." + part : "");
  };
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const dayName = seconds => {
    const d = new Date(seconds * 1000);
    return d.getUTCDate() + " " + months[d.getUTCMonth()];
  };

  // hatch marks the days that have no value at all: a zero has a value.
  function hatch(u, absent) {
    const ctx = u.ctx, width = u.bbox.width / Math.max(1, u.data[0].length);
    ctx.save();
    ctx.strokeStyle = colour("--hatch");
    ctx.lineWidth = devicePixelRatio;
    for (const i of absent) {
      const left = u.valToPos(u.data[0][i], "x", true) - width / 2;
      ctx.save();
      ctx.beginPath();
      ctx.rect(left, u.bbox.top, width, u.bbox.height);
      ctx.clip();
      ctx.beginPath();
      for (let x = left - u.bbox.height; x < left + width; x += 6 * devicePixelRatio) {
        ctx.moveTo(x, u.bbox.top + u.bbox.height);
        ctx.lineTo(x + u.bbox.height, u.bbox.top);
      }
      ctx.stroke();
      ctx.restore();
    }
    ctx.restore();
  }

  function draw(figure) {
    const data = JSON.parse(figure.querySelector("script").textContent);
    const box = figure.querySelector(".plot");
    const absent = data.days.map((_, i) => i).filter(i => data.series.every(s => s.values[i] === null));
    // A line of one day, and a zero, would not be seen without a point.
    const points = values => values.map((_, i) => i).filter(i =>
      values[i] === 0 || data.lines && values[i] !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null);
    const half = 43200;
    const axis = { stroke: () => colour("--quiet"), grid: { stroke: () => colour("--rule"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    const options = {
      width: box.clientWidth, height: 220, padding: [12, 8, 0, 0],
      tzDate: seconds => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 8 } },
      scales: {
        x: { time: true, range: () => [data.days[0] - half, data.days[data.days.length - 1] + half] },
        y: { range: (u, low, high) => [Math.min(0, low ?? 0), (high || 1) * 1.08] },
      },
      axes: [
        { ...axis, grid: { show: false }, size: 30, space: 56, incrs: [1, 2, 7, 14, 28, 61, 122, 365].map(n => n * 86400), values: (u, at) => at.map(dayName) },
        { ...axis, size: 64, values: (u, at) => at.map(grouped) },
      ],
      series: [{ label: "Day", value: (u, v) => v === null ? "–" : dayName(v) }].concat(data.series.map((s, n) => ({
        label: s.name, value: (u, v) => grouped(v), stroke: () => colour("--series" + (n % 4 + 1)),
        fill: data.lines ? undefined : () => colour("--series1"), width: data.lines ? 2 : 0,
        dash: n === 0 ? undefined : [[6, 4], [2, 3], [10, 4, 2, 4]][(n - 1) % 3],
        paths: data.lines ? uPlot.paths.linear() : uPlot.paths.bars({ size: [0.68, 30], radius: 0.12 }),
        points: { show: true, size: 7, width: 1.5, stroke: () => colour("--series" + (n % 4 + 1)), fill: () => colour("--surface"), filter: () => points(s.values) },
      }))),
      hooks: { drawClear: [u => hatch(u, absent)] },
    };
    return new uPlot(options, [data.days, ...data.series.map(s => s.values)], box);
  }

  const charts = [...document.querySelectorAll(".chart")].map(figure => ({ figure, plot: draw(figure) }));
  const redraw = () => charts.forEach(c => c.plot.redraw(false));
  const fit = () => charts.forEach(c => {
    const width = c.figure.querySelector(".plot").clientWidth;
    if (width > 0 && width !== c.plot.width) c.plot.setSize({ width, height: 220 });
  });
  new ResizeObserver(fit).observe(document.getElementById("main"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

  // On paper everything is light and the tables are open.
  let opened = [];
  addEventListener("beforeprint", () => {
    root.classList.add("paper");
    opened = [...document.querySelectorAll("details.numbers:not([open])")];
    opened.forEach(d => { d.open = true; });
    charts.forEach(c => c.plot.setSize({ width: Math.min(640, c.plot.width), height: 220 }));
    redraw();
  });
  addEventListener("afterprint", () => {
    root.classList.remove("paper");
    opened.forEach(d => { d.open = false; });
    fit();
    redraw();
  });
})();
