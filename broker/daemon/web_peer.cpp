// Handing calls to the gate; queueing what comes back.
#include "broker/daemon/web_peer.h"

#include <fcntl.h>

#include <cerrno>

#include "base/log.h"
#include "broker/console/problem.h"
#include "broker/daemon/sealed_memory.h"

namespace anteroom::daemon {

namespace {

std::string media_type(std::string_view format) {
    if (format == "mp4") return "video/mp4";
    return format == "cast" ? "application/x-asciicast" : "application/x-tar";
}

}  // namespace

WebPeer::~WebPeer() { let_go(); }

void WebPeer::let_go() {
    for (const auto& [number, key] : std::exchange(streams_, {})) gate_.events().close(key);
    for (const auto& [number, key] : std::exchange(watches_, {})) close_watch(key, "the web server has gone");
}

void WebPeer::close_watch(std::uint64_t key, const std::string& why) {
    exporting_.stop(key, why);
    gate_.watches().close(key);
}

Status WebPeer::handle(control::Packet packet) {
    if (packet.is<control::WebCall>()) return call(TRY(packet.as<control::WebCall>()));
    if (packet.is<control::WebListen>()) return listen(TRY(packet.as<control::WebListen>()));
    if (packet.is<control::WebWatch>()) return watch(TRY(packet.as<control::WebWatch>()));
    if (packet.is<control::WebFetch>()) return fetch(TRY(packet.as<control::WebFetch>()));
    if (packet.is<control::WebHello>()) return greet(TRY(packet.as<control::WebHello>()));
    over(TRY(packet.as<control::WebOver>()).number);
    return ok();
}

Status WebPeer::greet(const control::WebHello& hello) {
    if (hello.version != control::protocol_version) return fail(ErrorKind::refused, "the web server speaks another version of the control protocol");
    const auto& web = here_.config.web;
    if (!web.on() || !here_.web_identity) return fail(ErrorKind::refused, "no console is served here: anteroom.yaml has no listen: {web: HOST:PORT}");
    const auto pem = here_.web_identity->pem();
    const auto identity = TRY(sealed_memory("anteroom-web-identity", pem.expose()));
    const int fds[] = {identity.get()};
    if (say(control::WebWelcome{web.listen, web.reached_at(), web.tls12, here_.config.help}, fds)) link_.enter(control::open);
    return ok();
}

Status WebPeer::call(control::WebCall call) {
    const auto number = call.number;
    if (pending_ >= most_pending) {
        answer(console::problem_of(here_, number, 503, "Anteroom has too much to do right now; try again in a moment.", 2));
        return ok();
    }
    ++pending_;
    // Whoever answers later may do so when this web server is gone.
    gate_.handle(std::move(call), [weak = weak_from_this(), this, number](control::WebAnswer given) {
        const auto self = weak.lock();
        if (!self) return;
        --pending_;
        given.number = number;
        answer(std::move(given));
    });
    return ok();
}

Status WebPeer::listen(const control::WebListen& listen) {
    const auto number = listen.number;
    if (is_taken(number)) return fail(ErrorKind::refused, "a stream of a number that is in use");
    console::Events::Ear ear{[this, number](control::WebEvent event) {
                                 event.number = number;
                                 const auto bytes = event.json.size() + 64;
                                 add(std::move(event), bytes);
                             },
                             [this, number](const std::string& sentence) { over_later(number, sentence); }};
    auto opened = gate_.listen(listen, std::move(ear));
    if (opened) streams_[number] = *opened;
    else answer(console::problem_of(here_, number, opened.error()));
    return ok();
}

Status WebPeer::watch(const control::WebWatch& watch) {
    const auto number = watch.number;
    if (is_taken(number)) return fail(ErrorKind::refused, "a watch of a number that is in use");
    auto opened = gate_.watch(watch, [this, number](const std::string& sentence) { over_later(number, sentence); });
    if (!opened) {
        answer(console::problem_of(here_, number, opened.error()));
        return ok();
    }
    watches_[number] = opened->key;
    opened->recording.number = number;
    const auto bytes = 1024 + opened->recording.audited.size() * sizeof(recorder::Commit);
    add(Recording{std::move(opened->recording), std::move(opened->file), std::move(opened->index)}, bytes);
    return ok();
}

// While it is made it counts as a watch: the same policy ends both.
Result<WebPeer::Export> WebPeer::begin_export(const control::WebFetch& fetch) {
    const auto number = fetch.number;
    auto what = TRY(gate_.export_one(fetch, [this, number](const std::string& sentence) { over_later(number, sentence); }));
    const auto key = what.key;
    Export out{{number, what.name, media_type(what.terms.format)}, Fd()};
    auto pipe = exporting_.start(std::move(what), [weak = weak_from_this(), this, number](const std::string& sentence) {
        if (const auto self = weak.lock()) over_later(number, sentence);
    });
    if (!pipe) {
        gate_.watches().close(key);
        return fail(pipe.error());
    }
    watches_[number] = key;
    out.pipe = std::move(*pipe);
    return out;
}

Status WebPeer::fetch(const control::WebFetch& fetch) {
    if (is_taken(fetch.number)) return fail(ErrorKind::refused, "an export of a number that is in use");
    auto begun = begin_export(fetch);
    if (begun) add(std::move(*begun), 1024);
    else answer(console::problem_of(here_, fetch.number, begun.error()));
    return ok();
}

void WebPeer::over(std::uint64_t number) {
    if (const auto stream = streams_.find(number); stream != streams_.end()) {
        gate_.events().close(stream->second);
        streams_.erase(stream);
    }
    if (const auto watch = watches_.find(number); watch != watches_.end()) {
        close_watch(watch->second, "the browser has left");
        watches_.erase(watch);
    }
}

// It has ended by itself, or the gate has ended it.
void WebPeer::over_later(std::uint64_t number, const std::string& sentence) {
    streams_.erase(number);
    if (const auto watch = watches_.find(number); watch != watches_.end()) {
        close_watch(watch->second, sentence);
        watches_.erase(watch);
    }
    add(control::WebEnd{number, sentence}, sentence.size() + 64);
}

// Long ones in pieces; what stands beside the text goes with the first.
void WebPeer::answer(control::WebAnswer answer) {
    const auto number = answer.number;
    const auto status = answer.status;
    std::string text = std::move(answer.json);
    std::string_view rest = text;
    do {
        answer.number = number;
        answer.status = status;
        answer.json = std::string(rest.substr(0, piece));
        rest.remove_prefix(answer.json.size());
        answer.more = !rest.empty();
        const auto bytes = answer.json.size() + 256;
        add(std::move(answer), bytes);
        answer = control::WebAnswer();
    } while (!rest.empty());
}

void WebPeer::add(Outgoing next, std::size_t bytes) {
    if (!is_open()) return;
    outgoing_.emplace_back(std::move(next), bytes);
    queued_ += bytes;
    if (queued_ > most_queued) return fail_soon({ErrorKind::timeout, "the web server does not take what it asked for"});
    if (!waiting_) flush();
}

Status WebPeer::send(Outgoing& next) {
    if (auto* recording = std::get_if<Recording>(&next)) {
        const int fds[] = {recording->file.get(), recording->index.get()};
        return link_.send(recording->message, std::span(fds, recording->index ? 2 : 1));
    }
    if (auto* exported = std::get_if<Export>(&next)) {
        const int fds[] = {exported->pipe.get()};
        return link_.send(exported->message, fds);
    }
    if (const auto* given = std::get_if<control::WebAnswer>(&next)) return link_.send(*given);
    if (const auto* event = std::get_if<control::WebEvent>(&next)) return link_.send(*event);
    return link_.send(std::get<control::WebEnd>(next));
}

void WebPeer::flush() {
    while (!outgoing_.empty() && is_open()) {
        errno = 0;
        const auto sent = send(outgoing_.front().first);
        if (!sent && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (!sent) return fail_soon(sent.error());
        queued_ -= outgoing_.front().second;
        outgoing_.pop_front();
    }
    if (outgoing_.empty() || !is_open()) return;
    if (!writable_.is_open()) {
        // A descriptor of its own: the loop watches each descriptor once.
        const int copy = ::fcntl(link_.fd(), F_DUPFD_CLOEXEC, 0);
        if (copy < 0) return fail_soon({ErrorKind::io, "dup"});
        writable_.assign(copy);
    }
    waiting_ = true;
    writable_.async_wait(boost::asio::posix::stream_descriptor::wait_write, [weak = weak_from_this(), this](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (!self) return;
        waiting_ = false;
        if (!error) flush();
    });
}

void WebPeer::gone(const Error& why) {
    log::warn("web.gone", {{"why", why.detail}});
    let_go();
    gone_();
}

}  // namespace anteroom::daemon
