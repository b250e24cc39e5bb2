// What a page is asked about itself by the tests (hospital/visitor.py); an expression whose value is an object of functions.
({
    // Everything that can be used now: inside the open dialog, where there is one.
    usable() {
        const dialogs = [...document.querySelectorAll('dialog[open]')].filter((one) => one.matches(':modal'));
        const inside = dialogs.at(-1) ?? document;
        const wanted = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]:not([tabindex="-1"]), [contenteditable=true]';
        return [...inside.querySelectorAll(wanted)].filter((one) => one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length > 0 && !one.closest('[inert]'));
    },
    named(one) {
        const text = (one.getAttribute('aria-label') ?? one.textContent ?? '').trim().replace(/\s+/g, ' ').slice(0, 40);
        return `${one.tagName.toLowerCase()}${one.id ? '#' + one.id : ''}${one.name ? '[' + one.name + ']' : ''}.${[...one.classList].join('.')} "${text || one.placeholder || ''}"`;
    },
    // The middle of what is really painted: of a wrapped link its first line.
    middle(one) {
        const box = one.getClientRects()[0];
        return [box.left + box.width / 2, box.top + box.height / 2];
    },
    onScreenOnly(one) {
        const box = one.getBoundingClientRect();
        return box.width > 1 && box.height > 1; // what is for screen readers and for the focus only is clipped to a pixel
    },
    covered() {
        const wrong = [];
        for (const one of this.usable()) {
            if (!this.onScreenOnly(one) || one.classList.contains('skip')) continue;
            one.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
            const label = one.labels?.[0];
            const drawn = label && getComputedStyle(one).opacity === '0' ? label : one; // a radio button that is drawn by its label
            const [x, y] = this.middle(drawn);
            const hit = document.elementFromPoint(x, y);
            if (hit === null || !(one.contains(hit) || label?.contains(hit)))
                wrong.push(`${this.named(one)} at ${Math.round(x)},${Math.round(y)}: there is ${hit ? this.named(hit) : 'nothing'}`);
        }
        scrollTo({ top: 0, behavior: 'instant' });
        return wrong;
    },
    // WCAG 2.5.8: 24 px; a link inside a sentence is excepted. What the page is for: 44 px.
    small() {
        const wrong = [];
        for (const one of this.usable()) {
            if (!(this.onScreenOnly(one) || one.labels?.length) || one.classList.contains('skip')) continue;
            if (one.classList.contains('xterm-helper-textarea')) continue; // the terminal's own, which nobody sees or clicks
            const boxes = [one, ...(one.labels ?? [])].map((each) => each.getBoundingClientRect());
            const least = Math.max(...boxes.map((box) => Math.min(box.width, box.height)));
            const inline = one.tagName === 'A' && getComputedStyle(one).display === 'inline';
            const scrolled = one.matches('[tabindex]') && !one.matches('a, button, input, select, textarea');
            if (least < 24 && !inline && !scrolled) wrong.push(`${this.named(one)}: ${least.toFixed(1)} px`);
            if (one.matches('button.primary, a.primary') && boxes[0].height < 44) wrong.push(`${this.named(one)}: a primary action of ${boxes[0].height.toFixed(1)} px`);
        }
        return wrong;
    },
    // What makes the page wider than its window.
    sideways() {
        const room = document.documentElement.clientWidth;
        const wrong = document.documentElement.scrollWidth > room ? [`the page is ${document.documentElement.scrollWidth} px wide in ${room}`] : [];
        const scrolls = (one) => {
            for (let up = one.parentElement; up; up = up.parentElement) if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(up).overflowX) && up !== document.body && up !== document.documentElement) return true;
            return false;
        };
        for (const one of document.body.querySelectorAll('*')) {
            const box = one.getBoundingClientRect();
            if (box.width > 1 && box.right > room + 1 && getComputedStyle(one).position !== 'fixed' && !scrolls(one)) wrong.push(`${this.named(one)} ends at ${Math.round(box.right)} of ${room}`);
        }
        return wrong.slice(0, 6);
    },
    // Text that its box cuts off without a way to reach it.
    cut() {
        const wrong = [];
        for (const one of document.body.querySelectorAll('*')) {
            const style = getComputedStyle(one);
            if ((style.overflowY !== 'hidden' && style.overflowY !== 'clip') || one.matches('.terminal')) continue; // a terminal's screen is drawn smaller to fit
            if (one.clientHeight > 2 && one.scrollHeight > one.clientHeight + 3 && one.innerText?.trim() && style.webkitLineClamp === 'none' && one.checkVisibility()) wrong.push(`${this.named(one)}: ${one.scrollHeight} px in ${one.clientHeight}`);
        }
        return wrong;
    },
    moving() {
        return document.getAnimations().filter((one) => one.playState === 'running' && one.effect?.getComputedTiming().duration > 20)
            .map((one) => `${one.animationName ?? one.transitionProperty}: ${one.effect.target ? this.named(one.effect.target) : ''}`);
    },
    // Where the focus is: an index into `marked`, and whether it can be seen there.
    marked: [],
    mark() {
        this.marked = this.usable().filter((one) => !one.disabled && one.tabIndex >= 0);
        // Of a group of radio buttons the Tab key stops at one.
        const groups = new Set();
        this.marked = this.marked.filter((one) => {
            if (one.type !== 'radio' || !one.name) return true;
            const group = [...document.getElementsByName(one.name)];
            const stop = group.find((each) => each.checked) ?? group[0];
            if (groups.has(one.name) || one !== stop) return false;
            groups.add(one.name);
            return true;
        });
        document.activeElement?.blur?.();
        return this.marked.map((one) => this.named(one));
    },
    focus() {
        const one = document.activeElement;
        if (!one || one === document.body || one === document.documentElement) return { at: -1, name: 'the page itself' };
        // On itself, or around the field that it is the inner part of.
        const shows = [one, one.parentElement, ...(one.labels ?? [])].some((each) => {
            const style = getComputedStyle(each);
            return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || (each === one && style.boxShadow !== 'none');
        });
        const box = one.getBoundingClientRect();
        const inView = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
        // Not under the bar (WCAG 2.4.11): some point of it is seen.
        const points = [[0.5, 0.5], [0.1, 0.2], [0.9, 0.2], [0.1, 0.8], [0.9, 0.8]].map(([x, y]) => document.elementFromPoint(box.left + box.width * x, box.top + box.height * y));
        const seen = points.some((hit) => hit && (one.contains(hit) || hit.contains(one) || one.labels?.[0]?.contains(hit)));
        return { at: this.marked.indexOf(one), name: this.named(one), shows, seen: inView && seen, parts: /^(date|time|month|week)/.test(one.type ?? '') };
    },
})
