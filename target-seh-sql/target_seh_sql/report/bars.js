// Charts with one place for each part of a period: stacked bars, shares as lines, years beside each other.

/** Return the short name of a part, for the axis. */
function shortName(part) {
    if (part.kind === "hour") return clock(part.hour * 4);
    if (part.kind === "day") return shortDay(part.first);
    return part.kind === "month" ? shortMonth(part.first) : String(yearOf(part.first));
}

function longName(part) {
    if (part.kind === "hour")
        return word("hour_of", { hour: clock(part.hour * 4), day: longDay(part.first) });
    return titleOf(part);
}

/** Return where parts are in a frame, and which part is where. */
function bandsOf(frame, count) {
    const band = frame.inner.width / count;
    const x = (part) => frame.left + (part + 0.5) * band;
    return {
        band,
        x,
        partAt: (at) => Math.floor((at - frame.left) / band),
        labels: (texts) => labelsBelow(frame, texts.map((text, part) => ({ x: x(part), text }))),
    };
}

/** Return what is stacked at a part: [name, from, to] of those that have a value. */
function stack(sums, names, scale) {
    let from = 0;
    const found = [];
    for (const name of names) {
        if (!sums[name]) continue;
        found.push([name, from, from + sums[name] * scale]);
        from += sums[name] * scale;
    }
    return found;
}

/** Draw sources above and uses below; `before` are the parts of the period that it is compared with. */
function stackedBars(plot, parts, { name, before, pick, zoom }) {
    const stacks = parts.map(({ sums }) => [...stack(sums, SOURCES, 1e-3), ...stack(sums, USES, -1e-3)]);
    const old = (before ?? []).slice(0, parts.length).map(({ sums }) => kilo(sums.production));
    const ends = [...stacks.flat().map(([, , to]) => to), ...old.filter(isKnown)];
    const frame = frameIn(plot, 260, Math.min(0, ...ends), Math.max(0, ...ends));
    const bands = bandsOf(frame, parts.length);
    const width = Math.max(1, Math.min(bands.band * 0.72, 64));
    const bars = stacks.flatMap((stacked, part) =>
        stacked.map(([key, from, to]) => barOf(key, bands.x(part), width, frame.y(from), frame.y(to))),
    );
    const mark = (value, part) =>
        `<path class="before" d="M${round(bands.x(part) - width / 2 - 2)} ${round(frame.y(value))}h${round(width + 4)}"/>`;
    const marks = old.map((value, part) => (isKnown(value) ? mark(value, part) : ""));
    const content = [frame.grid, ...bars, ...marks, bands.labels(parts.map(shortName))].join("");
    putChart(plot, frame, content, name, "kWh");
    const tell = (part) => ({
        title: longName(parts[part]),
        rows: toldOf(parts[part].sums, energy, old[part]),
    });
    makeReact(plot, frame, { count: parts.length, ...bands, tell, pick, zoom });
}

/** Return the lines of a tip: all that is known, and what production was in the compared period. */
function toldOf(values, format, before) {
    const rows = knownFlows(values).map((name) => [word(name), format(values[name]), name]);
    return isKnown(before) ? [...rows, [word("production_before"), energy(before * 1000)]] : rows;
}

/** Draw lines with points of their own shapes; series: [{key, values}]. */
function lines(plot, parts, series, { name, high, format, pick }) {
    const frame = frameIn(plot, 210, 0, high);
    const bands = bandsOf(frame, parts.length);
    const drawn = series
        .map(({ key, values }, shape) => {
            const points = values.map((value, part) =>
                isKnown(value) ? [round(bands.x(part)), round(frame.y(value))] : null,
            );
            const path = points
                .map((p, part) => (p ? `${points[part - 1] ? "L" : "M"}${p[0]} ${p[1]}` : ""))
                .join("");
            return (
                `<path class="line ${key}" d="${path}"/>` +
                points
                    .filter(Boolean)
                    .map(([x, y]) => `<path class="point ${key}" d="${marker(shape, x, y)}"/>`)
                    .join("")
            );
        })
        .join("");
    putChart(plot, frame, frame.grid + drawn + bands.labels(parts.map(shortName)), name, "%");
    const tell = (part) => ({
        title: longName(parts[part]),
        rows: series.map(({ key, values }) => [word(key), format(values[part]), key]),
    });
    makeReact(plot, frame, { count: parts.length, ...bands, tell, pick });
}

/** Return the outline of a point: a disc, a square, a diamond, a triangle. */
function marker(shape, x, y, size = 3.5) {
    if (shape % 4 === 0)
        return `M${x - size} ${y}a${size} ${size} 0 1 0 ${2 * size} 0a${size} ${size} 0 1 0 ${-2 * size} 0`;
    if (shape % 4 === 1) return `M${x - size} ${y - size}h${2 * size}v${2 * size}h${-2 * size}z`;
    if (shape % 4 === 2)
        return `M${x} ${y - size * 1.3}l${size * 1.3} ${size * 1.3}l${-size * 1.3} ${size * 1.3}l${-size * 1.3} ${-size * 1.3}z`;
    return `M${x} ${y - size * 1.2}l${size * 1.2} ${size * 2.2}h${-size * 2.4}z`;
}

/** Draw the months of a year as bars, those of the other years as points. */
function yearsBeside(plot, years, { name, pick }) {
    const [chosen, ...others] = years;
    const values = years.map(({ months }) => months.map((month) => kilo(month.sums.production)));
    const frame = frameIn(plot, 210, 0, Math.max(1, ...values.flat().filter(isKnown)));
    const bands = bandsOf(frame, 12);
    const bar = (value, month) =>
        barOf("production", bands.x(month), bands.band * 0.6, frame.y(0), frame.y(value));
    const point = (shape) => (value, month) =>
        `<path class="point year" d="${marker(shape, round(bands.x(month)), round(frame.y(value)))}"/>`;
    const drawn = (of, draw) => of.map((value, month) => (isKnown(value) ? draw(value, month) : ""));
    const bars = drawn(values[0], bar);
    const points = others.flatMap((_, shape) => drawn(values[shape + 1], point(shape)));
    const content = [frame.grid, ...bars, ...points, bands.labels(chosen.months.map(shortName))].join("");
    putChart(plot, frame, content, name, "kWh");
    const tell = (month) => ({
        title: dates({ month: "long" })(chosen.months[month].first),
        rows: years.map(({ year }, index) => [String(year), amount(values[index][month], "kWh")]),
    });
    makeReact(plot, frame, { count: 12, ...bands, tell, pick });
}

/** Return the key of the years: a bar, and the shape of each other year. */
function legendOfYears(years) {
    const swatch = (index) =>
        index === 0
            ? '<rect class="area production" width="14" height="12" rx="2"/>'
            : `<path class="point year" d="${marker(index - 1, 7, 6)}"/>`;
    return `<p class="legend">${years
        .map(
            ({ year }, index) =>
                `<span><svg width="14" height="12" aria-hidden="true">${swatch(index)}</svg>${year}</span>`,
        )
        .join("")}</p>`;
}

/** Draw one bar for each part. */
function plainBars(plot, parts, values, { name, key, format, pick }) {
    const frame = frameIn(plot, 170, 0, Math.max(0.1, ...values.filter(isKnown)));
    const bands = bandsOf(frame, parts.length);
    const width = Math.max(1, Math.min(bands.band * 0.72, 48));
    const bar = (value, part) => barOf(key, bands.x(part), width, frame.y(0), frame.y(value));
    const bars = values.map((value, part) => (isKnown(value) ? bar(value, part) : "")).join("");
    putChart(plot, frame, frame.grid + bars + bands.labels(parts.map(shortName)), name);
    const tell = (part) => ({ title: longName(parts[part]), rows: [[name, format(values[part]), key]] });
    makeReact(plot, frame, { count: parts.length, ...bands, tell, pick });
}
