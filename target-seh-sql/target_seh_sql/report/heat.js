// The map of hours: one column for each day of its span, one row for each hour of the day, by the site's clock.

const HEATS = ["production", "consumption", "purchased", "feedIn"];
const HEAT_HEIGHT = 24 * 9;

/** Return the mean power of each hour of a span, NaN where nobody knows it: [day][hour] in one row. */
function hoursOfSpan(site, name, { first, last }) {
    const [sums, counts] = [
        new Float64Array((last - first + 1) * 24),
        new Uint8Array((last - first + 1) * 24),
    ];
    const [begin, end] = placesOf(site.quarters, { first, last });
    for (let place = Math.max(begin, 0); place < Math.min(end, site.quarters.count); place += 1) {
        const watts = powers(site.quarters, place)[name];
        if (Number.isNaN(watts)) continue;
        const cell = Math.floor(localQuarter(site.quarters, place) / 4) - first * 24;
        sums[cell] += watts;
        counts[cell] += 1;
    }
    return sums.map((sum, cell) => (counts[cell] ? sum / counts[cell] : NaN));
}

/** Return the colour of a share from 0 (and below) to 1 as red, green and blue, between the stops of the page's style. */
function colourOf(share, stops) {
    const place = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
    const lower = Math.min(Math.floor(place), stops.length - 2);
    return stops[lower].map((part, index) =>
        Math.round(part + (stops[lower + 1][index] - part) * (place - lower)),
    );
}

/** Return the colours of the page's style, from the lowest to the highest, such as #ffcc00. */
const coloursOf = (plot) => getComputedStyle(plot).getPropertyValue("--heat").trim().split(/\s+/);

function stopsOf(plot) {
    const parts = [1, 3, 5];
    return coloursOf(plot).map((colour) => parts.map((at) => parseInt(colour.slice(at, at + 2), 16)));
}

/** Return a picture of the hours, one pixel each, as the address of an image. */
function heatImage(hours, days, highest, stops) {
    const canvas = Object.assign(document.createElement("canvas"), { width: days, height: 24 });
    const drawing = canvas.getContext("2d");
    const image = drawing.createImageData(days, 24);
    hours.forEach((watts, cell) => {
        if (Number.isNaN(watts)) return;
        const pixel = 4 * ((cell % 24) * days + Math.floor(cell / 24));
        image.data.set([...colourOf(watts / highest, stops), 255], pixel);
    });
    drawing.putImageData(image, 0, 0);
    return canvas.toDataURL();
}

/** Draw the map of a span. */
function heatMap(plot, site, key, span, { name, pick }) {
    const count = span.last - span.first + 1;
    const hours = hoursOfSpan(site, key, span);
    const highest = hours.reduce((found, watts) => (watts > found ? watts : found), 1);
    const frame = {
        width: Math.max(plot.clientWidth, 240),
        height: HEAT_HEIGHT + MARGIN.top + MARGIN.bottom,
    };
    Object.assign(frame, { left: MARGIN.left, inner: { width: frame.width - MARGIN.left - MARGIN.right } });
    const bands = bandsOf(frame, count);
    const rows = [0, 6, 12, 18].map((hour) =>
        label(MARGIN.left - 6, MARGIN.top + hour * 9 + 9, clock(hour * 4)),
    );
    const image =
        `<rect class="unknown" x="${MARGIN.left}" y="${MARGIN.top}" width="${frame.inner.width}" height="${HEAT_HEIGHT}"/>` +
        `<image class="hours" x="${MARGIN.left}" y="${MARGIN.top}" width="${frame.inner.width}" height="${HEAT_HEIGHT}" ` +
        `preserveAspectRatio="none" href="${heatImage(hours, count, highest, stopsOf(plot))}"/>`;
    putChart(plot, frame, image + rows.join("") + labelsBelow(frame, heatLabels(span, bands)), name);
    const state = { hour: 12 };
    const tell = (day) => ({
        title: `${longDay(span.first + day)}, ${clock(state.hour * 4)}`,
        rows: [[word(key), power(hours[day * 24 + state.hour]), key]],
    });
    makeReact(plot, frame, { count, ...bands, tell, pick: (day) => pick(span.first + day) });
    followHour(plot.querySelector("svg"), state);
    return { hours, highest };
}

/** Know over which hour the mouse is; the arrows up and down choose another one. */
function followHour(svg, state) {
    svg.addEventListener(
        "pointermove",
        (event) => {
            const y = event.clientY - svg.getBoundingClientRect().top - MARGIN.top;
            state.hour = Math.min(Math.max(Math.floor(y / 9), 0), 23);
        },
        { capture: true },
    );
    svg.addEventListener("keydown", (event) => {
        const steps = { ArrowUp: -1, ArrowDown: 1 }[event.key];
        if (steps === undefined) return;
        state.hour = (state.hour + steps + 24) % 24;
        event.preventDefault();
        const chart = pointed.get(svg.parentElement);
        point(chart, chart.state.at ?? 0);
    });
}

/** Return labels at the first days of months, or at each day of a short span. */
function heatLabels(span, bands) {
    const found = [];
    const length = span.last - span.first;
    const kind = length > 800 ? "year" : length < 63 ? "day" : "month";
    for (let first = span.first; first <= span.last; first += 1) {
        if (first !== periodOf(kind, first).first) continue;
        found.push({ x: bands.x(first - span.first), text: shortName({ kind, first }) });
    }
    return found;
}

/** Return the scale of the colours. */
function heatLegend(plot, highest) {
    const ramp = `<span class="ramp" style="background: linear-gradient(to right, ${coloursOf(plot).join(", ")})"></span>`;
    const unknown = `<span><i class="unknown-box"></i>${word("nothing")}</span>`;
    return `<p class="legend"><span>${power(0)}</span>${ramp}<span>${power(highest)}</span>${unknown}</p>`;
}

/** Return the mean of each hour of the day, for the table. */
function meanByHour(hours) {
    return Array.from({ length: 24 }, (_, hour) => {
        const known = Array.from(hours).filter((watts, cell) => cell % 24 === hour && !Number.isNaN(watts));
        return known.length ? known.reduce((sum, watts) => sum + watts, 0) / known.length : NaN;
    });
}
