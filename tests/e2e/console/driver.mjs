// A browser for the tests, driven over standard input and output: one JSON line a call, one a reply.
//   {"n": 7, "on": "o3", "path": ["keyboard", "press"], "with": ["Tab"]}   calls o3.keyboard.press('Tab')
// What cannot be written as JSON (a page, a locator) stays here and is named in the reply: {"n": 7, "object": "o9"}.
// The library is taken from the folder in argv[2], argv[3] is the browser's program, the rest are its options.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const [, , folder, program, ...options] = process.argv;
const require = createRequire(folder + '/');
const { chromium } = require('playwright-core');
const fs = require('fs');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const objects = new Map();
let count = 0;
const browser = await chromium.launch({ executablePath: program, args: options, timeout: 60_000 });

// What a page must not do is gathered from its first moment on: errors, refused content, dialogs.
async function open({ wait = 40_000, slow = Boolean(process.env.ANTEROOM_SLOW_BROWSER), ...given }) {
    const context = await browser.newContext(given);
    context.setDefaultTimeout(wait);
    const wrongs = [];
    await context.exposeBinding('__wrong', (_, text) => wrongs.push(text));
    await context.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', (event) =>
            window.__wrong(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`));
    });
    context.on('page', (page) => watch(page, wrongs));
    if (slow) await delayed(context);
    const page = await context.newPage();
    if (slow) await slowed(context, page);
    return { context, page, wrongs: new Wrongs(wrongs) };
}

// An old phone behind a bad line, where what a page says before it knows stands long enough to be seen.
const lineDelay = 300; // milliseconds each way
const slowdown = 4;
async function delayed(context) {
    await context.routeWebSocket(/.*/, (socket) => {
        const server = socket.connectToServer();
        const later = (to) => (message) => void setTimeout(() => to.send(message), lineDelay);
        socket.onMessage(later(server));
        server.onMessage(later(socket));
    });
}
async function slowed(context, page) {
    const devtools = await context.newCDPSession(page);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
    await devtools.send('Network.enable');
    const line = (offline) => devtools.send('Network.emulateNetworkConditions', { offline, latency: lineDelay, downloadThroughput: -1, uploadThroughput: -1 });
    await line(false);
    const cut = context.setOffline.bind(context);
    context.setOffline = async (offline) => {
        await cut(offline);
        if (!page.isClosed()) await line(offline); // of two who say how the line is, this one is heard
    };
}

// What went wrong since it was last asked.
class Wrongs {
    constructor(list) {
        this.list = list;
    }
    take() {
        return this.list.splice(0);
    }
}

const downloads = new WeakMap();
// What a page had its browser keep, each when it is whole or has failed: {name, failure, bytes}.
async function kept(page) {
    return Promise.all((downloads.get(page) ?? []).map(async (one) => {
        const failure = await one.failure();
        return { name: one.suggestedFilename(), failure, bytes: failure ? '' : fs.readFileSync(await one.path()).toString('base64') };
    }));
}

function watch(page, wrongs) {
    downloads.set(page, []);
    page.on('download', (download) => downloads.get(page).push(download));
    page.on('pageerror', (error) => wrongs.push(`error: ${error.message}`));
    page.on('console', (message) => {
        // The browser itself notes each answer from 400 on; whether that was right is for the test to say.
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) wrongs.push(`console: ${message.text()}`);
    });
    page.on('dialog', (dialog) => {
        wrongs.push(`dialog: ${dialog.message()}`);
        dialog.dismiss().catch(() => {});
    });
}

// Violations of the given rules (tags, or {type, values}), in words: rule, help, and where.
async function inspect(page, rules) {
    await page.evaluate(axe);
    const found = await page.evaluate((runOnly) => window.axe.run(document, { runOnly, resultTypes: ['violations'] }), rules);
    return found.violations.map((one) => `${one.id}: ${one.help}: ` + one.nodes.slice(0, 5).map((node) => `${node.target.join(' ')} [${node.html.slice(0, 160)}] ${node.any.map((check) => check.message).join('; ')}`).join(' | '));
}

// How unlike two pictures are: the share of squares of 16 px whose mean colour differs by more than an eighth. Another font or
// another hour moves little in a square; a moved, missing or misplaced part moves much.
async function unlike(one, other) {
    const page = await browser.newPage();
    try {
        return await page.evaluate(async (pictures) => {
            const [a, b] = await Promise.all(pictures.map(async (data) => {
                const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
                const [across, down] = [Math.ceil(image.width / 16), Math.ceil(image.height / 16)];
                const context = new OffscreenCanvas(across, down).getContext('2d');
                context.imageSmoothingQuality = 'high';
                context.drawImage(image, 0, 0, across, down);
                return { size: `${image.width}x${image.height}`, data: context.getImageData(0, 0, across, down).data };
            }));
            if (a.size !== b.size) return 1;
            let different = 0;
            for (let at = 0; at < a.data.length; at += 4) if ([0, 1, 2].some((part) => Math.abs(a.data[at + part] - b.data[at + part]) > 32)) ++different;
            return different / (a.data.length / 4);
        }, [one, other]);
    } finally {
        await page.close();
    }
}

// What a page asks for, as if the network were so: answers that do not come until `go`, or come with a status of their own.
async function meddle(page, pattern, answer) {
    let go = () => {};
    const gone = new Promise((resolve) => (go = resolve));
    const handler = async (route) => {
        if (answer) return route.fulfill(answer);
        await gone;
        return route.continue().catch(() => {});
    };
    await page.route(pattern, handler);
    return new Meddling(async () => {
        go();
        await page.unroute(pattern, handler);
    });
}
class Meddling {
    constructor(end) {
        this.end = end;
    }
}

const here = { open, inspect, unlike, meddle, kept };
objects.set('here', here);

function given(value) {
    if (Array.isArray(value)) return value.map(given);
    if (value === null || typeof value !== 'object') return value;
    if ('$object' in value) return objects.get(value.$object);
    if ('$pattern' in value) return new RegExp(value.$pattern, value.flags);
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, given(one)]));
}

function taken(value) {
    if (value === undefined || value === null || typeof value !== 'object') return value ?? null;
    if (Buffer.isBuffer(value)) return { $bytes: value.toString('base64') };
    if (Array.isArray(value)) return value.map(taken);
    if (Object.getPrototypeOf(value) === Object.prototype) return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, taken(one)]));
    const name = `o${++count}`;
    objects.set(name, value);
    return { $object: name };
}

async function carry({ on, path, with: words }) {
    let owner = null;
    let member = objects.get(on);
    if (member === undefined) throw new Error(`no ${on}`);
    for (const name of path) {
        owner = member;
        member = member[name];
        if (member === undefined) throw new Error(`no ${path.join('.')}`);
    }
    return taken(await (typeof member === 'function' ? member.apply(owner, given(words)) : member));
}

createInterface({ input: process.stdin }).on('line', async (line) => {
    const call = JSON.parse(line);
    let reply;
    try {
        reply = { n: call.n, value: await carry(call) };
    } catch (error) {
        reply = { n: call.n, error: String(error?.message ?? error) };
    }
    process.stdout.write(JSON.stringify(reply) + '\n');
}).on('close', async () => {
    await browser.close();
    process.exit(0);
});
process.stdout.write(JSON.stringify({ n: 0, value: { node: process.version, browser: browser.version() } }) + '\n');
