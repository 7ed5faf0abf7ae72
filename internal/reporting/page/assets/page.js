"use strict";
(() => {
  const root = document.documentElement;
  const numbers = new Intl.NumberFormat("en");
  const tone = (name) => getComputedStyle(root).getPropertyValue("--" + name).trim();

  const took = (s) =>
    s < 60 ? s + " s" :
    s < 3600 ? Math.floor(s / 60) + " min" + (s % 60 ? " " + (s % 60) + " s" : "") :
    Math.floor(s / 3600) + " h" + (s % 3600 >= 60 ? " " + Math.floor((s % 3600) / 60) + " min" : "");
  const shown = (spec, v) => (spec.unit === "seconds" ? took(Math.round(v)) : numbers.format(v));

  // A name is cut for the axis only; what is pointed at shows it whole.
  const cut = (text, most) => {
    const letters = Array.from(text);
    return letters.length > most ? letters.slice(0, most - 1).join("").trimEnd() + "…" : text;
  };

  // What a bar shows: its first part, of all of it.
  const ending = (spec, i) => {
    const first = spec.sets[0].values[i];
    const sum = spec.sets.reduce((n, s) => n + s.values[i], 0);
    return shown(spec, first) + (sum > first ? " of " + shown(spec, sum) : "");
  };
  const room = (spec) => Math.max(...spec.labels.map((_, i) => ending(spec, i).length)) * 7 + 14;

  // Writes at each bar's end what it shows, so that no axis is needed.
  const ends = {
    id: "ends",
    afterDatasetsDraw(chart) {
      const spec = chart.config.options.spec;
      if (spec.kind !== "rows") return;
      const g = chart.ctx;
      g.save();
      g.font = "12px " + Chart.defaults.font.family;
      g.fillStyle = tone("soft");
      g.textBaseline = "middle";
      const last = chart.getDatasetMeta(spec.sets.length - 1);
      last.data.forEach((bar, i) => {
        g.fillText(ending(spec, i), bar.x + 6, bar.y);
      });
      g.restore();
    },
  };

  const datasets = (spec) => spec.sets.map((s) => ({
    label: s.label,
    data: s.values,
    backgroundColor: s.tones ? s.tones.map(tone) : tone(s.tone),
    maxBarThickness: spec.kind === "rows" ? 16 : 40,
    minBarLength: s.tones ? 3 : 0,
    borderRadius: 2,
    categoryPercentage: 0.8,
    barPercentage: 0.9,
  }));

  const names = (spec) => ({
    stacked: true,
    grid: { display: false },
    border: { color: tone("line"), display: spec.kind !== "rows" },
    ticks: {
      // An axis takes up to half of what the bars leave.
      color: tone(spec.kind === "rows" ? "ink" : "soft"),
      autoSkip: spec.kind !== "rows",
      maxRotation: 0,
      autoSkipPadding: 16,
      callback(i) {
        const label = this.getLabelForValue(i);
        return spec.kind === "rows" ? cut(label, Math.min(36, Math.floor((this.chart.width - room(spec)) / 15))) : cut(spec.ticks ? spec.ticks[i] : label, 18);
      },
    },
  });

  // Durations are marked at round times.
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];
  const step = (spec) => {
    if (spec.unit !== "seconds") return undefined;
    const most = Math.max(...spec.sets[0].values, 1);
    return steps.find((s) => most / s <= 4) || 86400;
  };

  const values = (spec) => ({
    stacked: true,
    display: spec.kind !== "rows",
    beginAtZero: true,
    grace: spec.kind === "rows" ? 0 : "5%",
    grid: { color: tone("grid") },
    border: { display: false },
    ticks: { color: tone("soft"), maxTicksLimit: 6, precision: 0, stepSize: step(spec), callback: (v) => shown(spec, v) },
  });

  const options = (spec) => ({
    spec,
    indexAxis: spec.kind === "rows" ? "y" : "x",
    animation: false,
    maintainAspectRatio: false,
    layout: { padding: { right: spec.kind === "rows" ? room(spec) : 0 } },
    interaction: { mode: "index", axis: spec.kind === "rows" ? "y" : "x", intersect: false },
    scales: spec.kind === "rows" ? { x: values(spec), y: names(spec) } : { x: names(spec), y: values(spec) },
    plugins: {
      legend: { display: false },
      tooltip: {
        backgroundColor: tone("ink"), titleColor: tone("card"), bodyColor: tone("card"),
        displayColors: spec.sets.length > 1, cornerRadius: 4, padding: 8,
        callbacks: { label: (c) => c.dataset.label + ": " + shown(spec, c.raw) + (spec.unit === "seconds" ? "" : " " + spec.unit) },
      },
    },
  });

  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  root.classList.add("drawn");
  document.querySelectorAll("details").forEach((d) => { d.open = false; });
  const charts = (JSON.parse(document.getElementById("charts").textContent) || []).map((spec) => {
    const canvas = document.getElementById("chart-" + spec.id);
    if (spec.kind === "rows") canvas.parentElement.style.height = spec.labels.length * 26 + 12 + "px";
    const config = { type: "bar", data: { labels: spec.labels, datasets: datasets(spec) }, options: options(spec), plugins: [ends] };
    return { spec, chart: new Chart(canvas, config) };
  });

  const recolour = () => charts.forEach(({ spec, chart }) => {
    chart.data.datasets = datasets(spec);
    chart.options = options(spec);
    chart.update("none");
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  // Paper is light.
  addEventListener("beforeprint", () => { root.classList.add("printing"); recolour(); });
  addEventListener("afterprint", () => { root.classList.remove("printing"); recolour(); });
})();
