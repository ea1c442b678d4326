// What a period cost and saved under the tariff.

/**
 * Return the price of a kWh on a day in a quarter hour of it: of the entries that hold, the one since the latest day.
 * Where none of several holds it is unknown; a direction without any costs and earns nothing.
 */
function priceAt(entries, day, quarter) {
    const minute = quarter * 15;
    let found = null;
    for (const entry of entries) {
        const wraps = entry.to <= entry.from;
        const holds = wraps
            ? minute >= entry.from || minute < entry.to
            : minute >= entry.from && minute < entry.to;
        const allDay = entry.from === 0 && entry.to === 1440;
        if (entry.since > day || !holds) continue;
        if (!found || entry.since > found.since || (entry.since === found.since && !allDay)) found = entry;
    }
    return found ? found.price : entries.length ? NaN : 0;
}

/** Return the mean price of a day's energy by the hours in which it flowed; a guess where nobody knows them. */
function meanPrice(site, entries, day, name) {
    const [begin, end] = placesOf(site.quarters, { first: day, last: day });
    const prices = new Set();
    let [paid, flowed, evenly] = [0, 0, 0];
    for (let place = begin; place < end; place += 1) {
        const watts = powers(site.quarters, place)[name];
        const price = priceAt(entries, day, localQuarter(site.quarters, place) % 96);
        prices.add(price);
        evenly += price / (end - begin);
        if (watts > 0) {
            paid += watts * price;
            flowed += watts;
        }
    }
    return flowed ? { price: paid / flowed } : { price: evenly, guessed: prices.size > 1 };
}

const moneyOfDays = new Map();

/** Return costs and earnings of a day, null if an energy or its price is unknown. */
function moneyOfDay(site, day) {
    const key = `${site.about.id}/${day}`;
    if (!moneyOfDays.has(key)) moneyOfDays.set(key, countedMoney(site, day));
    return moneyOfDays.get(key);
}

function countedMoney(site, day) {
    const of = (name) => onDay(site, name, day);
    const [consumption, purchased, feedIn] = [of("consumption"), of("purchased"), of("feedIn")];
    if (consumption === null || purchased === null || feedIn === null) return null;
    let guessed = 0;
    const value = (entries, name, wattHours) => {
        if (!wattHours) return wattHours;
        const mean = meanPrice(site, entries, day, name);
        if (mean.guessed) guessed = 1;
        return (wattHours / 1000) * mean.price;
    };
    const bought = value(KNOWN.tariff.import, "purchased", purchased);
    const earned = value(KNOWN.tariff.export, "feedIn", feedIn);
    const without = value(KNOWN.tariff.import, "consumption", consumption);
    const saved = without - bought + earned;
    return Number.isNaN(saved) ? null : { bought, earned, without, saved, days: 1, guessed };
}

/** Return costs, earnings and savings of a period, null without a tariff or any known day. */
function moneyOf(site, period) {
    if (!KNOWN.tariff) return null;
    let sums = null;
    const last = Math.min(period.last, site.known.last);
    for (let day = Math.max(period.first, site.known.first); day <= last; day += 1) {
        const found = moneyOfDay(site, day);
        if (!found) continue;
        sums ??= { bought: 0, earned: 0, without: 0, saved: 0, days: 0, guessed: 0 };
        for (const name of Object.keys(sums)) sums[name] += found[name];
    }
    return sums;
}
