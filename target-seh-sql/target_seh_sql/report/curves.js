// Charts of quarter hours: sources above and uses below, and the battery's level of charge.

/** Return where the quarter hours of a span are in a frame. */
function quartersIn(frame, quarters, [begin, end]) {
    const count = end - begin;
    const { band, x, partAt } = bandsOf(frame, count);
    const left = (place) => frame.left + (place - begin) * band;
    return { count, x, partAt, left, labels: labelsBelow(frame, timeLabels(quarters, begin, end, left)) };
}

/** Return labels of the times of a day, or of the days of a longer span. */
function timeLabels(quarters, begin, end, x) {
    const every = end - begin > 110 ? 96 : end - begin > 40 ? 12 : end - begin > 16 ? 4 : 1;
    const found = [];
    for (let place = begin; place < end; place += 1) {
        const local = localQuarter(quarters, place);
        if (local % every) continue;
        found.push({ x: x(place), text: every === 96 ? shortDay(local / 96) : clock(local % 96) });
    }
    return found;
}

/** Return the outlines of stacked areas, one for each name, and how far they reach. */
function stackedAreas(quarters, [begin, end], names, sign) {
    const base = new Float64Array(end - begin);
    let reach = 0;
    const areas = names.map((name) => {
        const edges = [];
        for (let place = begin; place < end; place += 1) {
            const watts = powers(quarters, place)[name];
            const from = base[place - begin];
            if (watts > 0) base[place - begin] += (sign * watts) / 1000;
            edges.push([from, base[place - begin]]);
            reach = Math.abs(base[place - begin]) > Math.abs(reach) ? base[place - begin] : reach;
        }
        return [name, edges];
    });
    return { areas, reach };
}

/** Return the path of an area with steps; quarter hours without height are left out. */
function areaPath(edges, frame, places, begin) {
    let path = "";
    for (let start = 0; start < edges.length; start += 1) {
        if (edges[start][0] === edges[start][1]) continue;
        let stop = start;
        while (stop < edges.length && edges[stop][0] !== edges[stop][1]) stop += 1;
        const x = (index) => round(places.left(begin + index));
        path += `M${x(start)} ${round(frame.y(edges[start][0]))}`;
        for (let at = start; at < stop; at += 1) path += `V${round(frame.y(edges[at][1]))}H${x(at + 1)}`;
        for (let at = stop - 1; at >= start; at -= 1) path += `V${round(frame.y(edges[at][0]))}H${x(at)}`;
        start = stop;
    }
    return path;
}

/** Draw the powers of a span; `before` gives the place to compare with a quarter hour by the clock, or is null. */
function powerCurve(plot, site, span, { name, before, zoom }) {
    const { quarters } = site;
    const above = stackedAreas(quarters, span, SOURCES, 1);
    const below = stackedAreas(quarters, span, USES, -1);
    const frame = frameIn(plot, 300, below.reach, Math.max(above.reach, 0.1));
    const places = quartersIn(frame, quarters, span);
    const areas = [...above.areas, ...below.areas]
        .map(([key, edges]) => `<path class="area ${key}" d="${areaPath(edges, frame, places, span[0])}"/>`)
        .join("");
    const valueBefore = (place) => at(quarters.pv, before(localQuarter(quarters, place))) / 1000;
    const old = before && `<path class="before" d="${linePath(frame, places, span, valueBefore)}"/>`;
    putChart(plot, frame, frame.grid + areas + (old ?? "") + places.labels, name, "kW");
    makeReact(plot, frame, { ...places, tell: (part) => momentOf(site, span[0] + part), zoom, link: "time" });
}

/** Return the path of a line with steps, interrupted where there is no value. */
function linePath(frame, places, [begin, end], value) {
    let path = "";
    let drawing = false;
    for (let place = begin; place < end; place += 1) {
        const known = value(place);
        if (isKnown(known)) {
            const y = round(frame.y(Math.min(Math.max(known, frame.levels[0]), frame.levels.at(-1))));
            path += `${drawing ? "V" : `M${round(places.left(place))} `}${y}H${round(places.left(place + 1))}`;
        }
        drawing = isKnown(known);
    }
    return path;
}

/** Return all values of a quarter hour. */
function momentOf(site, place) {
    const title = dayAndTime(localQuarter(site.quarters, place) * 15);
    const charge = at(site.quarters.charge, place) / 10;
    const rows = toldOf(powers(site.quarters, place), power);
    if (isKnown(charge)) rows.push([word("charge"), percent(charge), "charge"]);
    return { title, rows: rows.length ? rows : [[word("nothing"), ""]] };
}

/** Draw the level of charge of a span. */
function chargeCurve(plot, site, span, { name, zoom }) {
    const frame = frameIn(plot, 170, 0, 100);
    const places = quartersIn(frame, site.quarters, span);
    const path = linePath(frame, places, span, (place) => at(site.quarters.charge, place) / 10);
    putChart(plot, frame, `${frame.grid}<path class="line charge" d="${path}"/>${places.labels}`, name, "%");
    makeReact(plot, frame, { ...places, tell: (part) => momentOf(site, span[0] + part), zoom, link: "time" });
}
