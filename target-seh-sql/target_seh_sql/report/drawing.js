// What all charts share: a frame with axes, a legend, a table. Charts are SVG, made as text.

/** An axis is no shorter: its numbers have three digits at most. */
const SMALLEST = 0.004;
const MARGIN = { left: 48, right: 8, top: 10, bottom: 24 };

/** Return steps of 1, 2 or 5 times a power of ten that cover low to high. */
function ticks(low, high, wanted = 4) {
    const width = high - low || 1;
    const power10 = 10 ** Math.floor(Math.log10(width / wanted));
    const step = [1, 2, 5, 10].map((times) => times * power10).find((size) => width / size <= wanted + 1);
    const found = [];
    for (let index = Math.floor(low / step + 1e-9); index <= Math.ceil(high / step - 1e-9); index += 1) {
        found.push(index * step);
    }
    return found;
}

/** Return a frame in a place of the page: positions of values, the grid and the axis that belongs to them. */
function frameIn(plot, height, low, high) {
    const width = Math.max(plot.clientWidth, 240);
    const levels = ticks(Math.min(low, 0), high > low ? Math.max(high, low + SMALLEST) : low + 1);
    const [bottom, top] = [levels[0], levels[levels.length - 1]];
    const texts = axisTexts(levels);
    const left = Math.max(MARGIN.left, 12 + 6.5 * Math.max(...texts.map((text) => text.length)));
    const inner = { width: width - left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
    const y = (value) => MARGIN.top + ((top - value) / (top - bottom)) * inner.height;
    return {
        width,
        height,
        inner,
        y,
        levels,
        left,
        right: width - MARGIN.right,
        grid: levels.map((level, index) => gridLine(level, y, left, width, texts[index])).join(""),
    };
}

/** Return the numbers at an axis, with as many digits as its steps need. */
function axisTexts(levels) {
    const step = levels.length > 1 ? levels[1] - levels[0] : 1;
    const digits = Math.max(0, Math.min(3, -Math.floor(Math.log10(step) + 1e-9)));
    return levels.map((level) => number(Math.abs(level), digits));
}

function gridLine(level, y, left, width, text) {
    const at = round(y(level));
    const zero = Math.abs(level) < 1e-9 ? " zero" : "";
    return (
        `<path class="grid-line${zero}" d="M${left} ${at}H${width - MARGIN.right}"/>` +
        label(left - 6, at + 4, text)
    );
}

const round = (value) => Math.round(value * 10) / 10;

/** Return a text of a chart; `anchor` is start, middle or end. */
function label(x, y, text, anchor = "end", look = "tick") {
    return `<text class="${look}" x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escaped(text)}</text>`;
}

/** Return a bar between two heights. */
function barOf(key, middle, width, from, to) {
    const [top, height] = [Math.min(from, to), Math.max(Math.abs(from - to), 0.5)];
    const size = `x="${round(middle - width / 2)}" y="${round(top)}" width="${round(width)}" height="${round(height)}"`;
    return `<rect class="area ${key}" ${size}/>`;
}

/** Return a table in a box that can be scrolled, with the name that a screen reader tells. */
function scrolling(name, table, look = "scroll tall") {
    return `<div class="${look}" tabindex="0" role="region" aria-label="${escaped(name)}">${table}</div>`;
}

/** Return labels below the frame, as many as there is room for. */
function labelsBelow(frame, labels) {
    let until = -Infinity;
    return labels
        .map(({ x, text }) => {
            const half = text.length * 3.4;
            const middle = Math.min(Math.max(x, half), frame.width - half);
            if (middle - half < until + 8) return "";
            until = middle + half;
            return label(middle, frame.height - 6, text, "middle");
        })
        .join("");
}

/** Put a chart into its place; `unit` stands above the axis. */
function putChart(plot, frame, content, name, unit = "") {
    const size = `viewBox="0 0 ${frame.width} ${frame.height}" width="${frame.width}" height="${frame.height}"`;
    plot.innerHTML =
        `<svg ${size} role="img" tabindex="0" aria-label="${escaped(name)}">${content}` +
        label(frame.left + 4, MARGIN.top + 11, unit, "start") +
        '<path class="pointer" visibility="hidden"/><rect class="span" visibility="hidden"/></svg>' +
        '<div class="tip" role="status" hidden></div>';
}

/** Return the keys of a chart: the swatches have the pattern or the dash of what they stand for. */
function legend(names, shape = "box") {
    const swatch = (name) =>
        shape === "line"
            ? `<svg width="26" height="12" aria-hidden="true"><path class="line ${name}" d="M1 6H25"/></svg>`
            : `<svg width="14" height="12" aria-hidden="true"><rect class="area ${name}" width="14" height="12" rx="2"/></svg>`;
    return `<p class="legend">${names.map((name) => `<span>${swatch(name)}${escaped(word(name))}</span>`).join("")}</p>`;
}

/** Return a table; the columns `texts` hold text, the others numbers. */
function tableOf(head, rows, texts = [0]) {
    const cells = (row, tag) =>
        row
            .map((cell, column) => {
                const scope = tag === "th" ? ' scope="col"' : "";
                return `<${tag}${scope}${texts.includes(column) ? "" : ' class="number"'}>${escaped(cell)}</${tag}>`;
            })
            .join("");
    return (
        `<table><thead><tr>${cells(head, "th")}</tr></thead><tbody>` +
        `${rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("")}</tbody></table>`
    );
}

/** Return figures as a list of names and values; `was` is the value that a figure is compared with. */
function figureList(figures) {
    return `<dl class="figures">${figures
        .map(
            ({ name, key, value, text, was, note, isShare }) =>
                `<div><dt>${escaped(name)}</dt><dd><data data-figure="${key}" value="${value ?? ""}">${escaped(text)}</data>` +
                `${change(value, was, isShare)}</dd>${note ? `<dd class="note">${escaped(note)}</dd>` : ""}</div>`,
        )
        .join("")}</dl>`;
}

/** Return by how much a value is more or less than it was: in percent, a share in points. */
function change(value, was, isShare) {
    if (!isKnown(was) || !isKnown(value) || was === 0) return "";
    const by = isShare ? value - was : (100 * (value - was)) / Math.abs(was);
    const sign = by >= 0.05 ? "▲" : by <= -0.05 ? "▼" : "=";
    const size = isShare ? word("points", { count: number(Math.abs(by)) }) : percent(Math.abs(by));
    return `<small class="change">${sign} ${size}</small>`;
}

/** Whether something has a value. */
const isKnown = (value) => value !== null && value !== undefined && !Number.isNaN(value);
