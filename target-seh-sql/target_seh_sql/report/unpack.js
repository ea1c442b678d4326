// Unpacks the figures of a site: the counterpart of packing.py.

const NOTHING = -32768;

async function inflated(text) {
    const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Return a site: what the list knows of it, its days, streams and alerts, its quarter hours. */
async function unpacked(about) {
    const bytes = await inflated(byId(`site-${about.id}`).textContent);
    const length = new DataView(bytes.buffer).getUint32(0, true);
    const site = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
    const { count, series } = site.quarters;
    let begin = 4 + length;
    for (const [name, divider] of series) {
        site.quarters[name] = restored(bytes.subarray(begin, begin + 2 * count), count, divider);
        begin += 2 * count;
    }
    return { ...site, about, known: knownDays(site) };
}

/** Return the numbers of a series: its bytes are the low ones of all numbers, then the high ones. */
function restored(bytes, count, divider) {
    const values = new Float32Array(count);
    for (let place = 0; place < count; place += 1) {
        const value = ((bytes[place] | (bytes[count + place] << 8)) << 16) >> 16;
        values[place] = value === NOTHING ? NaN : value * divider;
    }
    return values;
}

/** Return the first and the last day of which a value is known, null if there is none. */
function knownDays({ days, quarters }) {
    const energies = knownPlaces(Object.values(days).filter(Array.isArray), days.production.length);
    const series = Object.values(quarters).filter((values) => values instanceof Float32Array);
    const places = knownPlaces(series, quarters.count);
    const found = [
        ...energies.map((place) => days.first + place),
        ...places.map((place) => dayAt(quarters, place)),
    ];
    return found.length ? { first: Math.min(...found), last: Math.max(...found) } : null;
}

/** Return the first and the last place at which one of some series has a value; nothing if there is none. */
function knownPlaces(series, count) {
    const known = (place) => series.some((values) => values[place] !== null && !Number.isNaN(values[place]));
    let [first, last] = [0, count - 1];
    while (first < count && !known(first)) first += 1;
    while (last > first && !known(last)) last -= 1;
    return first < count ? [first, last] : [];
}

/** Return how many minutes the site's clock is ahead of UTC at a quarter hour. */
function offsetAt(quarters, place) {
    const at = quarters.first + place;
    let found = quarters.offsets.length ? quarters.offsets[0][1] : 0;
    for (const [first, offset] of quarters.offsets) if (first <= at) found = offset;
    return found;
}

/** Return the quarter hours since 1970 by the site's clock. */
const localQuarter = (quarters, place) => quarters.first + place + Math.floor(offsetAt(quarters, place) / 15);
const dayAt = (quarters, place) => Math.floor(localQuarter(quarters, place) / 96);

/** Return the place of a quarter hour since 1970 by the site's clock; it may lie outside of what is known. */
function placeOf(quarters, local) {
    const guess = local - quarters.first;
    const offset = offsetAt(quarters, guess - Math.floor(offsetAt(quarters, guess) / 15));
    return guess - Math.floor(offset / 15);
}

/** Return the places of the quarter hours of a period, the last one exclusive. */
function placesOf(quarters, period) {
    return [placeOf(quarters, period.first * 96), placeOf(quarters, (period.last + 1) * 96)];
}
