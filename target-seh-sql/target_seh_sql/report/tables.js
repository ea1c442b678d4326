// The cards that are lists: records, money, alerts, and whether everything is there and agrees.

function drawRecords({ site, go }, plot) {
    const [day, month, year] = ["day", "month", "year"].map((kind) => best(allOf(site, kind)));
    const found = [
        [
            "lifetime",
            energies(site, site.known).production,
            word("since", { day: longDay(site.known.first) }),
            energy,
            null,
        ],
        ["best_day", day?.sums.production, day && longDay(day.first), energy, day],
        ["best_month", month?.sums.production, month && monthAndYear(month.first), energy, month],
        ["best_year", year?.sums.production, year && String(yearOf(year.first)), energy, year],
        ["best_power", ...highestPower(site), power, null],
    ].filter(([, value]) => isKnown(value));
    const figures = found.map(([key, value, note, format]) => ({
        key,
        name: word(key),
        value,
        text: format(value),
        note,
    }));
    plot.innerHTML = figureList(figures);
    return {
        summary: word("records_summary"),
        head: [word("figure"), "", word("when")],
        rows: figures.map(({ name, text, note }) => [name, text, note]),
    };
}

/** Return the highest production of a quarter hour, and its day. */
function highestPower({ quarters }) {
    let place = -1;
    (quarters.pv ?? []).forEach((watts, index) => {
        if (watts > 0 && (place < 0 || watts > quarters.pv[place])) place = index;
    });
    return place < 0 ? [null, ""] : [quarters.pv[place], longDay(dayAt(quarters, place))];
}

function drawMoney({ site, period, compared }, plot) {
    const [sums, was] = [moneyOf(site, period), compared && moneyOf(site, compared)];
    const keys = ["saved", "bought", "earned", "without"];
    const figures = keys.map((key) => ({
        key: `money-${key}`,
        name: word(`money_${key}`),
        value: sums?.[key] ?? null,
        text: money(sums?.[key] ?? null),
        was: was?.[key],
    }));
    plot.innerHTML = figureList(figures);
    const guessed = sums?.guessed ? ` · ${counted("days_guessed", sums.guessed)}` : "";
    return {
        summary: word("money_summary") + missingOf(site, period, sums?.days ?? 0) + guessed,
        head: [word("figure"), titleOf(period)],
        rows: figures.map(({ name, text }) => [name, text]),
    };
}

function drawAlerts({ site }, plot) {
    const rows = site.alerts.map(
        ({ type, status, impact, component_name: part, first_trigger: first, last_trigger: last }) => [
            type ? readable(type) : word("none"),
            word(status === "OPEN" ? "open" : "closed"),
            isKnown(impact) ? number(impact, 0) : word("none"),
            part ?? word("none"),
            ...[first, last].map((seconds) => (seconds === null ? word("none") : utc(seconds))),
        ],
    );
    const head = ["alert", "state", "impact", "device", "first_seen", "last_seen"].map((key) => word(key));
    plot.innerHTML = rows.length
        ? scrolling(word("alerts"), tableOf(head, rows, [0, 1, 3, 4, 5]))
        : `<p>${escaped(word("no_alerts"))}</p>`;
    return { summary: counted("open_alerts", site.about.alerts) };
}

/** Return a name in capitals, such as INVERTER_FAULT, as people write it. */
const readable = (name) => name[0] + name.slice(1).toLowerCase().replaceAll("_", " ");

/** Return a line for each device that is silent while others are not, with what has no values since. */
function silentDevices(site) {
    const silent = site.streams.flatMap((stream) => stream.silent);
    const lines = silent.map(({ device, since, empty }) => {
        const what = empty.map((name) => word(name)).join(", ");
        const told = word(what ? "silent_since" : "silent", { device, since: utc(since), what });
        return `<p><span class="bad">${escaped(told)}</span> ${escaped(word("silent_advice"))}</p>`;
    });
    return lines.join("");
}

function drawStreams({ site }, plot) {
    const rows = site.streams.map(({ name, rows: count, newest, read, gaps, missing, failed }) => [
        word(`stream_${name}`),
        number(count, 0),
        newest ? utc(newest) : word("none"),
        read ? word("ago", { age: span(now() - read) }) : word("never"),
        gaps ? number(gaps, 0) : word("zero"),
        missing ? number(missing, 0) : word("zero"),
        failed === null ? word("fine") : word("failed", { why: failed }),
    ]);
    const head = ["stream", "rows", "newest_utc", "read", "gaps", "missing", "last_run"].map((key) =>
        word(key),
    );
    const list = scrolling(word("streams"), tableOf(head, rows, [0, 2, 3, 6]), "scroll");
    plot.innerHTML = silentDevices(site) + list;
    const gaps = site.streams.reduce((sum, stream) => sum + stream.gaps, 0);
    return { summary: gaps ? counted("gaps_found", gaps) : word("no_gaps") };
}

const QUANTITIES = {
    production: "production",
    consumption: "consumption",
    self_consumption: "own",
    feed_in: "feedIn",
    purchased: "purchased",
};

function drawAgreement({ site }, plot) {
    const { months, agreeing, toCome, worst, differs } = site.agreement;
    const figures = [
        {
            key: "agreeing",
            name: word("months_agreeing"),
            value: agreeing,
            text: word("of_all", { count: number(agreeing, 0), all: number(months, 0) }),
        },
        { key: "worst", name: word("worst_month"), value: worst, text: amount(worst, "%", 2) },
        { key: "to-come", name: word("months_to_come"), value: toCome, text: number(toCome, 0) },
    ].filter(({ key, value }) => key !== "to-come" || value > 0);
    const rows = differs.map(({ month, quantity, ours, theirs, percent: difference, missing }) => [
        month === null ? word("since_installation") : monthAndYear(month),
        word(QUANTITIES[quantity]),
        energy(ours),
        energy(theirs),
        amount(difference, "%", 2),
        missing ? number(missing, 0) : word("zero"),
    ]);
    const head = ["when", "figure", "ours", "theirs", "difference", "no_days"].map((key) => word(key));
    const list = rows.length ? scrolling(word("agreement"), tableOf(head, rows, [0, 1]), "scroll") : "";
    plot.innerHTML = figureList(figures) + list;
    if (!months) return { summary: word("not_compared") };
    return { summary: rows.length ? counted("differences", rows.length) : word("all_agree") };
}
