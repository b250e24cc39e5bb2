// WebPeer: the broker's side of the web server. Calls go to the console's gate, and its answers, the streams of events, the watches and the
// exports back as fast as the web server takes them; one that takes nothing is given up. It routes nothing and judges nothing.
#pragma once

#include <deque>
#include <map>
#include <variant>

#include "broker/console/gate.h"
#include "broker/daemon/exporting.h"
#include "broker/daemon/peer.h"

namespace anteroom::daemon {

class WebPeer final : public Peer {
public:
    WebPeer(boost::asio::io_context& io, control::Link link, installation::Installation& here, console::Gate& gate, Exporting& exporting,
            std::function<void()> gone)
        : Peer(io, std::move(link)), here_(here), gate_(gate), exporting_(exporting), gone_(std::move(gone)), writable_(io) {}
    ~WebPeer() override;

    // What waits to be sent, at most, in bytes; and calls that may be answered later, at most.
    static constexpr std::size_t most_queued = 32 * 1024 * 1024, most_pending = 512, piece = 96 * 1024;

protected:
    Status handle(control::Packet packet) override;
    void gone(const Error& why) override;

private:
    struct Recording {
        control::WebRecording message;
        Fd file, index;
    };
    struct Export {
        control::WebExport message;
        Fd pipe;
    };
    using Outgoing = std::variant<control::WebAnswer, control::WebEvent, control::WebEnd, Recording, Export>;
    Status greet(const control::WebHello& hello);
    Status call(control::WebCall call);
    Status listen(const control::WebListen& listen);
    Status watch(const control::WebWatch& watch);
    Status fetch(const control::WebFetch& fetch);
    Result<Export> begin_export(const control::WebFetch& fetch);
    void close_watch(std::uint64_t key, const std::string& why);
    void over(std::uint64_t number);
    void over_later(std::uint64_t number, const std::string& sentence);
    bool is_taken(std::uint64_t number) const { return streams_.contains(number) || watches_.contains(number); }
    void answer(control::WebAnswer answer);
    void add(Outgoing next, std::size_t bytes);
    Status send(Outgoing& next);
    void flush();
    void let_go();

    installation::Installation& here_;
    console::Gate& gate_;
    Exporting& exporting_;
    std::function<void()> gone_;
    std::deque<std::pair<Outgoing, std::size_t>> outgoing_;
    std::size_t queued_ = 0, pending_ = 0;
    bool waiting_ = false;
    std::map<std::uint64_t, std::uint64_t> streams_, watches_;  // the web server's number -> the gate's key
    boost::asio::posix::stream_descriptor writable_;
};

}  // namespace anteroom::daemon
