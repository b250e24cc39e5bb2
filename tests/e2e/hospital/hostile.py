"""What people, devices and files can be called, say and copy to hurt whoever looks at it; and what must be true of a page that has shown all of it."""
MARK = "__ran"
# Each would set the mark, or the title, a cookie, the storage or the address, if a browser took it for more than text.
CORPUS = ["<img src=x onerror=window.__ran=1>", "<script>window.__ran=1</script>", "\"><svg onload=window.__ran=1>", "'-(window.__ran=1)-'", "{{constructor.constructor('window.__ran=1')()}}", "{@html '<b>x</b>'}",
          "${window.__ran=1}", "<iframe srcdoc='<script>parent.__ran=1</script>'>", "javascript:window.__ran=1", "<a href=javascript:window.__ran=1>Approve 30 min</a>", "<base href=https://evil.example/>",
          "<meta http-equiv=refresh content='0;url=https://evil.example'>", "<style>*{display:none}</style>", "<math><mtext><table><mglyph><style><img src=x onerror=window.__ran=1>", "</title><script>window.__ran=1</script>",
          "<form action=https://evil.example><button>Sign in</button>", "<div id=main>", "<input name=csrf value=x>", "__proto__", "%3Cscript%3Ewindow.__ran=1%3C/script%3E", "&lt;script&gt;", "\u202eevorppa\u202c", "A" * 190 + "<b>"]
LONG = " ".join(CORPUS[:4])
TERMINAL = ["\033]0;<img src=x onerror=window.__ran=1>\007", "\033]2;pwned\007", "\033]8;;javascript:window.__ran=1\033\\click\033]8;;\033\\", "\033]52;c;cHduZWQ=\007", "\033]50;?\007", "\033[21t", "\033[6n", "\033[c",
            "\033P+q544e\033\\", "\033]1337;File=inline=1:AAAA\007", "\033[?1000h\033[?2004h", "\033]4;1;?\007", "<script>window.__ran=1</script>", "<img src=x onerror=window.__ran=1>", "\033#8", "\033[20000b"]
# Signs that turn the order of what stands beside them around, or are not seen at all. Open ones: what follows is in their power.
TURNING = ["\u202egnp.exe", "\u2067rtl", "\u2066", "in\u200bvisible\u200d", "\u200fmark\u061c", "\ufeffbom", "line\u2028break\u2029", "\U000e0041tag"]
TURNS = "[\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u061c\\ufeff]"


def harmless(window, path):
    """Nothing ran, nothing was set, nothing was fetched from elsewhere, and nothing of it became an element."""
    state = window.js("""(mark) => ({
        ran: window[mark] !== undefined || Object.prototype[mark] !== undefined,
        cookie: document.cookie,
        stored: Object.keys(localStorage).concat(Object.keys(sessionStorage)).filter((key) => !key.startsWith('anteroom')),
        address: location.origin + location.pathname,
        strange: [...document.querySelectorAll('iframe, base, script:not([src]), [onload], [onerror], form[action], a[href^="javascript"], img[src$="/x"], meta[http-equiv], math')].map((one) => one.outerHTML.slice(0, 120)),
        elsewhere: performance.getEntriesByType('resource').map((one) => one.name).filter((name) => !name.startsWith(location.origin)),
    })""", MARK)
    assert state == {"ran": False, "cookie": "", "stored": [], "address": window.house.origin + path.partition("?")[0], "strange": [], "elsewhere": []}, f"{path}: {state}"
    assert window.went_wrong() == [], path
