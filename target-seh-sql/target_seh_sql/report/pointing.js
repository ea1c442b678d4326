// The pointer line of charts with all values, zooming by dragging, and the same with the keyboard.

const pointed = new Map();

/**
 * Make a chart react.
 *
 * options: count of its parts; x(part) in pixels, partAt(x); tell(part) gives {title, rows: [[name, text]]};
 * pick(part) and zoom(first, last) do something; charts with the same link show their lines together.
 */
function makeReact(plot, frame, options) {
    const svg = plot.querySelector("svg");
    const state = { at: null, from: null };
    const chart = { plot, frame, options, svg, state };
    pointed.set(plot, chart);
    svg.addEventListener("pointermove", (event) => point(chart, partUnder(chart, event)));
    svg.addEventListener("pointerleave", () => unpoint(chart));
    svg.addEventListener("blur", () => unpoint(chart));
    svg.addEventListener("pointerdown", (event) => {
        state.from = partUnder(chart, event);
        if (options.zoom && event.pointerType === "mouse") svg.setPointerCapture(event.pointerId);
    });
    svg.addEventListener("pointerup", (event) => release(chart, partUnder(chart, event)));
    svg.addEventListener("keydown", (event) => pressed(chart, event));
}

function partUnder({ svg, options }, event) {
    const part = options.partAt(event.clientX - svg.getBoundingClientRect().left);
    return Math.min(Math.max(part, 0), options.count - 1);
}

/** Show the line at a part in a chart and in those that are linked with it. */
function point(chart, part) {
    chart.state.at = part;
    for (const other of pointed.values()) {
        if (other === chart || (chart.options.link && other.options.link === chart.options.link))
            drawLine(other, part);
    }
    showTip(chart, part);
    drawSpan(chart);
}

function drawLine({ svg, frame, options }, part) {
    const line = svg.querySelector(".pointer");
    line.setAttribute("d", `M${round(options.x(part))} ${MARGIN.top}V${frame.height - MARGIN.bottom}`);
    line.setAttribute("visibility", "visible");
}

function showTip({ plot, frame, options }, part) {
    const tip = plot.querySelector(".tip");
    const { title, rows } = options.tell(part);
    tip.innerHTML = `<b>${escaped(title)}</b>${rows
        .map(
            ([name, text, key]) =>
                `<span>${key ? `<i class="dot ${key}"></i>` : ""}${escaped(name)}</span><span>${escaped(text)}</span>`,
        )
        .join("")}`;
    tip.hidden = false;
    const x = options.x(part);
    const left = x + 14 + tip.offsetWidth > frame.width ? x - 14 - tip.offsetWidth : x + 14;
    tip.style.left = `${Math.max(0, Math.min(left, frame.width - tip.offsetWidth))}px`;
}

function drawSpan({ svg, frame, options, state }) {
    const span = svg.querySelector(".span");
    const dragged = options.zoom && state.from !== null && state.from !== state.at;
    span.setAttribute("visibility", dragged ? "visible" : "hidden");
    if (!dragged) return;
    const [left, right] = [options.x(state.from), options.x(state.at)].sort((a, b) => a - b);
    const size = {
        x: left,
        y: MARGIN.top,
        width: right - left,
        height: frame.height - MARGIN.top - MARGIN.bottom,
    };
    for (const [name, value] of Object.entries(size)) span.setAttribute(name, round(value));
}

function release(chart, part) {
    const { state, options } = chart;
    const from = state.from;
    state.from = null;
    if (from === null) return;
    if (options.zoom && from !== part) options.zoom(Math.min(from, part), Math.max(from, part));
    else if (options.pick) options.pick(part);
}

function unpoint(chart) {
    chart.state.from = null;
    for (const { svg, plot } of pointed.values()) {
        svg.querySelector(".pointer").setAttribute("visibility", "hidden");
        svg.querySelector(".span").setAttribute("visibility", "hidden");
        plot.querySelector(".tip").hidden = true;
    }
}

/** Arrows move the line, with Shift they stretch a span, Enter zooms or opens, Escape ends. */
function pressed(chart, event) {
    const { state, options } = chart;
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -options.count, End: options.count }[event.key];
    if (steps !== undefined) {
        const before = state.at ?? (steps > 0 ? -1 : options.count);
        const next = Math.min(Math.max(before + steps, 0), options.count - 1);
        state.from = event.shiftKey ? (state.from ?? state.at ?? next) : null;
        point(chart, next);
    } else if (event.key === "Enter" && state.at !== null) {
        state.from ??= state.at;
        release(chart, state.at);
    } else if (event.key === "Escape" && state.at !== null) {
        state.at = null;
        unpoint(chart);
    } else return;
    event.preventDefault();
    event.stopPropagation();
}
