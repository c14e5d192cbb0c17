
// -- plots: drawn when they come into view, in the colours of the page -----------------------
const colours = () => {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
};
// the library takes some strings for markup of its own
const inert = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

function line(x, y, name, colour, more = {}) {
  return { x, y, name, type: "scatter", mode: "lines", line: { color: colour, width: 2 }, ...more };
}

function level(y, text, colour, dash) {
  // a horizontal line over the whole width, named at its right end
  return {
    shape: { type: "line", xref: "paper", x0: 0, x1: 1, y0: y, y1: y, line: { color: colour, width: 1.5, dash } },
    label: {
      xref: "paper", x: 1, xanchor: "right", y, yanchor: "bottom", text: inert(text),
      showarrow: false, font: { color: colour, size: 11 },
    },
  };
}

function band(low, high, colour) {
  return { type: "rect", xref: "paper", x0: 0, x1: 1, y0: low, y1: high, fillcolor: colour, line: { width: 0 }, layer: "below" };
}

function range(values) {
  const low = Math.min(...values), high = Math.max(...values);
  const margin = 0.12 * (high - low || high || 1);
  return [low - margin, high + margin];
}

function windows(data) {
  const rejected = new Set(data.rejected);
  const near = [...data.kwh, data.low, data.high];
  const joined = data.kwh.length - rejected.size < data.count ? ", neighbours joined to one dot" : "";
  let caption = `${data.count} windows${joined}; the shaded strip is the 99 % interval of their mean`;
  if (data.baseline !== null) {
    near.push(data.baseline);
    if (data.tolerance !== null) near.push(data.baseline * (1 + data.tolerance));
    caption += ", the green one the tolerance about the baseline";
  }
  const [low, high] = range(near);
  const shown = data.budget !== null && Math.abs(data.budget - data.value) < 3 * (high - low);
  if (data.budget !== null && !shown) {
    caption += `; the budget, ${figures(data.budget)}, is ${data.budget > data.value ? "above" : "below"} this scale`;
  }
  if (shown) near.push(data.budget);
  return {
    title: "Windows, kWh/1k", caption, draw(colour) {
      const levels = [];
      const shapes = [band(data.low, data.high, colour("band"))];
      if (data.baseline !== null) {
        levels.push(level(data.baseline, "baseline", colour("green"), "solid"));
        if (data.tolerance !== null) {
          shapes.unshift(band(data.baseline * (1 - data.tolerance), data.baseline * (1 + data.tolerance), colour("tolerance")));
        }
      }
      if (shown) levels.push(level(data.budget, "budget", colour("orange"), "dash"));
      const text = data.kwh.map((kwh, i) =>
        `${figures(kwh, 4)} kWh/1k, ${data.inferences[i]} inferences${rejected.has(i) ? ", rejected" : ""}`);
      return {
        traces: [line(data.start.map((start, i) => start + data.seconds[i] / 2), data.kwh, "windows", colour("data"), {
          mode: "markers", text, hoverinfo: "text",
          marker: {
            size: 8, color: colour("data"), line: { width: 1.5, color: colour("data") },
            symbol: data.kwh.map((_, i) => (rejected.has(i) ? "x-thin" : "circle")),
          },
        })],
        layout: {
          xaxis: { title: { text: "seconds" } }, yaxis: { range: range(near) },
          shapes: [...shapes, ...levels.map((l) => l.shape)], annotations: levels.map((l) => l.label),
        },
      };
    },
  };
}

function power(data, { windows: spans = { start: [], seconds: [], rejected: [] } }) {
  return {
    title: "Power, W", caption: spans.start.length ? "the stretches that counted, the windows, are shaded" : "", draw(colour) {
      const levels = data.idle === null ? [] : [level(data.idle, "idle", colour("grey"), "dot")];
      const rejected = new Set(spans.rejected);
      const shapes = spans.start.map((start, i) => ({
        type: "rect", yref: "paper", x0: start, x1: start + spans.seconds[i], y0: 0, y1: 1, layer: "below", line: { width: 0 },
        fillcolor: colour(rejected.has(i) ? "red-back" : "band"), opacity: i % 2 ? 0.55 : 1,
      }));
      return {
        traces: [line(data.seconds, data.watts, "power", colour("data"), { hovertemplate: "%{y:.4g} W at %{x:.3g} s<extra></extra>" })],
        layout: {
          xaxis: { title: { text: "seconds" } }, yaxis: { rangemode: "tozero" },
          shapes: [...shapes, ...levels.map((l) => l.shape)], annotations: levels.map((l) => l.label),
        },
      };
    },
  };
}

function history(data) {
  return {
    title: "History, kWh/1k", caption: data.trend ? data.trend.text : `${data.kwh.length} stored ${data.kwh.length === 1 ? "run" : "runs"}: too few for a trend`,
    draw(colour) {
      const levels = data.anchor === null ? [] : [level(data.anchor, "the level it began with", colour("grey"), "dot")];
      const text = data.kwh.map((kwh, i) => inert([`${figures(kwh, 4)} kWh/1k`, data.note[i]].filter(Boolean).join(", ")));
      const traces = [line(data.time, data.kwh, "stored runs", colour("data"), { mode: "markers", marker: { size: 7, color: colour("data") }, text, hoverinfo: "text+x" })];
      if (data.trend) traces.push(line(data.trend.time, data.trend.kwh, "trend", colour("data"), { hoverinfo: "skip", line: { color: colour("data"), width: 1.5, dash: "dash" } }));
      if (data.now[0]) {
        traces.push(line([data.now[0]], [data.now[1]], "this run", colour("text"), {
          mode: "markers", marker: { size: 11, symbol: "diamond", color: colour("text") },
          text: [`this run: ${figures(data.now[1], 4)} kWh/1k`], hoverinfo: "text+x",
        }));
      }
      return {
        traces,
        layout: {
          xaxis: { type: "date" }, showlegend: true,
          yaxis: { range: range([...data.kwh, data.now[1], ...(data.anchor === null ? [] : [data.anchor])]) },
          shapes: levels.map((l) => l.shape), annotations: levels.map((l) => l.label),
        },
      };
    },
  };
}

const DRAW = { windows, power, history };
const drawn = new Set();

function library() {
  // kept inert in the page until the first plot, so that the page opens at once
  if (!window.Plotly) {
    const script = document.createElement("script");
    script.textContent = document.getElementById("plotly").textContent;
    document.head.append(script);
  }
  return window.Plotly;
}

function drawPlot(box) {
  const colour = colours();
  const { traces, layout } = box.plan.draw(colour);
  const axis = {
    gridcolor: colour("line"), linecolor: colour("line"), zeroline: false, automargin: true,
    exponentformat: "none", separatethousands: false, fixedrange: true, nticks: 6,
  };
  library().react(box, traces, {
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("muted") },
    paper_bgcolor: "transparent", plot_bgcolor: "transparent", margin: { l: 50, r: 10, t: 10, b: 40 },
    showlegend: false, legend: { orientation: "h", x: 0, y: -0.18, yanchor: "top" }, hovermode: "closest",
    hoverlabel: { bgcolor: colour("page"), font: { color: colour("text") }, bordercolor: colour("line") },
    ...layout, xaxis: { ...axis, ...layout.xaxis }, yaxis: { ...axis, ...layout.yaxis },
  }, { displayModeBar: false, responsive: true });
  drawn.add(box);
}

const inView = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    inView.unobserve(target);
    drawPlot(target);
  }
}, { rootMargin: "200px" });

function plotFigure(plan) {
  const box = make("div", "plot");
  box.plan = plan;
  box.setAttribute("role", "img");
  box.setAttribute("aria-label", `${plan.title}: ${plan.caption}`);
  inView.observe(box);
  return figure(plan.title, plan.caption, box);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawn.forEach(drawPlot));
