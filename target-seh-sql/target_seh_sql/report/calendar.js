// Days and periods. A day is the number of days since 1970, by the site's own clock; a period has its first and last day.

const KINDS = ["day", "week", "month", "year", "all"];
const LENGTHS = { day: 1, week: 7 };

const dateOf = (day) => new Date(day * 86400000);
const dayOf = (year, month, date) => Date.UTC(year, month, date) / 86400000;
const yearOf = (day) => dateOf(day).getUTCFullYear();
const monthOf = (day) => dateOf(day).getUTCMonth();
const written = (day) => dateOf(day).toISOString().slice(0, 10);

/** Return the day of a text such as 2026-06-21, null if it is none. */
function dayFrom(text) {
    const at = Date.parse(`${text}T00:00:00Z`);
    return !Number.isNaN(at) && written(at / 86400000) === text ? at / 86400000 : null;
}

const clamped = (day, { first, last }) => Math.min(Math.max(day, first), last);

/** Return the period of a kind that has a day in it; `all` is from the first to the last day of `known`. */
function periodOf(kind, day, known) {
    const [year, month] = [yearOf(day), monthOf(day)];
    if (kind === "all") return { kind, first: known.first, last: known.last };
    if (kind === "year") return { kind, first: dayOf(year, 0, 1), last: dayOf(year, 11, 31) };
    if (kind === "month") return { kind, first: dayOf(year, month, 1), last: dayOf(year, month + 1, 0) };
    const first = kind === "week" ? day - ((day + 3) % 7) : day;
    return { kind, first, last: first + LENGTHS[kind] - 1 };
}

/** Return the period so many steps later; a range moves by its length. */
function stepped(period, steps) {
    const { kind, first, last } = period;
    if (kind === "all") return period;
    if (kind === "year") return periodOf(kind, dayOf(yearOf(first) + steps, 0, 1));
    if (kind === "month") return periodOf(kind, dayOf(yearOf(first), monthOf(first) + steps, 1));
    const length = last - first + 1;
    return { kind, first: first + steps * length, last: last + steps * length };
}

/** Return the period with which another is compared: as many days of it as are known of the other. */
function comparedWith(period, choice, known) {
    const found = wholeBefore(period, choice);
    if (!found || period.last <= known.last) return found;
    const last = found.first + known.last - period.first;
    return last < found.last ? { kind: last === found.first ? "day" : "range", first: found.first, last } : found;
}

/** Return the whole period before another, or that of a year before. */
function wholeBefore(period, choice) {
    if (choice === "none" || period.kind === "all") return null;
    if (choice === "before") return stepped(period, -1);
    if (period.kind === "year") return stepped(period, -1);
    if (period.kind === "month") return stepped(period, -12);
    const first = period.kind === "week" ? period.first - 364 : yearBefore(period.first);
    return { ...period, first, last: first + period.last - period.first };
}

/** Return the same date of the year before; 29 February becomes the 28th. */
function yearBefore(day) {
    const [year, month] = [yearOf(day) - 1, monthOf(day)];
    return Math.min(dayOf(year, month, dateOf(day).getUTCDate()), dayOf(year, month + 1, 0));
}

function titleOf(period) {
    if (period.kind === "day") return weekday(period.first);
    if (period.kind === "month") return monthAndYear(period.first);
    if (period.kind === "year") return String(yearOf(period.first));
    return word("span", { first: longDay(period.first), last: longDay(period.last) });
}

/** Return what the address says of a period: #2026-06-21, #2026-06, #2026, #all, #2026-06-15..2026-06-21. */
function addressOf(period) {
    if (period.kind === "all") return "all";
    const length = { day: 10, month: 7, year: 4 }[period.kind];
    return length
        ? written(period.first).slice(0, length)
        : `${written(period.first)}..${written(period.last)}`;
}

/** Return the period of an address, null if it says none; where nothing is known the next one of its kind. */
function periodFrom(address, known) {
    const found = periodSaid(address, known);
    if (!found || (found.first <= known.last && found.last >= known.first)) return found;
    return KINDS.includes(found.kind) ? periodOf(found.kind, clamped(found.first, known), known) : null;
}

function periodSaid(address, known) {
    if (address === "all") return periodOf("all", known.last, known);
    const [first, last] = address.split("..").map((part) => dayFrom(part));
    if (last !== undefined)
        return first === null || last === null || last < first ? null : rangeOf(first, last);
    const kind = { 4: "year", 7: "month", 10: "day" }[address.length];
    const day = kind && dayFrom(address + "-01-01".slice(address.length - 4));
    return day === undefined || day === null ? null : periodOf(kind, day, known);
}

/** Return the period from one day to another; whole weeks are weeks. */
function rangeOf(first, last) {
    const kind = last === first ? "day" : last === first + 6 && (first + 3) % 7 === 0 ? "week" : "range";
    return { kind, first, last };
}
