// The list of all sites: sortable, searchable; a click opens a site.

const OLD = 86400;
const now = () => Date.now() / 1000;

/** Return until when there are data of a site, null if there are none: its newest moment, or the end of its last day. */
const dataUntil = ({ latest, last }) => latest?.at ?? (isKnown(last) ? (last + 1) * 86400 : null);
const isOld = (about) => now() - dataUntil(about) > OLD;
const ageOf = (about) => span(now() - dataUntil(about));

const fleet = { key: "name", falling: false, wanted: "" };

/** Return the newest day of all sites; one that is to come, of a site whose clock is wrong, counts only without others. */
function newestOfAll() {
    const days = KNOWN.sites.map(({ day }) => day).filter(isKnown);
    const past = days.filter((day) => day * 86400 < now() + OLD);
    return Math.max(0, ...(past.length ? past : days));
}

const newestDay = newestOfAll();
const IN = { today: (day) => day, month: (day) => periodOf("month", day).first, year: yearOf };

/** Return a site's energy of the newest day, month or year of all sites, null if its own newest is an earlier one. */
function ofNow(about, key) {
    if (!isKnown(about.day)) return null;
    const isNew = Math.abs(newestDay - about.day) < 2; // clocks differ, each site's day is its own
    return isNew || IN[key](about.day) === IN[key](newestDay) ? about[key] : null;
}

/** Return the month's yield of a site in kWh per kWp. */
function yieldOf(about) {
    const month = ofNow(about, "month");
    return about.peak && isKnown(month) ? month / 1000 / about.peak : null;
}

const COLUMNS = [
    { key: "name", value: (site) => site.name.toLowerCase(), text: (site) => site.name },
    ...["today", "month"].map((key) => ({
        key,
        value: (site) => ofNow(site, key),
        text: (site) => energy(ofNow(site, key)),
    })),
    { key: "yield", value: yieldOf, text: (site) => amount(yieldOf(site), "kWh/kWp", 2) },
    {
        key: "beside",
        value: (site) => besideFleet(site),
        text: (site) => (isKnown(besideFleet(site)) ? percent(besideFleet(site)) : word("none")),
    },
    {
        key: "last_data",
        value: dataUntil,
        text: lastData,
    },
    {
        key: "alerts",
        value: (site) => site.alerts,
        text: (site) => (site.alerts ? number(site.alerts, 0) : word("zero")),
    },
    {
        key: "agreement",
        value: (site) => site.agreement,
        text: (site) => (isKnown(site.agreement) ? amount(site.agreement, "%", 2) : word("none")),
    },
];

function lastData(site) {
    if (site.latest) return word("ago", { age: ageOf(site) });
    return isKnown(site.last) ? longDay(site.last) : word("never");
}

let middleYield;

/** Return a site's yield in percent of that of the site in the middle. */
function besideFleet(site) {
    if (middleYield === undefined) {
        const known = KNOWN.sites
            .map(yieldOf)
            .filter(isKnown)
            .sort((a, b) => a - b);
        middleYield = known.length ? known[Math.floor(known.length / 2)] : null;
    }
    return middleYield && isKnown(yieldOf(site)) ? (100 * yieldOf(site)) / middleYield : null;
}

/** Return the sites that are wanted, in order; those without a value come last. */
function sortedSites() {
    const { value } = COLUMNS.find(({ key }) => key === fleet.key);
    const wanted = fleet.wanted.toLowerCase();
    const found = KNOWN.sites.filter((site) =>
        `${site.name} ${site.id} ${site.place}`.toLowerCase().includes(wanted),
    );
    const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0) * (fleet.falling ? -1 : 1);
    return found
        .map((site) => [value(site), site])
        .sort(([a], [b]) => {
            if (!isKnown(a) || !isKnown(b)) return Number(!isKnown(a)) - Number(!isKnown(b));
            return order(a, b);
        })
        .map(([, site]) => site);
}

function rowOf(site) {
    const cells = COLUMNS.slice(1).map((column) => {
        const old = column.key === "last_data" && isKnown(dataUntil(site)) && isOld(site);
        const open = column.key === "alerts" && site.alerts;
        const bar =
            column.key === "beside" && isKnown(besideFleet(site))
                ? `<i class="bar" style="width: ${Math.min(besideFleet(site), 200) / 2}px"></i>`
                : "";
        return `<td class="number${old || open ? " bad" : ""}">${bar}${escaped(column.text(site))}</td>`;
    });
    const failed = site.failed ? ` <span class="bad">${escaped(word("run_failed"))}</span>` : "";
    const name = `<th scope="row"><a href="#${site.id}">${escaped(site.name)}</a>${failed}</th>`;
    return `<tr data-site="${site.id}">${name}${cells.join("")}</tr>`;
}

function drawFleet() {
    const head = COLUMNS.map(({ key }) => {
        const sorted = key === fleet.key ? (fleet.falling ? "descending" : "ascending") : "none";
        const sign = { ascending: " ▲", descending: " ▼", none: "" }[sorted];
        const look = key === "name" ? "" : ' class="number"';
        const button = `<button type="button" data-sort="${key}">${escaped(word(`fleet_${key}`))}${sign}</button>`;
        return `<th scope="col" aria-sort="${sorted}"${look}>${button}</th>`;
    }).join("");
    const sites = sortedSites();
    byId("fleet-table").innerHTML =
        `<table><thead><tr>${head}</tr></thead><tbody>${sites.map(rowOf).join("")}</tbody></table>`;
    byId("found").textContent = counted("sites", sites.length);
}

function drawFleetFigures() {
    const sum = (of) =>
        KNOWN.sites
            .map(of)
            .filter(isKnown)
            .reduce((all, value) => all + value, 0);
    const late = KNOWN.sites.filter(isOld).length;
    byId("fleet-figures").innerHTML = figureList(
        [
            ...["today", "month", "year"].map((key) => [
                `fleet_${key}`,
                sum((site) => ofNow(site, key)),
                energy,
            ]),
            ["fleet_peak", sum((site) => site.peak), (value) => amount(value, "kWp", 1)],
            ["fleet_late", late, (value) => number(value, 0)],
            ["fleet_alerts", sum((site) => site.alerts), (value) => number(value, 0)],
        ].map(([key, value, format]) => ({ key, name: word(key), value, text: format(value) })),
    );
}

function listenToFleet() {
    byId("search").addEventListener("input", (event) => {
        fleet.wanted = event.target.value;
        drawFleet();
    });
    byId("fleet-table").addEventListener("click", (event) => {
        const key = event.target.closest("button")?.dataset.sort;
        const row = event.target.closest("tr[data-site]");
        if (!key) {
            if (row && !event.target.closest("a")) location.hash = row.dataset.site;
            return;
        }
        fleet.falling = fleet.key === key ? !fleet.falling : key !== "name";
        fleet.key = key;
        drawFleet();
        document.querySelector(`[data-sort="${key}"]`).focus();
    });
}
