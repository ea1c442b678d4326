// Sums and shares of a period, as the views of the database make them; energies in Wh.

const ENERGIES = ["production", "consumption", "own", "feedIn", "purchased", "charged", "discharged"];
const SOURCES = ["production", "discharged", "purchased"];
const USES = ["consumption", "charged", "feedIn"];

const nothing = () => Object.fromEntries(ENERGIES.map((name) => [name, null]));

/** Return the names of the sources and uses that a test holds for, in the order in which they are shown. */
const flowsThat = (test) => [...SOURCES, ...USES].filter(test);
const knownFlows = (sums) => flowsThat((name) => isKnown(sums[name]));

const hasProduction = (site) => site.days.production.some((wattHours) => wattHours > 0);

/** Return the energy of a day, null if nobody knows it. */
function onDay(site, name, day) {
    return site.days[name][day - site.days.first] ?? null;
}

/** Return the sums of a period; null is no value. */
function energies(site, period) {
    const found = nothing();
    const parts = { used: 0, bought: 0, own: 0, made: 0, known: 0, byProduction: hasProduction(site) };
    const first = Math.max(period.first, site.days.first);
    const last = Math.min(period.last, site.days.first + site.days.production.length - 1);
    for (let day = first; day <= last; day += 1) addDay(site, day, found, parts);
    found.sufficiency = parts.used ? (100 * (parts.used - parts.bought)) / parts.used : null;
    found.rate = parts.made ? (100 * parts.own) / parts.made : null;
    found.days = parts.known;
    found.yield =
        site.about.peak && found.production !== null ? found.production / 1000 / site.about.peak : null;
    found.cycles = site.capacity && found.discharged !== null ? found.discharged / site.capacity : null;
    found.efficiency = found.charged && found.days >= 28 ? (100 * found.discharged) / found.charged : null;
    return found;
}

/** Add a day to sums, and to the parts of shares where both parts are known. */
function addDay(site, day, sums, parts) {
    const of = Object.fromEntries(ENERGIES.map((name) => [name, onDay(site, name, day)]));
    for (const name of ENERGIES) if (of[name] !== null) sums[name] += of[name];
    if (parts.byProduction ? of.production !== null : Object.values(of).some(isKnown)) parts.known += 1;
    if (of.consumption !== null && of.purchased !== null) {
        parts.used += of.consumption;
        parts.bought += of.purchased;
    }
    if (of.own !== null && of.production !== null) {
        parts.own += of.own;
        parts.made += of.production;
    }
}

/** Return the parts of a period: days of up to two months, months of up to four years, else years; or those of another. */
function partsOf(site, period, other = period) {
    const known = {
        first: Math.max(period.first, site.known.first),
        last: Math.min(period.last, site.known.last),
    };
    const shown = period.kind === "all" ? known : period;
    const length = other.kind === "all" ? known.last - known.first + 1 : other.last - other.first + 1;
    const kind = length <= 62 ? "day" : length <= 1500 ? "month" : "year";
    const parts = [];
    for (let day = shown.first; day <= shown.last;) {
        const { first, last } = periodOf(kind, day);
        const part = { kind, first: Math.max(first, shown.first), last: Math.min(last, shown.last) };
        parts.push({ ...part, sums: energies(site, part) });
        day = part.last + 1;
    }
    return parts;
}

/** Return the energies of each hour of a day, from its quarter hours; an hour that the clock repeats is there twice. */
function hoursOf(site, day) {
    const parts = [];
    const [begin, end] = placesOf(site.quarters, { first: day, last: day });
    let [hour, before] = [null, null];
    for (let place = begin; place < end; place += 1) {
        const quarter = localQuarter(site.quarters, place);
        if (Math.floor(quarter / 4) !== hour || quarter < before) {
            hour = Math.floor(quarter / 4);
            parts.push({ kind: "hour", first: day, last: day, hour: hour % 24, sums: nothing() });
        }
        before = quarter;
        addQuarter(site.quarters, place, parts.at(-1).sums);
    }
    return parts;
}

/** Return the hours of another day beside those of `parts`: the same ones by the clock, also in nights that change it. */
function hoursBeside(parts, site, day) {
    const hours = hoursOf(site, day);
    return parts.map((part) => hours.find(({ hour }) => hour === part.hour) ?? { sums: { production: null } });
}

function addQuarter(quarters, place, sums) {
    for (const [name, watts] of Object.entries(powers(quarters, place))) {
        if (!Number.isNaN(watts) && name in sums) sums[name] += watts / 4;
    }
}

const at = (series, place) => (series && place >= 0 && place < series.length ? series[place] : NaN);
const positive = (value) => (Number.isNaN(value) ? NaN : Math.max(value, 0));

/** Return the series of a site's quarter hours that an energy comes from, undefined if it has none. */
const seriesOf = ({ pv, load, grid, storage }, name) =>
    ({
        production: pv,
        consumption: load,
        purchased: grid,
        feedIn: grid,
        charged: storage,
        discharged: storage,
    })[name];

/** Return the powers of a quarter hour by the names of energies, in W. */
function powers(quarters, place) {
    const grid = at(quarters.grid, place);
    const storage = at(quarters.storage, place);
    return {
        production: at(quarters.pv, place),
        consumption: at(quarters.load, place),
        feedIn: positive(grid),
        purchased: positive(-grid),
        charged: positive(storage),
        discharged: positive(-storage),
    };
}

/** Return the best part of all: the one with the most production. */
function best(parts) {
    const known = parts.filter((part) => part.sums.production);
    return known.reduce(
        (found, part) => (found && found.sums.production >= part.sums.production ? found : part),
        null,
    );
}

/** Return all periods of a kind of which something is known, with their sums. */
function allOf(site, kind) {
    const found = [];
    for (
        let period = periodOf(kind, site.known.first);
        period.first <= site.known.last;
        period = stepped(period, 1)
    ) {
        found.push({ ...period, sums: energies(site, period) });
    }
    return found;
}
