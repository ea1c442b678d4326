// The cards of a site: what each is called, when it is shown, what it draws. A card gives its summary and its table.

const LONGEST_CURVE = 14;

const hasQuarters = ({ site, period }) => {
    const [begin, end] = site.quarters.count ? placesOf(site.quarters, period) : [0, 0];
    return end > 0 && begin < site.quarters.count;
};
const isShort = ({ period }) => period.last - period.first < LONGEST_CURVE;
const isNewest = ({ site, period }) =>
    periodOf("day", Math.floor(site.about.latest.local / 1440)).first <= period.last;
const hasBattery = ({ site }) => Boolean(site.quarters.charge) || site.days.charged.some(isKnown);
const isMetered = ({ site }) => site.days.purchased.some(isKnown);

/** Return what is in a span as words: all energies that are known. */
function inWords(sums) {
    const told = knownFlows(sums).map((name) => `${word(name)} ${energy(sums[name])}`);
    return told.join(", ") || word("nothing");
}

function drawFlow(view, plot, choice) {
    const { latest } = view.site.about;
    const now = choice === "now" && latest;
    const values = now ? momentFlows(latest) : energies(view.site, view.period);
    const format = now ? power : energy;
    const when = now ? dayAndTime(latest.local) : titleOf(view.period);
    flowPicture(plot, values, format, {
        name: word("flow_name", { when }),
        charge: now ? latest.charge : null,
    });
    const rows = knownFlows(values).map((name) => [word(name), format(values[name])]);
    const unmeasured = isKnown(values.purchased) || isKnown(values.feedIn) ? "" : ` · ${word("no_meter")}`;
    return {
        summary:
            when + (now && isOld(view.site.about) ? ` (${word("old", { age: ageOf(view.site.about) })})` : "") + unmeasured,
        head: [word("flow"), ""],
        rows,
    };
}

/** Return the figures of a period, as far as a site has them; `was` is the period that it is compared with. */
function figuresOf(sums, was) {
    const one = (key, unit, scale = 1, digits = 1) => {
        const value = isKnown(sums[key]) ? sums[key] / scale : null;
        return {
            key,
            name: word(key),
            value: sums[key],
            text: amount(value, unit, digits),
            was: was?.[key],
            isShare: unit === "%",
        };
    };
    const all = [
        ...ENERGIES.map((key) => one(key, "kWh", 1000)),
        one("sufficiency", "%"),
        one("rate", "%"),
        one("yield", "kWh/kWp", 1, 2),
    ];
    return all.filter(({ key, value }) => key === "production" || isKnown(value));
}

function drawFigures(view, plot) {
    const { site, period, compared } = view;
    const sums = energies(site, period);
    const was = compared ? energies(site, compared) : null;
    const figures = figuresOf(sums, was);
    plot.innerHTML = figureList(figures);
    const summary = compared ? word("compared", { with: titleOf(compared) }) : titleOf(period);
    return {
        summary: summary + missingOf(site, period, sums.days),
        head: [word("figure"), titleOf(period)],
        rows: figures.map(({ name, text }) => [name, text]),
    };
}

/** Tell how many days of a period that has data are not among so many, if any. */
function missingOf(site, period, days) {
    const missing =
        Math.min(period.last, site.known.last) - Math.max(period.first, site.known.first) + 1 - days;
    return missing > 0 ? ` · ${counted("days_missing", missing)}` : "";
}

function drawBalance(view, plot, choice) {
    const { site, period, compared } = view;
    const shown = flowsThat((name) => seriesOf(site.quarters, name) || site.days[name].some(isKnown));
    const name = word("balance_name", { when: titleOf(period) });
    const summary = inWords(energies(site, period));
    if (choice === "curve" && isShort(view) && hasQuarters(view)) {
        const span = view.zoom ?? placesOf(site.quarters, period);
        const back = compared && 96 * (period.first - compared.first);
        const before = compared && ((local) => placeOf(site.quarters, local - back));
        powerCurve(plot, site, span, {
            name,
            before,
            zoom: (first, last) => view.zoomTo([span[0] + first, span[0] + last + 1]),
        });
        return { summary, legend: legendOf(shown, compared), ...tableOfQuarters(site, span) };
    }
    const hourly = period.kind === "day";
    const parts = hourly ? hoursOf(site, period.first) : partsOf(site, period);
    const before =
        compared && (hourly ? hoursBeside(parts, site, compared.first) : partsOf(site, compared, period));
    stackedBars(plot, parts, {
        name,
        before,
        pick: (part) => view.go(parts[part]),
        zoom: hourly ? null : (first, last) => view.go(rangeOf(parts[first].first, parts[last].last)),
    });
    return { summary, legend: legendOf(shown, compared), ...tableOfParts(parts) };
}

function legendOf(names, compared) {
    return legend(names) + (compared ? legend(["production_before"], "line") : "");
}

function tableOfParts(parts) {
    const names = flowsThat((name) => parts.some(({ sums }) => isKnown(sums[name])));
    const rows = parts.map((part) => [longName(part), ...names.map((name) => energy(part.sums[name]))]);
    return { head: [word("when"), ...names.map((name) => word(name))], rows };
}

function tableOfQuarters(site, [begin, end]) {
    const names = flowsThat((name) => seriesOf(site.quarters, name));
    const rows = [];
    for (let place = begin; place < end; place += 1) {
        const values = powers(site.quarters, place);
        rows.push([momentName(site.quarters, place), ...names.map((name) => power(values[name]))]);
    }
    return { head: [word("when"), ...names.map((name) => word(name))], rows };
}

function drawBattery(view, plot) {
    const sums = energies(view.site, view.period);
    const figures = [
        ["battery-charged", "charged", sums.charged, energy],
        ["battery-discharged", "discharged", sums.discharged, energy],
        ["cycles", "cycles", sums.cycles, (value) => number(value, 2)],
        ["efficiency", "efficiency", sums.efficiency, percent],
    ].map(([key, name, value, format]) => ({ key, name: word(name), value, text: format(value) }));
    const [list, chart] = ["div", "div"].map((tag) => plot.appendChild(document.createElement(tag)));
    list.innerHTML = figureList(figures.filter(({ key, value }) => key !== "efficiency" || isKnown(value)));
    chart.className = "plot";
    return isShort(view) && hasQuarters(view) ? drawCharge(view, chart) : drawCycles(view, chart);
}

function drawCharge({ site, period, zoom, zoomTo }, plot) {
    const span = zoom ?? placesOf(site.quarters, period);
    chargeCurve(plot, site, span, {
        name: word("charge_name", { when: titleOf(period) }),
        zoom: (first, last) => zoomTo([span[0] + first, span[0] + last + 1]),
    });
    const quarters = Array.from({ length: span[1] - span[0] }, (_, index) => span[0] + index);
    const rows = quarters.map((place) => [
        momentName(site.quarters, place),
        percent(at(site.quarters.charge, place) / 10),
    ]);
    return { summary: word("charge_summary"), head: [word("when"), word("charge")], rows };
}

function drawCycles({ site, period, go }, plot) {
    const parts = partsOf(site, period);
    const cycles = parts.map((part) => part.sums.cycles);
    const format = (value) => number(value, 2);
    plainBars(plot, parts, cycles, {
        name: word("cycles"),
        key: "charged",
        format,
        pick: (part) => go(parts[part]),
    });
    const rows = parts.map((part, index) => [longName(part), format(cycles[index])]);
    return { summary: word("cycles_summary"), head: [word("when"), word("cycles")], rows };
}

/** Return day and time of a quarter hour, for a table. */
function momentName(quarters, place) {
    const local = localQuarter(quarters, place);
    return `${shortDay(Math.floor(local / 96))} ${clock(local % 96)}`;
}

/** Return the span of the map of hours: the period, or the month of a shorter one; only what is known. */
function heatSpan({ site, period }) {
    const wide = period.last - period.first < 27 ? periodOf("month", period.first) : period;
    const span = {
        first: Math.max(wide.first, site.known.first),
        last: Math.min(wide.last, site.known.last),
    };
    return span.first <= span.last ? span : wide;
}

function drawHeat(view, plot, choice) {
    const span = heatSpan(view);
    const when = word("span", { first: longDay(span.first), last: longDay(span.last) });
    const name = word("heat_name", { what: word(choice), when });
    const { hours, highest } = heatMap(plot, view.site, choice, span, {
        name,
        pick: (day) => view.go(rangeOf(day, day)),
    });
    const rows = meanByHour(hours).map((watts, hour) => [clock(hour * 4), power(watts)]);
    return {
        summary: `${word(choice)}, ${when}`,
        legend: heatLegend(plot, highest),
        head: [word("hour"), word("mean")],
        rows,
    };
}

function drawShares(view, plot) {
    const shown = isShort(view) ? { ...view, period: periodOf("month", view.period.first) } : view;
    const parts = partsOf(view.site, shown.period);
    const series = ["sufficiency", "rate"].map((key) => ({
        key,
        values: parts.map(({ sums }) => sums[key]),
    }));
    lines(plot, parts, series, {
        name: word("shares_name", { when: titleOf(shown.period) }),
        high: 100,
        format: percent,
        pick: (part) => view.go(parts[part]),
    });
    const rows = parts.map((part) => [
        longName(part),
        percent(part.sums.sufficiency),
        percent(part.sums.rate),
    ]);
    return {
        summary: word("shares_summary"),
        legend: legend(["sufficiency", "rate"], "line"),
        head: [word("when"), word("sufficiency"), word("rate")],
        rows,
    };
}

function drawYears(view, plot) {
    const chosen = yearOf(Math.min(view.period.last, view.site.known.last));
    const known = allOf(view.site, "year")
        .map(({ first }) => yearOf(first))
        .reverse();
    const order = [chosen, ...known.filter((year) => year !== chosen)].slice(0, 5);
    const years = order.map((year) => ({
        year,
        months: Array.from({ length: 12 }, (_, month) => {
            const period = periodOf("month", dayOf(year, month, 1));
            return { ...period, sums: energies(view.site, period) };
        }),
    }));
    yearsBeside(plot, years, {
        name: word("years_name", { year: chosen }),
        pick: (month) => view.go(years[0].months[month]),
    });
    const rows = years[0].months.map((month, index) => [
        dates({ month: "long" })(month.first),
        ...years.map(({ months }) => energy(months[index].sums.production)),
    ]);
    return {
        summary: word("years_summary"),
        legend: legendOfYears(years),
        head: [word("when"), ...order.map(String)],
        rows,
    };
}
