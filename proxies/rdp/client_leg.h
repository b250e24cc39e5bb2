// ClientLeg: the client's connection, ended by FreeRDP as a server on the plain stream that the front hands over. It tells what
// arrives and sends what it is given; it decides nothing. Never blocks: a client that reads slowly is sent less.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/fd.h"
#include "base/secret.h"
#include "proxies/rdp/freerdp_handles.h"
#include "proxies/rdp/front/preamble.h"
#include "proxies/rdp/screen_size.h"

namespace anteroom::rdp {

// What the client said of itself and its person when it connected (MS-RDPBCGR 2.2.1.3, 2.2.1.11).
struct ClientHello {
    std::string user, domain, shell;
    Secret password;
    std::string name;  // the client's computer
    std::uint32_t build = 0;
    std::vector<CHANNEL_DEF> channels;  // static ones, in its order
    std::uint32_t monitors = 1;
};

struct Screen {
    std::uint32_t width = 0, height = 0, depth = 32;
    bool operator==(const Screen&) const = default;
};

class ClientLeg {
public:
    class Listener {
    public:
        virtual ~Listener() = default;
        virtual void client_said(ClientHello hello) = 0;
        virtual void client_ready() = 0;  // it has agreed to the screen; again after each resize
        virtual void key(std::uint16_t flags, std::uint16_t code) = 0;
        virtual void unicode_key(std::uint16_t flags, std::uint16_t code) = 0;
        virtual void lock_keys(std::uint32_t flags) = 0;
        virtual void mouse(std::uint16_t flags, std::uint16_t x, std::uint16_t y, bool extended) = 0;
        virtual void client_channel(std::uint16_t id, View chunk, std::uint32_t flags, std::uint32_t total) = 0;
        virtual void repaint(const RECTANGLE_16& area) = 0;
    };

    // The front's preamble has been read off the stream already.
    static Result<std::unique_ptr<ClientLeg>> make(Fd plain, const Preamble& preamble, Listener& listener);
    ~ClientLeg();

    Status step();   // reads what is there, flushes what waits
    Status drain();  // flushes only
    void append_descriptors(std::vector<pollfd>& to);
    bool ready() const { return ready_; }
    // Ready, not minimised, and the socket takes bytes.
    bool may_paint() const;
    bool blocked() const;

    Screen screen() const;
    std::uint32_t keyboard_layout() const;
    rdpSettings* settings() const { return settings_of(peer_.get()); }
    rdpUpdate* update() const { return update_of(peer_.get()); }
    rdpContext* context() const { return peer_->context; }
    std::uint16_t channel_id(const std::string& name) const;  // 0: none

    // Not ready until the client has agreed. Meanwhile the newest size is only remembered: a client that was asked a second time before
    // it has answered the first loses its way (MS-RDPBCGR 1.3.1.3).
    Status resize(std::uint32_t width, std::uint32_t height);
    Status send_channel(std::uint16_t id, View message);
    // Tells it that the session is over, and why in RDP's own terms (ERRINFO_*).
    void close(std::uint32_t error_info);

private:
    struct Context;
    ClientLeg(Listener& listener, const Preamble& preamble) : listener_(listener), preamble_(preamble) {}
    Status open(Fd plain);
    void configure();
    BOOL post_connect();
    BOOL activate();
    static ClientLeg* of(rdpContext* context);
    Status propose(std::uint32_t width, std::uint32_t height);

    Listener& listener_;
    Preamble preamble_;
    Peer peer_;
    std::optional<Size> wanted_;  // what the client is asked for once it has agreed to the last
    bool ready_ = false, hidden_ = false, agreed_ = false;
};

}  // namespace anteroom::rdp
