// The picture of the flows: sun, house, battery and grid around the inverter, with arrows and amounts.

const NODES = {
    sun: { x: 200, y: 46, key: "production" },
    grid: { x: 66, y: 150, key: "purchased" },
    house: { x: 334, y: 150, key: "consumption" },
    battery: { x: 200, y: 254, key: "charged" },
};
const CENTRE = { x: 200, y: 150 };
const RADIUS = 30;
const GLYPHS = {
    sun: "M-7 0a7 7 0 1 0 14 0a7 7 0 1 0 -14 0M0 -11v-4M0 11v4M-11 0h-4M11 0h4M-8 -8l-3 -3M8 8l3 3M8 -8l3 -3M-8 8l-3 3",
    grid: "M-9 14L-3 -14h6L9 14M-12 -6h24M-10 2h20M-5 -2L6 8M5 -2L-6 8",
    house: "M-13 0L0 -12L13 0M-9 -2v13h18v-13M-3 11v-7h6v7",
    battery: "M-12 -7h22v14h-22zM10 -3h4v6h-4M-7 -3v6M-2 -3v6M3 -3v6",
};

/** Return an arrow from one point to another, shifted sideways; nothing flows where the value is none or 0. */
function arrow(from, to, key, text, shift) {
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const length = Math.hypot(dx, dy);
    const [ux, uy] = [dx / length, dy / length];
    const point = (way, aside = 0) => [
        round(from.x + ux * way - uy * (shift + aside)),
        round(from.y + uy * way + ux * (shift + aside)),
    ];
    const [begin, end] = [from === CENTRE ? 8 : RADIUS + 6, length - (to === CENTRE ? 10 : RADIUS + 8)];
    const tip = [point(end + 5), point(end - 6, 6), point(end - 6, -6)].map((at) => at.join(" ")).join("L");
    const [x, y] = point(length / 2 + (from === CENTRE ? -8 : 8));
    const upright = Math.abs(uy) > 0.5;
    const amountAt = upright
        ? label(x >= CENTRE.x ? x + 8 : x - 8, y + 4, text, x >= CENTRE.x ? "start" : "end", "amount")
        : label(x, shift * ux > 0 ? y + 18 : y - 9, text, "middle", "amount");
    const line = `M${point(begin).join(" ")}L${point(end - 5).join(" ")}`;
    return `<path class="arrow ${key}" d="${line}"/><path class="tip-of ${key}" d="M${tip}z"/>${amountAt}`;
}

function node(name, text) {
    const { x, y, key } = NODES[name];
    const [left, top, anchor] =
        name === "sun" ? [x + RADIUS + 10, y + 5, "start"] : [x, y + RADIUS + 16, "middle"];
    const circle = `<circle class="node ${key}" r="${RADIUS}"/><path class="glyph" d="${GLYPHS[name]}"/>`;
    return `<g transform="translate(${x} ${y})">${circle}</g>` + label(left, top, text, anchor, "node-name");
}

/** Draw the flows; values by the names of energies, null where nobody measures; both ways may have one. */
function flowPicture(plot, values, format, { name, charge }) {
    const flows = [
        ["sun", "production", true],
        ["house", "consumption", false],
        ["grid", "purchased", true],
        ["grid", "feedIn", false],
        ["battery", "discharged", true],
        ["battery", "charged", false],
    ].filter(([, key]) => values[key] > 0);
    const both = (place) => flows.filter(([other]) => other === place).length > 1;
    const arrows = flows
        .map(([place, key, inward]) => {
            const [from, to] = inward ? [NODES[place], CENTRE] : [CENTRE, NODES[place]];
            return arrow(from, to, key, format(values[key]), both(place) ? 7 : 0);
        })
        .join("");
    const has = (...keys) => keys.some((key) => isKnown(values[key]));
    const nodes = [
        node("sun", word("sun")),
        has("consumption") ? node("house", word("house")) : "",
        has("purchased", "feedIn") ? node("grid", word("grid")) : "",
        has("charged", "discharged")
            ? node("battery", isKnown(charge) ? `${word("battery")}, ${percent(charge)}` : word("battery"))
            : "",
    ].join("");
    const bottom = has("charged", "discharged") ? 310 : 212;
    plot.innerHTML =
        `<svg class="flow" viewBox="0 0 400 ${bottom}" role="img" aria-label="${escaped(name)}">` +
        `${arrows}<circle class="hub" cx="${CENTRE.x}" cy="${CENTRE.y}" r="7"/>${nodes}</svg>`;
}

/** Return the values of the newest moment. */
function momentFlows({ pv, load, grid, storage }) {
    const part = (value, sign) => (value === null ? null : Math.max(sign * value, 0));
    return {
        production: pv,
        consumption: load,
        feedIn: part(grid, 1),
        purchased: part(grid, -1),
        charged: part(storage, 1),
        discharged: part(storage, -1),
    };
}
