// Puts the page together: what is chosen, by mouse, keyboard or the address, and all cards drawn anew after it.

const CARDS = [
    {
        name: "flow",
        size: "third",
        draw: drawFlow,
        choices: ["now", "chosen"],
        usual: isNewest,
        shown: ({ site }) => site.about.latest,
    },
    { name: "figures", size: "two-thirds", draw: drawFigures },
    {
        name: "balance",
        size: "whole",
        draw: drawBalance,
        choices: ["curve", "bars"],
        choose: (view) => isShort(view) && hasQuarters(view),
    },
    { name: "battery", size: "half", draw: drawBattery, shown: hasBattery },
    { name: "shares", size: "half", draw: drawShares, shown: isMetered },
    { name: "years", size: "half", draw: drawYears, shown: ({ site }) => hasProduction(site) },
    { name: "records", size: "half", draw: drawRecords, shown: ({ site }) => hasProduction(site) },
    { name: "money", size: "half", draw: drawMoney, shown: (view) => KNOWN.tariff && isMetered(view) },
    {
        name: "heat",
        size: "whole",
        draw: drawHeat,
        choices: HEATS,
        choicesOf: (view) => HEATS.filter((key) => seriesOf(view.site.quarters, key)),
        shown: ({ site }) => site.quarters.count,
    },
    { name: "alerts", size: "whole", draw: drawAlerts, shown: ({ site }) => site.alerts, always: true },
    {
        name: "agreement",
        size: "whole",
        draw: drawAgreement,
        shown: ({ site }) => site.agreement,
        always: true,
    },
    { name: "streams", size: "whole", draw: drawStreams, always: true },
];

const chosen = {
    site: null,
    period: null,
    day: null,
    compare: "none",
    zoom: null,
    choices: {},
    tables: new Set(),
};
const sites = new Map();

/** Return what a card needs to know, and what it may do. */
function viewOf({ site, period, compare, zoom }) {
    return { site, period, zoom, compared: comparedWith(period, compare, site.known ?? period), go, zoomTo };
}

/** Go to a period, and at once: keys may come faster than pages; an hour has no page of its own. */
function go(period) {
    if (period.kind === "hour") return;
    chosen.period = period;
    const address = addressOf(period);
    location.hash = KNOWN.sites.length > 1 ? `${chosen.site.about.id}/${address}` : address;
}

/** Go to the period of a kind with a day in it, and keep that day; a range becomes a day. */
function goTo(kind, day) {
    chosen.day = clamped(day, chosen.site.known);
    go(periodOf(KINDS.includes(kind) ? kind : "day", chosen.day, chosen.site.known));
}

function zoomTo(span) {
    chosen.zoom = span;
    drawSite();
}

/** Return what an address says; nothing if nobody can read it. */
function decoded(address) {
    try {
        return decodeURIComponent(address);
    } catch {
        return "";
    }
}

/** Show what the address says. */
async function follow() {
    const parts = decoded(location.hash.slice(1)).split("/");
    const many = KNOWN.sites.length > 1;
    const about = many ? KNOWN.sites.find(({ id }) => String(id) === parts[0]) : KNOWN.sites[0];
    byId("fleet").hidden = Boolean(about);
    byId("site").hidden = !about;
    if (!about) {
        document.title = word("all_sites");
        drawFleetFigures();
        drawFleet();
    } else await showSite(about, many ? (parts[1] ?? "") : parts[0]);
    document.body.dataset.drawn = location.hash.slice(1) || "start";
    performance.mark("drawn");
}

async function showSite(about, address) {
    if (!sites.has(about.id)) sites.set(about.id, await unpacked(about));
    const site = sites.get(about.id);
    const newest = about.latest ? Math.floor(about.latest.local / 1440) : site.known?.last;
    const period =
        site.known && (periodFrom(address, site.known) ?? periodOf("day", Math.min(newest, site.known.last)));
    Object.assign(chosen, { site, period, zoom: null });
    if (period) chosen.day = anchor();
    document.title = about.name;
    byId("name").textContent = about.name;
    byId("which").value = about.id;
    byId("age").textContent = newestOf(about);
    byId("age").classList.toggle("bad", isOld(about));
    drawSite();
}

function newestOf(about) {
    if (about.latest) return word("newest", { age: ageOf(about) });
    return isKnown(about.last) ? word("newest_day", { day: longDay(about.last) }) : word("no_data");
}

/** Draw everything of the chosen site and period. */
function drawSite() {
    const { site, period } = chosen;
    byId("toolbar").hidden = !period;
    pointed.clear();
    if (period) {
        drawToolbar(site, period);
        byId("period").textContent = titleOf(period);
    } else byId("period").textContent = word("no_data");
    for (const card of CARDS) drawCard(card);
}

function drawToolbar(site, period) {
    for (const button of document.querySelectorAll("[data-kind]"))
        button.setAttribute("aria-pressed", button.dataset.kind === period.kind);
    const all = period.kind === "all";
    byId("earlier").disabled = all || period.first <= site.known.first;
    byId("later").disabled = all || period.last >= site.known.last;
    Object.assign(byId("date"), {
        value: written(anchor()),
        min: written(site.known.first),
        max: written(site.known.last),
    });
    byId("unzoom").hidden = !chosen.zoom;
}

/** Return the day that a change of the kind of period keeps: the last one, else the first of which something is known. */
function anchor() {
    const { period, day, site } = chosen;
    const isIn = day !== null && day >= period.first && day <= period.last;
    return clamped(isIn ? day : period.first, site.known);
}

/** Return what a card shows before anybody has chosen. */
const usualChoice = (card, view, offered) => offered?.[card.usual && !card.usual(view) ? 1 : 0];

function drawCard(card) {
    const place = byId(`card-${card.name}`);
    const view =
        chosen.period || card.always
            ? viewOf(chosen.period ? chosen : { ...chosen, period: periodOf("day", 0) })
            : null;
    place.hidden = !view || Boolean(card.shown && !card.shown(view));
    if (place.hidden) return;
    const plot = place.querySelector(".plot");
    const offered = card.choicesOf ? card.choicesOf(view) : card.choices;
    const choice = offered?.includes(chosen.choices[card.name])
        ? chosen.choices[card.name]
        : usualChoice(card, view, offered);
    for (const button of place.querySelectorAll("[data-choice]")) {
        button.hidden =
            !offered.includes(button.dataset.choice) || Boolean(card.choose && !card.choose(view));
        button.setAttribute("aria-pressed", button.dataset.choice === choice);
    }
    plot.replaceChildren();
    const { summary, legend: keys, head, rows } = card.draw(view, plot, choice);
    place.querySelector(".summary").textContent = summary;
    place.querySelector(".keys").innerHTML = keys ?? "";
    const isOpen = chosen.tables.has(card.name);
    place.querySelector(".table").innerHTML = isOpen && head ? tableOf(head, rows) : "";
    place.querySelector(".table").hidden = !isOpen;
    const button = place.querySelector("[data-table]");
    button.hidden = !head;
    button.setAttribute("aria-expanded", isOpen);
}

/** Make the places of the cards. */
function makeCards() {
    for (const { name, size, choices } of CARDS) {
        const place = byId("card").content.cloneNode(true).firstElementChild;
        const title = word(`${name}_title`);
        const table = word("table_of", { title });
        place.classList.add(size);
        Object.assign(place, { id: `card-${name}` }).dataset.card = name;
        place.setAttribute("aria-label", title);
        place.querySelector("h2").textContent = title;
        const buttons = place.querySelector(".buttons");
        buttons.setAttribute("aria-label", title);
        for (const choice of choices ?? []) buttons.lastElementChild.before(choiceButton(choice));
        buttons.lastElementChild.dataset.table = name;
        buttons.lastElementChild.setAttribute("aria-label", table);
        place.querySelector(".table").setAttribute("aria-label", table);
        byId("cards").append(place);
    }
}

function choiceButton(choice) {
    const button = Object.assign(document.createElement("button"), {
        type: "button",
        textContent: word(choice),
    });
    button.dataset.choice = choice;
    return button;
}

function listen() {
    byId("cards").addEventListener("click", cardClicked);
    for (const button of document.querySelectorAll("[data-kind]")) {
        button.addEventListener("click", () => goTo(button.dataset.kind, anchor()));
    }
    byId("earlier").addEventListener("click", () => go(stepped(chosen.period, -1)));
    byId("later").addEventListener("click", () => go(stepped(chosen.period, 1)));
    byId("newest").addEventListener("click", () => goTo(chosen.period.kind, chosen.site.known.last));
    byId("date").addEventListener("change", ({ target }) => {
        const day = dayFrom(target.value);
        if (day !== null) goTo(chosen.period.kind === "all" ? "day" : chosen.period.kind, day);
    });
    byId("compare").addEventListener("change", ({ target }) => {
        chosen.compare = target.value;
        drawSite();
    });
    byId("unzoom").addEventListener("click", () => {
        zoomTo(null);
        byId("earlier").focus();
    });
    byId("which").addEventListener("change", ({ target }) => {
        location.hash = chosen.period ? `${target.value}/${addressOf(chosen.period)}` : target.value;
    });
    document.addEventListener("keydown", keyPressed);
}

/** Change what a card shows, or open and close its table. */
function cardClicked({ target }) {
    const { choice, table } = target.dataset;
    const { card } = target.closest("[data-card]")?.dataset ?? {};
    if (choice) chosen.choices[card] = choice;
    else if (!table) return;
    else if (!chosen.tables.delete(table)) chosen.tables.add(table);
    drawCard(CARDS.find(({ name }) => name === card));
}

/** The arrows go to the period before or after, Escape ends zooming; not while something is being typed. */
function keyPressed(event) {
    if (!chosen.period || byId("site").hidden || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.closest("input, select, .scroll")) return;
    if (event.key === "ArrowLeft" && !byId("earlier").disabled) go(stepped(chosen.period, -1));
    if (event.key === "ArrowRight" && !byId("later").disabled) go(stepped(chosen.period, 1));
    if (event.key === "Escape" && chosen.zoom) zoomTo(null);
}

/** Draw again when the width, the colours or the medium change. */
function listenToScreen() {
    let width = innerWidth;
    const again = () => chosen.site && !byId("site").hidden && drawSite();
    addEventListener("resize", () => {
        if (innerWidth !== width) again();
        width = innerWidth;
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
    for (const event of ["beforeprint", "afterprint"]) {
        addEventListener(event, () => {
            document.body.classList.toggle("printing", event === "beforeprint");
            again();
        });
    }
}

function start() {
    const many = KNOWN.sites.length > 1;
    for (const place of document.querySelectorAll("[data-many]")) place.hidden = !many;
    byId("which").innerHTML = KNOWN.sites
        .map(({ id, name }) => `<option value="${id}">${escaped(name)}</option>`)
        .join("");
    byId("made").textContent = word("made", { when: utc(KNOWN.made) });
    makeCards();
    listen();
    listenToFleet();
    listenToScreen();
    addEventListener("hashchange", follow);
    follow();
}

start();
