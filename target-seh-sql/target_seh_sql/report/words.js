// Words, numbers and dates: every text that a program puts on the page is made here, in the page's language.

const byId = (id) => document.getElementById(id);
const KNOWN = JSON.parse(byId("known").textContent);
const WORDS = KNOWN.words;
const LOCALE = WORDS.locale;

/** Return a text of the page's language; `{name}` in it stands for a value. */
function word(key, values = {}) {
    if (!(key in WORDS)) throw new Error(`no word ${key}`);
    return WORDS[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Return the form of a word for a count: its key ends with _one or _many. */
function counted(key, count) {
    return word(`${key}_${count === 1 ? "one" : "many"}`, { count: number(count, 0) });
}

const formats = new Map();

function number(value, digits = 1) {
    if (!formats.has(digits)) {
        const exactly = { minimumFractionDigits: digits, maximumFractionDigits: digits };
        formats.set(digits, new Intl.NumberFormat(LOCALE, exactly));
    }
    return value === null || Number.isNaN(value) ? word("none") : formats.get(digits).format(value);
}

/** Return a number with its unit, millions without a fraction; without a value only the word for that. */
function amount(value, unit, digits = 1) {
    if (value === null || Number.isNaN(value)) return word("none");
    return `${number(value, Math.abs(value) < 1e6 ? digits : 0)} ${unit}`;
}

const kilo = (value) => (value === null ? null : value / 1000);
const energy = (wattHours) => amount(kilo(wattHours), "kWh", 1);
const power = (watts) => amount(kilo(watts), "kW", 2);
const percent = (value) => amount(value, "%", 1);

function money(value) {
    const unit = KNOWN.tariff.currency;
    return unit ? amount(value, unit, 2) : number(value, 2);
}

function dates(options) {
    const format = new Intl.DateTimeFormat(LOCALE, { timeZone: "UTC", ...options });
    return (day) => format.format(dateOf(day));
}

const longDay = dates({ day: "numeric", month: "long", year: "numeric" });
const weekday = dates({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const shortDay = dates({ day: "numeric", month: "short" });
const monthAndYear = dates({ month: "long", year: "numeric" });
const shortMonth = dates({ month: "short" });

/** Return the time of a minute of the day, 0 to 1439. */
function time(minute) {
    const two = (part) => String(part).padStart(2, "0");
    return `${two(Math.floor(minute / 60) % 24)}:${two(minute % 60)}`;
}

/** Return the time of a quarter hour of the day, 0 to 95. */
const clock = (quarter) => time(quarter * 15);

/** Return a moment (minutes since 1970) as day and time by the clock that counted them. */
const dayAndTime = (minutes) => `${longDay(Math.floor(minutes / 1440))}, ${time(minutes % 1440)}`;

/** Return a moment (seconds since 1970) as day and time in UTC. */
const utc = (seconds) => dayAndTime(Math.floor(seconds / 60));

/** Return a length of time in the words of people, such as 3 hours. */
function span(seconds) {
    const minutes = Math.max(Math.round(seconds / 60), 0);
    if (minutes < 120) return counted("minutes", minutes);
    return minutes < 2880
        ? counted("hours", Math.floor(minutes / 60))
        : counted("days", Math.floor(minutes / 1440));
}

function escaped(text) {
    return String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
